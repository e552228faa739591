"""The event log, to look at: nothing about it can be changed by hand. And what `realtime.support` has."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html

from config.api.fixed_filters import fixed_filter, named
from config.api.own_search import OwnSearch
from config.api.read_only import ReadOnlyAdmin
from realtime.models import Event
from realtime.registry import BY_NAME
from realtime.selectors import current_cursor
from realtime.support.admin import CannedAnswerAdmin, SupportChatAdmin
from realtime.webhooks.admin import WebhookDeliveryAdmin, WebhookSubscriptionAdmin

__all__ = [
    "CannedAnswerAdmin",
    "EventAdmin",
    "SupportChatAdmin",
    "WebhookDeliveryAdmin",
    "WebhookSubscriptionAdmin",
]


@admin.register(Event)
class EventAdmin(OwnSearch, ReadOnlyAdmin):
    """Newest first."""

    list_display: ClassVar[tuple[str, ...]] = ("seq", "type", "subject", "version", "recorded_at")
    list_filter: ClassVar[tuple[Any, ...]] = (fixed_filter("type", lambda: named(*sorted(BY_NAME))),)
    search_fields: ClassVar[tuple[str, ...]] = ("subject", "public_id")
    search_help_text = "The id of what it is about (ord_…, prod_…) or of the event, as a whole"
    fields: ClassVar[tuple[str, ...]] = (
        "seq", "type", "subject", "version", "recorded_at", "public_id", "as_data", "extra",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = ("as_data",)
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    list_before_template = "admin/realtime/event/link.html"

    @admin.display(description="Data")
    def as_data(self, event: Event) -> str:
        """As listeners get it, laid out."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(event.data), ensure_ascii=False, indent=2))

    def found(self, queryset: QuerySet[Event], term: str) -> QuerySet[Event]:
        """As they are written, by their indexes."""
        return queryset.filter(Q(subject=term) | Q(public_id=term))

    def get_urls(self) -> list[Any]:
        own = path("follow/", self.admin_site.admin_view(self.follow), name="realtime_event_follow")
        return [own, *super().get_urls()]

    def follow(self, request: HttpRequest) -> HttpResponse:
        """The log as it grows: the page goes on from here as any system does that polls."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Events as they are recorded",
            "cursor": current_cursor(),
            "types": sorted(BY_NAME),
        }
        return TemplateResponse(request, "admin/realtime/event/follow.html", context)
