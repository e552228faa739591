"""Notifications as they are shown."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from config.kernel.clock import iso
from realtime.models import Notification


def notifications_of(user_id: str, *, unread: bool = False) -> QuerySet[Notification]:
    """A user's own; only those that have not been read, where ``unread``."""
    own = Notification.objects.filter(user_id=user_id)
    return own.filter(read_at=None) if unread else own


def unread_count(user_id: str) -> int:
    """How many a user has not read."""
    return notifications_of(user_id, unread=True).count()


def shop_notification(notification: Notification) -> dict[str, Any]:
    """One, in the shop dialect: the same over REST and live."""
    return {
        "_id": notification.id,
        "id": notification.id,
        "type": notification.type,
        "title": notification.title,
        "message": notification.message,
        "relatedOrder": notification.related_order or None,
        "read": notification.read_at is not None,
        "createdAt": iso(notification.created_at),
    }
