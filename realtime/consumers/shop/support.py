"""What a client says in a support chat. The rules are those of ``realtime.support``, as over REST.

A customer has one open chat, and need not name it. Staff are put into a chat by ``join_room``, and name it.
Whoever writes in a chat is put into its room, so that the message is heard by its sender too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from config.identity.models import User
from realtime.api.support_bodies import MessageBody, OpeningBody
from realtime.consumers.shop.arguments import RefusedError, a_body, a_text, an_object
from realtime.consumers.shop.visitor import Visitor
from realtime.models import ChatPriority, SupportMessage
from realtime.presence import floor
from realtime.rooms import room_of_name
from realtime.support import chats
from realtime.support.errors import UnknownChat, room_is_missing
from realtime.support.opening import open_chat
from realtime.support.parties import Speaker
from realtime.support.reading import mark_read
from realtime.support.shapes import room_name, shop_message
from realtime.support.writing import Said, newest_chat, write_message
from realtime.threads import changes, threads

_CHAT = "chat:"


async def join_support_chat(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{issue, priority}``. Whoever joins has read what there is."""
    by = _speaker(visitor)
    said = a_body(OpeningBody, an_object(arguments))
    priority = ChatPriority(said["priority"])
    chat, _opened = await changes.run(partial(open_chat, by=by, issue=said["issue"], priority=priority))
    grant = await visitor.join(room_name(chat.pk))
    if grant.refusal is not None:
        raise RefusedError(grant.refusal, "this chat is not for you any more")
    with visitor.hub.snapshot(visitor.session):
        told = await changes.run(lambda: chats.joined(mark_read(chat_id=chat.pk, by=by)))
        visitor.emit("support_chat_joined", **told)
    return told


async def support_message(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{message, chatRoom?, clientMessageId?}``."""
    by = _speaker(visitor)
    given = an_object(arguments)
    said = a_body(MessageBody, given)
    # A customer has one chat to write in, named or not.
    room = given.get("chatRoom")
    if (wait := visitor.wait_for_chat(str(room)[:200] if by.is_staff else "")) > 0:
        raise RefusedError("rate_limited", "too many messages; wait a moment", retryAfter=wait)
    if room is None and by.is_staff:
        raise RefusedError("invalid", room_is_missing().message)
    chat_id = await threads.run(partial(newest_chat, by)) if room is None else _chat_of(room)
    if _CHAT + chat_id not in visitor.session.rooms:
        # Where it may not be it is not put, and what it writes is refused below.
        await visitor.join(room_name(chat_id))
    # It is asked for once: what comes next was said after what was missed.
    heard, visitor.heard_before = visitor.heard_before, None
    write = partial(
        _write,
        by=by,
        text=said["message"],
        chat_id=chat_id,
        key=said.get("clientMessageId"),
        said=Said(visitor.session.id, heard if visitor.asks else None),
    )
    # Whoever has heard a message is known to have its answer.
    async with visitor.answered_first():
        message, is_new = await changes.run(write)
    again = {} if is_new else {"repeated": True}
    return {"chatRoom": room_name(message.chat_id), "message": shop_message(message), **again}


async def typing_start(visitor: Visitor, arguments: Sequence[Any]) -> None:
    """``{room}``, in which it has to be."""
    chat_id = _chat_that_it_is_in(visitor, arguments)
    if visitor.name is None:
        visitor.name = await threads.run(partial(_name_of, _speaker(visitor)))
    user = {"id": visitor.principal.id, "name": visitor.name}
    visitor.has_typed = True
    floor.here().typing.start(origin=visitor.session.id, chat_id=chat_id, user=user)


async def typing_stop(visitor: Visitor, arguments: Sequence[Any]) -> None:
    """``{room}``, in which it has to be."""
    chat_id = _chat_that_it_is_in(visitor, arguments)
    floor.here().typing.stop(origin=visitor.session.id, chat_id=chat_id)


def _speaker(visitor: Visitor) -> Speaker:
    principal = visitor.principal
    if principal.kind == "guest":
        raise RefusedError("not_authenticated", "sign in first")
    if principal.kind != "user":
        raise RefusedError("not_permitted", "chats are for people")
    return Speaker(principal.id, principal.role)


def _chat_of(name: Any) -> str:
    """The chat whose room is called that. What is no chat's is answered as a chat that there is not."""
    room = room_of_name(a_text(name, "chatRoom"))
    if room is None or not room.startswith(_CHAT):
        raise UnknownChat
    return room.removeprefix(_CHAT)


def _chat_that_it_is_in(visitor: Visitor, arguments: Sequence[Any]) -> str:
    _speaker(visitor)
    room = room_of_name(a_text(an_object(arguments).get("room"), "room"))
    if room is None or not room.startswith(_CHAT) or room not in visitor.session.rooms:
        raise RefusedError("not_permitted", "join this chat first")
    return room.removeprefix(_CHAT)


def _write(*, by: Speaker, **said: Any) -> tuple[SupportMessage, bool]:
    _require_answering(by)
    return write_message(by=by, **said)


def _name_of(by: Speaker) -> str:
    _require_answering(by)
    return User.objects.values_list("name", flat=True).get(pk=by.user_id)


def _require_answering(by: Speaker) -> None:
    """Of staff, those whose duties have it. The credentials don't say what these are."""
    if by.is_staff and not User.objects.get(pk=by.user_id).has_perm("realtime.answer_supportchat"):
        raise RefusedError("not_permitted", "answering chats is none of your duties")
