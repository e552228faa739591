"""``/api/support/chats``: the same conversations as live. A customer's own; for staff, all."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from config.api.conditional import expected_match, stamp
from config.api.idempotency import HEADER, answer_once
from config.api.paging import paginate
from config.api.private import PrivateAnswers
from config.api.reading import checked
from config.api.tags import tag_of
from config.api.views import ApiViewSet
from config.identity.callers import require_user
from config.identity.models import Role
from config.identity.permissions import may
from config.kernel.errors import InvalidInput
from realtime.api.support_bodies import ChatStatusBody, MessageBody, OpeningBody, ReadBody
from realtime.models import ChatPriority, ChatStatus, SupportChat
from realtime.support import chats
from realtime.support.following import ChatExpectation, change_status
from realtime.support.opening import open_chat
from realtime.support.parties import Speaker
from realtime.support.reading import mark_read
from realtime.support.shapes import shop_message
from realtime.support.writing import write_message

_LONGEST_NUMBER = 9

_readers = may(roles=list(Role), duty="realtime.view_supportchat")
_speakers = may(roles=list(Role), duty="realtime.answer_supportchat")


class SupportChatsViewSet(PrivateAnswers, ApiViewSet):
    """Chats, and what is said in them."""

    def get_permissions(self) -> list[BasePermission]:
        reads = self.action in {"list", "messages"}
        return [(_readers if reads else _speakers)()]

    def list(self, request: Request) -> Response:
        """The newest first; of one status, where ``?status=`` names it."""
        found = chats.chats_of(self.speaker)
        status = request.query_params.get("status")
        if status is not None:
            if status not in ChatStatus.values:
                raise _wrong("status", f"must be one of {', '.join(ChatStatus.values)}")
            found = found.filter(status=status)
        page = paginate(request, found, order=["-created_at", "-id"], default_limit=chats.NEWEST)
        return _listed([chats.shown(chat) for chat in page.items], page.link)

    def create(self, _request: Request) -> Response:
        """Open one, or go on with the one that is open."""
        said = self.body(OpeningBody)
        priority = ChatPriority(said["priority"])
        chat, is_new = open_chat(by=self.speaker, issue=said["issue"], priority=priority)
        found = chats.chat_of(chat.pk, by=self.speaker)
        return _answer(found, status=201 if is_new else 200)

    def messages(self, request: Request, chat_id: str) -> Response:
        """The newest first; only older ones than ``?before=``."""
        found = chats.messages_of(chats.chat_of(chat_id, by=self.speaker))
        if (before := _number(request, "before")) is not None:
            found = found.filter(number__lt=before)
        page = paginate(request, found, order=["-number"], default_limit=chats.NEWEST)
        return _listed([shop_message(message) for message in page.items], page.link)

    def write(self, request: Request, chat_id: str) -> HttpResponseBase:
        """A message; the same again under the same key or ``clientMessageId``."""
        said = self.body(MessageBody)
        by, key = self.speaker, request.headers.get(HEADER) or said.get("clientMessageId")

        def effect() -> Response:
            message, is_new = write_message(by=by, text=said["message"], chat_id=chat_id, key=key)
            return Response(shop_message(message), status=201 if is_new else 200)

        return answer_once(request, endpoint=f"support.chats.{chat_id}.messages", effect=effect)

    def status(self, request: Request, chat_id: str) -> Response:
        """A step: ``claimed``, ``open`` again, ``closed``."""
        to = ChatStatus(self.body(ChatStatusBody)["status"])
        change_status(chat_id=chat_id, to=to, by=self.speaker, expect=_expectation(request))
        return _answer(chats.chat_of(chat_id, by=self.speaker))

    def read(self, _request: Request, chat_id: str) -> Response:
        """Up to where the caller's side has read."""
        upto = self.body(ReadBody).get("messageId")
        return _answer(mark_read(chat_id=chat_id, by=self.speaker, upto=upto))

    @property
    def speaker(self) -> Speaker:
        user = require_user(self.request)
        return Speaker(user.pk, user.role)

    def body(self, kind: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, checked. Raises DRF's ``ValidationError``, which names each place."""
        return checked(kind, self.request.data)


def _answer(chat: SupportChat, *, status: int = 200) -> Response:
    body = chats.shown(chat)
    return stamp(Response(body, status=status), etag=tag_of(body), last_modified=chat.updated_at)


def _expectation(request: Request) -> ChatExpectation | None:
    """``If-Match``, judged under the chat's lock."""
    return expected_match(request, lambda chat: tag_of(chats.shown(chat)))


def _listed(items: list[dict[str, Any]], link: str | None) -> Response:
    response = Response(items)
    if link is not None:
        response["Link"] = link
    return response


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise _wrong(name, "must be a whole number")
    return int(text)


def _wrong(name: str, what: str) -> InvalidInput:
    return InvalidInput(f"{name}: {what}", details={name: [what]})
