"""Notifications: the list, what has been read of it, and the one that has just come."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy

from realtime.errors import UnknownNotification
from realtime.models import Notification
from realtime.notifications.reading import notifications_of
from realtime.notifications.writing import mark_all_read, mark_read
from realtime.pages.page import Page

_ON_A_PAGE = 30


class Notifications(Page):
    """A user's own, the newest first."""

    template_name = "shop/notifications.html"
    title = gettext_lazy("Notifications")
    needs_user = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        own = notifications_of(self.user.pk).order_by("-created_at", "-id")
        page = Paginator(own, _ON_A_PAGE).get_page(request.GET.get("page"))
        return self.show(template="shop/parts/notification_list.html" if self.wants_part else None, page=page)


class Toast(Page):
    """One that has just come, as it is shown beside any page."""

    template_name = "shop/parts/toast.html"
    needs_user = True

    def get(self, request: HttpRequest, notification_id: str) -> HttpResponseBase:  # noqa: ARG002  as above
        found = notifications_of(self.user.pk).filter(id=notification_id).first()
        if found is None:
            raise UnknownNotification
        return self.show(notification=found)


class ReadOne(Notifications):
    """One has been read; on to what it is about."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, notification_id: str) -> HttpResponseBase:
        notification = mark_read(user_id=self.user.pk, notification_id=notification_id)
        if self.wants_part:
            return self.get(request)
        return self.go(place_of(notification))


class ReadAll(Notifications):
    """All have been read."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        mark_all_read(user_id=self.user.pk)
        return self.get(request) if self.wants_part else self.go(reverse("notifications"))


def place_of(notification: Notification) -> str:
    """The page about what it tells."""
    if notification.related_order:
        return reverse("order", args=[notification.related_order])
    return reverse("support") if notification.type == "support" else reverse("notifications")
