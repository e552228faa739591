"""A customer asks for support."""

from __future__ import annotations

from config.kernel import clock
from config.kernel.transactions import in_transaction
from realtime.models import ChatPriority, ChatStatus, SupportChat
from realtime.support.announcing import facts_of
from realtime.support.errors import StaffOpensNone
from realtime.support.events import ChatOpened
from realtime.support.parties import Speaker
from realtime.support.signals import chat_opened


def open_chat(*, by: Speaker, issue: str, priority: ChatPriority) -> tuple[SupportChat, bool]:
    """The speaker's open chat, and whether it was opened just now; one that is open stays as it is.

    Locks: nothing that is there; another opening of the same customer's waits for this one. Refuses: staff
    (``StaffOpensNone``).
    Announces: ``chat.opened`` for a new one.
    """
    if by.is_staff:
        raise StaffOpensNone
    return in_transaction(lambda: _open(by, issue, priority))


def _open(by: Speaker, issue: str, priority: ChatPriority) -> tuple[SupportChat, bool]:
    while True:
        chat = _open_one_of(by)
        if chat is not None:
            return chat, False
        moment = clock.now()
        new = SupportChat(
            customer_id=by.user_id, issue=issue, priority=priority, created_at=moment, updated_at=moment
        )
        # Of two at once the second waits here for the first, and then finds that it has written nothing.
        SupportChat.objects.bulk_create([new], ignore_conflicts=True)
        chat = _open_one_of(by)
        if chat is not None and chat.pk == new.pk:
            chat_opened.publish(ChatOpened(**facts_of(chat, unread=(0, 0))))
            return chat, True
        # Another one was opened meanwhile; and if none is found, closed again.


def _open_one_of(by: Speaker) -> SupportChat | None:
    own = SupportChat.objects.select_related("customer", "claimed_by").filter(customer_id=by.user_id)
    return own.exclude(status=ChatStatus.CLOSED).first()
