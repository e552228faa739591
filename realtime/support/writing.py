"""Messages: each with the next number of its chat, and each once, however often it is sent.

How a message that is sent again is known: by its ``key``, the sender's own name for it; without one, a
connection that was cut off and came back may say first what it had said last, if it can't have been answered
(``Said``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from config.identity.models import User
from config.kernel import clock
from config.kernel.clock import iso
from config.kernel.errors import KeyReused
from config.kernel.ids import new_id
from config.kernel.transactions import in_transaction
from realtime.models import ChatStatus, Event, SupportChat, SupportMessage
from realtime.records import Position
from realtime.support import chats
from realtime.support.errors import ChatClosed, NoOpenChat, room_is_missing
from realtime.support.events import ChatMessage
from realtime.support.parties import Speaker
from realtime.support.shapes import catalog_user
from realtime.support.signals import chat_message

#: Code points.
LONGEST_MESSAGE = 4_000
LONGEST_KEY = 255
#: A client that has asked again without an answer asks once more within this time.
ASKS_AGAIN_WITHIN = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Said:
    """How a message came: by which Socket.IO connection; and, where it is the first since that connection
    has come back and an acknowledgement is asked for, up to where in the log it had ``heard`` before."""

    connection: str
    heard: Position | None = None


def write_message(
    *, by: Speaker, text: str, chat_id: str | None = None, key: str | None = None, said: Said | None = None
) -> tuple[SupportMessage, bool]:
    """Write in a chat, without an id in the speaker's newest; the message, and whether it is new.

    Locks: the chat. Refuses: a chat that is not the speaker's to see (``UnknownChat``), none
    (``NoOpenChat``), a closed one (``ChatClosed``); staff who name none (``InvalidInput``); a key that was
    another message's (``KeyReused``). One that is sent again is refused nothing.
    Announces: ``chat.message`` for a new one.
    """
    if chat_id is None:
        chat_id = newest_chat(by)
    chosen = chat_id
    return in_transaction(lambda: _write(by, text, chosen, key, said))


def newest_chat(by: Speaker) -> str:
    """The chat that is meant where none is named. Raises ``NoOpenChat``; ``InvalidInput`` for staff."""
    if by.is_staff:
        raise room_is_missing()
    own = SupportChat.objects.filter(customer_id=by.user_id).order_by("-created_at", "-id")
    chat_id = own.values_list("pk", flat=True).first()
    if chat_id is None:
        raise NoOpenChat
    return chat_id


def _write(
    by: Speaker, text: str, chat_id: str, key: str | None, said: Said | None
) -> tuple[SupportMessage, bool]:
    chat = chats.locked(chat_id, by=by)
    first = _sent_before(chat, by, text, key) if key is not None else _unanswered(chat, by, text, said)
    if first is not None:
        return first, False
    if chat.status == ChatStatus.CLOSED:
        raise ChatClosed
    message = SupportMessage(
        chat=chat,
        number=chat.message_count + 1,
        author=User.objects.get(pk=by.user_id),
        is_staff=by.is_staff,
        text=text,
        key=key,
        connection=said.connection if said is not None else "",
        event_id=new_id("evt"),
        created_at=clock.now(),
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        # In another chat, at the same moment. (Numbers can't collide: the chat is locked.)
        if key is None or not SupportMessage.objects.filter(author_id=by.user_id, key=key).exists():
            raise
        raise KeyReused from None
    chat.message_count, chat.version, chat.updated_at = message.number, chat.version + 1, message.created_at
    chat.save(update_fields=["message_count", "version", "updated_at"])
    chat_message.publish(_event(chat, message))
    return message, True


def _event(chat: SupportChat, message: SupportMessage) -> ChatMessage:
    return ChatMessage(
        event_id=message.event_id,
        chat_id=chat.pk,
        customer_id=chat.customer_id,
        message_id=message.number,
        user_id=message.author_id,
        user=catalog_user(message.author),
        message=message.text,
        is_admin=message.is_staff,
        created_at=iso(message.created_at),
        version=chat.version,
    )


# ---------------------------------------------------------------------------------- sent again


def _sent_before(chat: SupportChat, by: Speaker, text: str, key: str) -> SupportMessage | None:
    """The message of that key."""
    first = SupportMessage.objects.select_related("author").filter(author_id=by.user_id, key=key).first()
    if first is not None and (first.chat_id, first.text) != (chat.pk, text):
        raise KeyReused
    return first


def _unanswered(chat: SupportChat, by: Speaker, text: str, said: Said | None) -> SupportMessage | None:
    """The author's last message, where this is the same once more.

    A connection hears its message right after the acknowledgement. So one that had heard of it when it was
    cut off has its answer, and says the same words anew; one that had not, may have none, and asks again.
    If it does so a second time it has heard of the message since, but still has no answer.
    """
    if said is None or said.heard is None:
        return None
    own = chats.messages_of(chat).filter(author_id=by.user_id)
    last = own.order_by("-number").first()
    if last is None or last.text != text or last.connection != said.connection or last.key is not None:
        return None
    now = clock.now()
    asked_again = last.asked_again_at is not None and now - last.asked_again_at < ASKS_AGAIN_WITHIN
    if not asked_again and not _is_unheard(last.event_id, said.heard):
        return None
    SupportMessage.objects.filter(pk=last.pk).update(asked_again_at=now)
    return last


def _is_unheard(event_id: str, heard: Position) -> bool:
    """Whether the event comes after that place; not so, where nobody knows any more."""
    later = Q(seq=None) | Q(seq__gt=heard.seq)
    return Event.objects.filter(later, public_id=event_id).exists()
