"""What becomes of a chat: claimed by somebody of the staff, released, closed, opened again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import IntegrityError, transaction

from config.kernel import clock
from config.kernel.transactions import in_transaction
from realtime.models import ChatStatus, SupportChat
from realtime.support import chats
from realtime.support.announcing import facts_of
from realtime.support.errors import AlreadyClaimed, AnotherChatOpen, NoSuchStep, OnlyClosing
from realtime.support.events import ChatStatusChanged
from realtime.support.parties import Speaker
from realtime.support.shapes import shop_user
from realtime.support.signals import chat_status_changed

#: What a door asks of the chat as it is shown, under its lock (``If-Match``); it raises what it refuses for.
ChatExpectation = Callable[[SupportChat], None]

_STEPS: Mapping[str, tuple[ChatStatus, ...]] = {
    ChatStatus.OPEN: (ChatStatus.CLAIMED, ChatStatus.CLOSED),
    ChatStatus.CLAIMED: (ChatStatus.OPEN, ChatStatus.CLOSED),
    ChatStatus.CLOSED: (ChatStatus.OPEN,),
}


def change_status(
    *, chat_id: str, to: ChatStatus, by: Speaker, expect: ChatExpectation | None = None
) -> SupportChat:
    """Take a step; where the chat is there already, nothing is done.

    Of several of the staff who claim it at once, one does. Whoever claimed it stays known after it is closed.

    Locks: the chat. Refuses: a chat that is not the speaker's to see (``UnknownChat``); whatever ``expect``
    raises; a customer who does anything but close (``OnlyClosing``); one that somebody else looks after
    (``AlreadyClaimed``); a step that there is not (``NoSuchStep``); opening one again whose customer has
    another (``AnotherChatOpen``).
    Announces: ``chat.status_changed``.
    """
    return in_transaction(lambda: _change(chat_id, to, by, expect))


def _change(chat_id: str, to: ChatStatus, by: Speaker, expect: ChatExpectation | None) -> SupportChat:
    chat = chats.locked(chat_id, by=by)
    if expect is not None:
        expect(chats.chat_of(chat_id, by=by))
    if not by.is_staff and to != ChatStatus.CLOSED:
        raise OnlyClosing
    before = ChatStatus(chat.status)
    if to == before:
        if to == ChatStatus.CLAIMED and chat.claimed_by_id != by.user_id:
            raise AlreadyClaimed(shop_user(chat.claimed_by) if chat.claimed_by else None)
        return chat
    if to not in _STEPS[before]:
        raise NoSuchStep(before, to, _STEPS[before])
    chat.status, chat.version, chat.updated_at = to, chat.version + 1, clock.now()
    if to != ChatStatus.CLOSED:
        chat.claimed_by_id = by.user_id if to == ChatStatus.CLAIMED else None
    try:
        with transaction.atomic():
            chat.save(update_fields=["status", "version", "updated_at", "claimed_by"])
    except IntegrityError:
        raise AnotherChatOpen from None
    facts = facts_of(chat, unread=chats.unread_of(chat))
    chat_status_changed.publish(ChatStatusChanged(**facts, previous_status=before))
    return chat
