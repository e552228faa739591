"""One of each event of people: in the support chat, here or gone, at what they look."""

from __future__ import annotations

from typing import Any

from realtime.events import (
    ConnectionStats,
    DashboardMetric,
    ProductViewed,
    UserActive,
    UserOffline,
    UserOnline,
)
from realtime.support.events import ChatMessage, ChatOpened, ChatStatusChanged, UserTyping
from tests.realtime.happenings.records import MOMENT

SHOP_CHAT: dict[str, Any] = {
    "_id": "chat_1",
    "id": "chat_1",
    "chatRoom": "support_chat_1",
    "user": {"_id": "usr_1", "name": "Carla"},
    "issue": "Too <b>small</b>",
    "priority": "high",
    "status": "claimed",
    "claimedBy": {"_id": "usr_2", "name": "Sara"},
    "messageCount": 2,
    "unread": {"customer": 1, "staff": 0},
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}
_CHAT: dict[str, Any] = {
    "chat_id": "chat_1",
    "user_id": "usr_1",
    "user": {"id": "usr_1", "name": "Carla"},
    "issue": "Too <b>small</b>",
    "priority": "high",
    "status": "open",
    "claimed_by": None,
    "shop_chat": SHOP_CHAT,
    "version": 1,
}


def asked_for_support() -> ChatOpened:
    return ChatOpened(**_CHAT)


def claimed() -> ChatStatusChanged:
    step = {"status": "claimed", "previous_status": "open", "claimed_by": {"id": "usr_2", "name": "Sara"}}
    return ChatStatusChanged(**{**_CHAT, **step, "version": 4})


def wrote(**fields: Any) -> ChatMessage:
    message: dict[str, Any] = {
        "event_id": "evt_own",
        "chat_id": "chat_1",
        "customer_id": "usr_1",
        "message_id": 2,
        "user_id": "usr_2",
        "user": {"id": "usr_2", "name": "Sara"},
        "message": "<b>Hello</b> „ü“\u2028",
        "is_admin": True,
        "created_at": "2026-11-21T09:59:59.000Z",
        "version": 3,
    }
    return ChatMessage(**{**message, **fields})


def began_to_type(**fields: Any) -> UserTyping:
    typing: dict[str, Any] = {
        "chat_id": "chat_1",
        "user_id": "usr_1",
        "user": {"id": "usr_1", "name": "Carla"},
        "is_typing": True,
        "origin": "socket-1",
    }
    return UserTyping(**{**typing, **fields})


def came_online(**fields: Any) -> UserOnline:
    return UserOnline(**{"user_id": "usr_1", **fields})


def went_offline(**fields: Any) -> UserOffline:
    return UserOffline(**{"user_id": "usr_1", **fields})


def counted() -> ConnectionStats:
    return ConnectionStats(total_connections=12, authenticated_users=5, admin_connections=2)


def measured(**fields: Any) -> DashboardMetric:
    return DashboardMetric(**{"metric": "revenue_today", "value": 1_234.5, **fields})


def viewed(**fields: Any) -> ProductViewed:
    view: dict[str, Any] = {
        "product_id": "prod_1",
        "category": "cups",
        "duration": 1_500,
        "user_id": "usr_1",
    }
    return ProductViewed(**{**view, **fields})


def was_active() -> UserActive:
    return UserActive(user_id="usr_1")
