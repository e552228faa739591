"""What is announced of chats."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from config.kernel.events import DomainEvent


@dataclasses.dataclass(frozen=True)
class ChatEvent(DomainEvent):
    """Base of what happens to a chat as a whole.

    ``user`` (`id`, `name`) is the customer, ``claimed_by`` the same of who looks after it. ``shop_chat`` is
    the chat in the shop dialect.
    """

    subject_field: ClassVar[str] = "chat_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_chat"})

    chat_id: str
    user_id: str
    user: Mapping[str, str]
    issue: str
    priority: str
    status: str
    claimed_by: Mapping[str, str] | None
    shop_chat: Mapping[str, Any]
    version: int


@dataclasses.dataclass(frozen=True)
class ChatOpened(ChatEvent):
    """A customer asks for support. `user` (`id`, `name`) is the customer."""

    name: ClassVar[str] = "chat.opened"


@dataclasses.dataclass(frozen=True)
class ChatStatusChanged(ChatEvent):
    """A chat was claimed, released, closed, or opened again. `claimed_by` (`id`, `name`) looks after it."""

    name: ClassVar[str] = "chat.status_changed"

    previous_status: str


@dataclasses.dataclass(frozen=True)
class ChatMessage(DomainEvent):
    """Somebody wrote in a chat. `message_id` grows within the chat by one each time; `user` (`id`, `name`)
    wrote it, and `is_admin` if as staff. `message` is the text as it was sent: it is no HTML."""

    name: ClassVar[str] = "chat.message"
    subject_field: ClassVar[str] = "chat_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"event_id"})

    event_id: str
    chat_id: str
    customer_id: str
    message_id: int
    user_id: str
    user: Mapping[str, str]
    message: str
    is_admin: bool
    created_at: str
    version: int


@dataclasses.dataclass(frozen=True)
class UserTyping(DomainEvent):
    """Somebody in a chat is writing, or has stopped. Ephemeral. `user` (`id`, `name`) is who."""

    name: ClassVar[str] = "typing"
    subject_field: ClassVar[str] = "chat_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"origin"})

    chat_id: str
    user_id: str
    user: Mapping[str, str]
    is_typing: bool
    origin: str
