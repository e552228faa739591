"""Support chats: opened, written in, claimed and closed; and who is writing just now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from realtime.hub.wire import Admits
from realtime.principals import Principal
from realtime.registry.emissions import (
    CATALOG,
    SHOP,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)
from realtime.support.events import ChatMessage, ChatOpened, ChatStatusChanged, UserTyping
from realtime.support.shapes import room_name

_CHAT = "chat:{subject}"

# ---------------------------------------------------------------------------------------- payloads


class SupportRequest(TypedDict):
    """`chatRoom` is the room to join; `user` has `_id` and `name`."""

    chatRoom: str
    userId: str
    user: Mapping[str, str]
    issue: str
    priority: str
    timestamp: str


class SupportMessage(TypedDict):
    """As `/api/support/chats/{id}/messages` shows it. `id` grows within a chat; `user` has `_id` and
    `name`."""

    id: int
    userId: str
    user: Mapping[str, str]
    message: str
    timestamp: str
    isAdmin: bool


class UpdatedChat(TypedDict):
    """`chat` as `/api/support/chats` shows it."""

    chatRoom: str
    chat: Mapping[str, Any]
    timestamp: str


class Typing(TypedDict):
    """To the others. Ends by itself 5 s after it was last said."""

    userId: str
    user: Mapping[str, str]
    isTyping: bool
    room: str
    timestamp: str


def _user(event: Fields) -> Mapping[str, str]:
    return {"_id": event["user"]["id"], "name": event["user"]["name"]}


def _request(event: Fields) -> SupportRequest:
    return {
        "chatRoom": room_name(event["chat_id"]),
        "userId": event["user_id"],
        "user": _user(event),
        "issue": event["issue"],
        "priority": event["priority"],
        "timestamp": event["timestamp"],
    }


def _message(event: Fields) -> SupportMessage:
    return {
        "id": event["message_id"],
        "userId": event["user_id"],
        "user": _user(event),
        "message": event["message"],
        "timestamp": event["created_at"],
        "isAdmin": event["is_admin"],
    }


def _updated(event: Fields) -> UpdatedChat:
    return {
        "chatRoom": room_name(event["chat_id"]),
        "chat": event["shop_chat"],
        "timestamp": event["timestamp"],
    }


def _typing(event: Fields) -> Typing:
    return {
        "userId": event["user_id"],
        "user": _user(event),
        "isTyping": event["is_typing"],
        "room": room_name(event["chat_id"]),
        "timestamp": event["timestamp"],
    }


# ---------------------------------------------------------------------------------------- for whom


def _the_others(event: Fields) -> Admits:
    """All but the user who is writing, over whichever connection."""
    user_id = event["user_id"]

    def admits(session: Any) -> bool:
        who = session.principal
        return not (isinstance(who, Principal) and who.kind == "user" and who.id == user_id)

    return admits


# ---------------------------------------------------------------------------------------- entries

TYPES: tuple[EventType, ...] = (
    EventType(
        ChatOpened,
        {
            CATALOG: (catalog_emission(ChatOpened.name, _CHAT, "admin"),),
            SHOP: (shop_emission("new_support_request", _request, "admin"),),
        },
    ),
    # Staff who are not in the chat are not told each word of it.
    EventType(
        ChatMessage,
        {
            CATALOG: (catalog_emission(ChatMessage.name, _CHAT),),
            SHOP: (shop_emission("support_message_received", _message, _CHAT),),
        },
    ),
    EventType(
        ChatStatusChanged,
        {
            CATALOG: (catalog_emission(ChatStatusChanged.name, _CHAT, "admin"),),
            SHOP: (shop_emission("support_chat_updated", _updated, _CHAT, "admin"),),
        },
    ),
    EventType(
        UserTyping,
        {
            CATALOG: (catalog_emission(UserTyping.name, _CHAT, for_whom=_the_others),),
            SHOP: (shop_emission("user_typing", _typing, _CHAT, for_whom=_the_others),),
        },
        durable=False,
    ),
)
