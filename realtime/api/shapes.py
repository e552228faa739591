"""What the live half answers over REST, for the REST document; an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from config.api.openapi.shapes import Amount, Count, Moment
from realtime.models import ChatPriority, ChatStatus


class Sockets(TypedDict):
    """The doors for listeners, and how many connections there are over all processes."""

    status: Literal["running"]
    connections: Count
    socketio: str
    websocket: str
    sse: str
    timestamp: Moment


class Announced(TypedDict):
    success: Literal[True]
    eventId: str
    timestamp: Moment


class LoggedEvent(TypedDict):
    """An event of the log; what `data` holds is in docs/events.md and `/api/asyncapi`."""

    id: str
    type: str
    data: Mapping[str, Any]
    timestamp: Moment
    cursor: str
    version: int | None


class Log(TypedDict):
    """Events in their order, and from where to go on."""

    events: list[LoggedEvent]
    cursor: str


class Summary(TypedDict):
    """The figures of the day; docs/decisions/0141 says what each counts."""

    ordersToday: Count
    revenueToday: Amount
    activeCarts: Count
    lowStockCount: Count
    openSupportChats: Count
    viewsLastHour: Count
    connections: Count
    timestamp: Moment


class Notification(TypedDict):
    _id: str
    id: str
    type: str
    title: str
    message: str
    relatedOrder: str | None
    read: bool
    createdAt: Moment


class ChatUser(TypedDict):
    _id: str
    name: str


class Unread(TypedDict):
    """How many messages each side has not read."""

    customer: Count
    staff: Count


class Chat(TypedDict):
    """A support chat. `chatRoom` is its room on Socket.IO."""

    _id: str
    id: str
    chatRoom: str
    user: ChatUser
    issue: str
    priority: ChatPriority
    status: ChatStatus
    claimedBy: ChatUser | None
    messageCount: Count
    unread: Unread
    createdAt: Moment
    updatedAt: Moment


class ChatMessage(TypedDict):
    """A message; `id` grows within a chat."""

    id: int
    userId: str
    user: ChatUser
    message: str
    timestamp: Moment
    isAdmin: bool


class Health(TypedDict):
    message: Literal["Backend is running"]
    status: Literal["ok"]


class Readiness(TypedDict):
    """Each is `ok`, or says why not."""

    status: Literal["ok", "unavailable"]
    database: str
    redis: str
    migrations: str
    worker: str
    server: NotRequired[str]


# ----------------------------------------------------------------------------------------- examples

_AT = "2026-11-21T10:00:00.000Z"
_CURSOR = "AAAAAQAAAAAAABJn"

EXAMPLES: dict[Any, Any] = {
    Sockets: {
        "status": "running",
        "connections": 12,
        "socketio": "/socket.io/",
        "websocket": "/ws",
        "sse": "/events",
        "timestamp": _AT,
    },
    Announced: {"success": True, "eventId": "evt_0mi6v2k9qg", "timestamp": _AT},
    Log: {
        "events": [
            {
                "id": "evt_0mi6v2k9qg",
                "type": "order.placed",
                "data": {"order_id": "ord_0mi6v2k9q9"},
                "timestamp": _AT,
                "cursor": _CURSOR,
                "version": 1,
            }
        ],
        "cursor": _CURSOR,
    },
    Summary: {
        "ordersToday": 14,
        "revenueToday": 9772.5,
        "activeCarts": 6,
        "lowStockCount": 3,
        "openSupportChats": 1,
        "viewsLastHour": 231,
        "connections": 12,
        "timestamp": _AT,
    },
    Notification: {
        "_id": "ntf_0mi6v2k9qh",
        "id": "ntf_0mi6v2k9qh",
        "type": "order",
        "title": "Order ORD-2026-000123",
        "message": "Your order is on its way.",
        "relatedOrder": "ord_0mi6v2k9q9",
        "read": False,
        "createdAt": _AT,
    },
    Chat: {
        "_id": "chat_0mi6v2k9qi",
        "id": "chat_0mi6v2k9qi",
        "chatRoom": "support_chat_0mi6v2k9qi",
        "user": {"_id": "usr_0mi6v2k9q3", "name": "Mona Adel"},
        "issue": "The sleeve is too long",
        "priority": "normal",
        "status": "open",
        "claimedBy": None,
        "messageCount": 1,
        "unread": {"customer": 0, "staff": 1},
        "createdAt": _AT,
        "updatedAt": _AT,
    },
    ChatMessage: {
        "id": 1,
        "userId": "usr_0mi6v2k9q3",
        "user": {"_id": "usr_0mi6v2k9q3", "name": "Mona Adel"},
        "message": "Can it be taken in?",
        "timestamp": _AT,
        "isAdmin": False,
    },
    Health: {"message": "Backend is running", "status": "ok"},
    Readiness: {"status": "ok", "database": "ok", "redis": "ok", "migrations": "ok", "worker": "ok"},
}
