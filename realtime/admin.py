"""The event log, to look at: nothing about it can be changed by hand. And what `realtime.support` has."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from realtime.models import Event
from realtime.support.admin import SupportChatAdmin
from realtime.webhooks.admin import WebhookDeliveryAdmin, WebhookSubscriptionAdmin

__all__ = ["EventAdmin", "SupportChatAdmin", "WebhookDeliveryAdmin", "WebhookSubscriptionAdmin"]


@admin.register(Event)
class EventAdmin(ModelAdmin):  # type: ignore[misc]
    """Newest first."""

    list_display: ClassVar[tuple[str, ...]] = ("seq", "type", "subject", "version", "recorded_at")
    list_filter: ClassVar[tuple[str, ...]] = ("type",)
    search_fields: ClassVar[tuple[str, ...]] = ("=subject", "=public_id")
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    list_per_page = 50
    # Counting a week of events takes longer than finding fifty.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  as above
        return False
