"""What events say of a chat."""

from __future__ import annotations

from typing import Any

from realtime.models import SupportChat
from realtime.support.shapes import catalog_user, shop_chat


def facts_of(chat: SupportChat, *, unread: tuple[int, int]) -> dict[str, Any]:
    """The fields of a ``ChatEvent``."""
    return {
        "chat_id": chat.id,
        "user_id": chat.customer_id,
        "user": catalog_user(chat.customer),
        "issue": chat.issue,
        "priority": chat.priority,
        "status": chat.status,
        "claimed_by": catalog_user(chat.claimed_by) if chat.claimed_by else None,
        "shop_chat": shop_chat(chat, unread=unread),
        "version": chat.version,
    }
