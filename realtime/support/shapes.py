"""How chats and messages are shown: the same over REST, live and in events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.kernel.clock import iso

if TYPE_CHECKING:  # the registry, which the models need to name topics, reads this module
    from config.identity.models import User
    from realtime.models import SupportChat, SupportMessage


def room_name(chat_id: str) -> str:
    """The chat's room, as Socket.IO clients call it."""
    return f"support_{chat_id}"


def shop_user(user: User) -> dict[str, str]:
    """Somebody in a chat, in the shop dialect."""
    return {"_id": user.pk, "name": user.name}


def catalog_user(user: User) -> dict[str, str]:
    """The same in the catalog dialect."""
    return {"id": user.pk, "name": user.name}


def shop_chat(chat: SupportChat, *, unread: tuple[int, int]) -> dict[str, Any]:
    """A chat. ``unread``: how many messages the customer has not read, and how many staff have not."""
    return {
        "_id": chat.id,
        "id": chat.id,
        "chatRoom": room_name(chat.id),
        "user": shop_user(chat.customer),
        "issue": chat.issue,
        "priority": chat.priority,
        "status": chat.status,
        "claimedBy": shop_user(chat.claimed_by) if chat.claimed_by else None,
        "messageCount": chat.message_count,
        "unread": {"customer": unread[0], "staff": unread[1]},
        "createdAt": iso(chat.created_at),
        "updatedAt": iso(chat.updated_at),
    }


def shop_message(message: SupportMessage) -> dict[str, Any]:
    """A message. ``id`` is its number in the chat."""
    return {
        "id": message.number,
        "userId": message.author_id,
        "user": shop_user(message.author),
        "message": message.text,
        "timestamp": iso(message.created_at),
        "isAdmin": message.is_staff,
    }
