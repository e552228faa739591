"""The documents for people: REST to try out, and the events with what happens now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from config.identity.models import Role
from realtime.pages.page import Page
from realtime.pages.policy import with_policy
from realtime.reference.listing import heard_events


class RestReference(Page):
    """Swagger UI, from our own files, under the pages' policy: no request leaves the house."""

    template_name = "shop/reference.html"
    title = "REST"

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As any page; Swagger UI's own arrows and locks are pictures within its style sheet."""
        return with_policy(super().dispatch(request, *args, **kwargs), images="'self' data:")


class EventReference(Page):
    """Every event with its fields, and what happens now, as far as the visitor may hear it."""

    template_name = "shop/reference_events.html"
    title = "Events"
    topics = ("products", "stock", "flash_sales")

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  as above
        return self.show(events=heard_events())

    def live_topics(self) -> tuple[str, ...]:
        user = self.shopper.user
        return (*self.topics, "admin") if user is not None and user.role == Role.ADMIN else self.topics
