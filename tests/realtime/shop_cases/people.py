"""What becomes of each event of people: in the support chat, here or gone, at what they look."""

from __future__ import annotations

from tests.realtime.happenings.people import (
    SHOP_CHAT,
    asked_for_support,
    began_to_type,
    came_online,
    claimed,
    counted,
    measured,
    viewed,
    was_active,
    went_offline,
    wrote,
)
from tests.realtime.happenings.records import MOMENT
from tests.realtime.shop_cases.case import ADMIN, Case, Cases

VIEW = {"productId": "prod_1", "category": "cups", "duration": 1_500, "userId": "usr_1", "timestamp": MOMENT}
CHAT = "chat:chat_1"
TYPING = {
    "userId": "usr_1",
    "user": {"_id": "usr_1", "name": "Carla"},
    "isTyping": True,
    "room": "support_chat_1",
    "timestamp": MOMENT,
}

CASES: Cases = {
    "asked for support": Case(
        asked_for_support(),
        [
            (
                "new_support_request",
                (ADMIN,),
                {
                    "chatRoom": "support_chat_1",
                    "userId": "usr_1",
                    "user": {"_id": "usr_1", "name": "Carla"},
                    "issue": "Too <b>small</b>",
                    "priority": "high",
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "wrote": Case(
        wrote(),
        [
            (
                "support_message_received",
                (CHAT,),
                {
                    "id": 2,
                    "userId": "usr_2",
                    "user": {"_id": "usr_2", "name": "Sara"},
                    "message": "<b>Hello</b> „ü“\u2028",
                    # Of the message, as REST shows it; not of its recording.
                    "timestamp": "2026-11-21T09:59:59.000Z",
                    "isAdmin": True,
                },
            )
        ],
    ),
    "claimed": Case(
        claimed(),
        [
            (
                "support_chat_updated",
                (CHAT, ADMIN),
                {"chatRoom": "support_chat_1", "chat": SHOP_CHAT, "timestamp": MOMENT},
            )
        ],
    ),
    "types": Case(began_to_type(), [("user_typing", (CHAT,), TYPING)]),
    "types no more": Case(
        began_to_type(is_typing=False), [("user_typing", (CHAT,), {**TYPING, "isTyping": False})]
    ),
    "online, with a chat": Case(
        came_online(chat_id="chat_1"),
        [("user_online", (ADMIN, CHAT), {"userId": "usr_1", "timestamp": MOMENT})],
    ),
    "offline, with a chat": Case(
        went_offline(chat_id="chat_1"),
        [("user_offline", (ADMIN, CHAT), {"userId": "usr_1", "timestamp": MOMENT})],
    ),
    "online": Case(came_online(), [("user_online", (ADMIN,), {"userId": "usr_1", "timestamp": MOMENT})]),
    "offline": Case(went_offline(), [("user_offline", (ADMIN,), {"userId": "usr_1", "timestamp": MOMENT})]),
    "connections": Case(
        counted(),
        [
            (
                "connection_stats",
                (ADMIN,),
                {
                    "totalConnections": 12,
                    "authenticatedUsers": 5,
                    "adminConnections": 2,
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "viewed": Case(viewed(), [("product_view_tracked", (ADMIN,), VIEW)]),
    "viewed by guests": Case(
        viewed(user_id=None, count=9),
        [
            (
                "product_view_tracked",
                (ADMIN,),
                {
                    "productId": "prod_1",
                    "category": "cups",
                    "duration": 1_500,
                    "timestamp": MOMENT,
                    "count": 9,
                },
            )
        ],
    ),
    "measured": Case(
        measured(),
        [
            (
                "dashboard_metric_update",
                (ADMIN,),
                {"metric": "revenue_today", "value": 1_234.5, "timestamp": MOMENT},
            )
        ],
    ),
    "active": Case(
        was_active(), [("user_activity_tracked", (ADMIN,), {"userId": "usr_1", "timestamp": MOMENT})]
    ),
}
