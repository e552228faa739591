"""What users are told, and may read again."""

from __future__ import annotations

from typing import TypedDict

from realtime.events import NotificationCreated
from realtime.registry.emissions import (
    CATALOG,
    SHOP,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)

_USER = "user:{user_id}"


class NewNotification(TypedDict):
    """As `/api/notifications` shows it."""

    _id: str
    id: str
    type: str
    title: str
    message: str
    relatedOrder: str | None
    read: bool
    createdAt: str


def _notification(event: Fields) -> NewNotification:
    shown: NewNotification = event["shop_notification"]
    return shown


TYPES: tuple[EventType, ...] = (
    EventType(
        NotificationCreated,
        {
            CATALOG: (catalog_emission(NotificationCreated.name, _USER),),
            SHOP: (shop_emission("new_notification", _notification, _USER),),
        },
    ),
)
