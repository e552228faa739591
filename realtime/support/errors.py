"""What chats refuse, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted


class UnknownChat(NotFound):
    """No such chat, or another customer's."""

    code = "unknown_chat"
    message = "Chat not found"


class NoOpenChat(NotFound):
    """A message without a room, from somebody who has no chat."""

    code = "no_open_chat"
    message = "Open a chat first"


class StaffOpensNone(NotPermitted):
    """Staff answer in their customers' chats."""

    message = "Staff join a customer's chat, by its room"


class ChatClosed(Conflict):
    """It is over. Whoever has more to say opens another one."""

    code = "chat_closed"
    message = "The chat is closed; open a new one"


class AlreadyClaimed(Conflict):
    """Somebody else of the staff looks after it."""

    code = "already_claimed"

    def __init__(self, claimed_by: dict[str, Any] | None) -> None:
        name = claimed_by["name"] if claimed_by else ""
        super().__init__(f"{name or 'Somebody else'} looks after this chat", extra={"claimedBy": claimed_by})


class NoSuchStep(Conflict):
    """A step that there is not; ``allowed`` are those that there are."""

    code = "illegal_transition"

    def __init__(self, present: str, target: str, allowed: Sequence[str]) -> None:
        super().__init__(f"From {present} to {target} is no step", extra={"allowed": list(allowed)})


class OnlyClosing(NotPermitted):
    """What else becomes of a chat is for staff to say."""

    message = "Customers may close their chats, and nothing else"


class AnotherChatOpen(Conflict):
    """The customer has gone on in another chat, and has one at a time."""

    code = "another_chat_open"
    message = "The customer has another open chat"


def room_is_missing() -> InvalidInput:
    """Staff are in many chats: which one is meant, they say."""
    what = "is required from staff"
    return InvalidInput(f"chatRoom: {what}", details={"chatRoom": [what]})
