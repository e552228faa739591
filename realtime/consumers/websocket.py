"""`/ws`: catalog-dialect events over a WebSocket. What is said on it: ``requests`` and `/api/asyncapi`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

import orjson
import structlog
from channels.exceptions import StopConsumer
from django.db import DatabaseError, InterfaceError

from config.kernel.clock import iso, iso_of, now
from config.kernel.errors import NotAuthenticated
from realtime import runtime
from realtime.consumers.handshake import Handshake
from realtime.consumers.lean import LeanConsumer, Message
from realtime.consumers.pace import Pace
from realtime.consumers.requests import ClientMessage, MalformedError, read_message
from realtime.cursor import parse_cursor, to_cursor
from realtime.dialects.catalog import CATALOG
from realtime.hub.hub import Hub, Resumed
from realtime.hub.session import REASONS, CloseCode, Session, State, Writer
from realtime.hub.wire import Wire
from realtime.principals import GUEST, Principal, principal_of_token
from realtime.rooms import Grant, agrant_topics, arefusals, room_of_topic
from realtime.threads import threads
from realtime.transport.asgi_writer import AsgiWriter
from realtime.transport.frames import as_it_is, text_frame
from realtime.transport.uvicorn_protocol import EXTENSION

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 25
DEFAULT_TOPICS = ("products",)
MALFORMED_IN_A_ROW = 20
#: Messages a second that one client may send, and how many of them may ask for what was missed.
PACE = 50.0
RESUMES, BURST_OF_RESUMES = 0.5, 5.0
MOST_ROOMS = 1_000

FRAMES = Wire(CATALOG, text_frame)
PAYLOADS = Wire(CATALOG, as_it_is, joins=False)


class CatalogConsumer(LeanConsumer):
    """One connection."""

    hub: Hub
    session: Session
    principal: Principal = GUEST
    malformed = 0
    is_open = False
    pace: Pace | None = None
    pace_of_resumes: Pace | None = None
    #: What a newcomer is to be told after the greeting: code and text.
    notices: list[tuple[str, str]]

    # ------------------------------------------------------------------ coming and going

    async def websocket_connect(self, _message: Message) -> None:
        """Let the client in, or say why not."""
        handshake = Handshake.of(self.scope)
        if not handshake.origin_is_allowed:
            await self.tell_server({"type": "websocket.close"})
            raise StopConsumer
        self.hub = await runtime.hub()
        self.notices = []
        refusal = await self._recognise(handshake)
        await self.tell_server({"type": "websocket.accept", "subprotocol": handshake.subprotocol})
        # What the handshake brought is not needed again, and there are many connections.
        cast("list[object]", self.scope["headers"]).clear()
        refusal = refusal or await self._take_in(handshake)
        if refusal is not None:
            await self._turn_away(*refusal)
            return
        await self._begin(handshake)

    async def websocket_receive(self, message: Message) -> None:
        """Take one message of the client."""
        if not self.is_open or self.session.state is State.CLOSED:
            return
        try:
            request = read_message(message.get("text"))
        except MalformedError as error:
            self._send_error(error.code, error.message, ref=error.ref)
            self.malformed += 1
            if self.malformed >= MALFORMED_IN_A_ROW:
                self.hub.close(self.session, CloseCode.BAD_REQUEST)
            return
        self.malformed = 0
        if (wait := self._wait_for(request)) > 0:
            refusal = {"type": "error", "code": "rate_limited", "message": "too much at once; wait a moment"}
            self._answer(request, {**refusal, "retry_after": wait})
            return
        try:
            await _HANDLERS[request.type](self, request)
        except (DatabaseError, InterfaceError) as error:
            log.warning("a message could not be answered", type=request.type, error=str(error).strip())
            self._send_error("unavailable", "this can't be looked up just now; try again", request)

    async def websocket_disconnect(self, _message: Message) -> None:
        """The connection has gone."""
        raise StopConsumer

    def gone(self) -> None:
        """Leave the hub, however the connection ended."""
        if self.is_open:
            self.hub.leave(self.session)
            if isinstance(self.session.writer, AsgiWriter):
                self.session.writer.stop()

    # ------------------------------------------------------------------ the handshake, step by step

    async def _recognise(self, handshake: Handshake) -> tuple[CloseCode, str, str] | None:
        try:
            self.principal = await handshake.principal()
            if self.principal is GUEST and handshake.cookie:
                await self._recognise_cookie(handshake.cookie)
        except NotAuthenticated as error:
            return CloseCode.INVALID_TOKEN, "invalid_token", error.message
        except (DatabaseError, InterfaceError):
            return CloseCode.LOST_ITS_PLACE, "unavailable", "nobody can be recognised just now; come back"
        return None

    async def _recognise_cookie(self, cookie: str) -> None:
        """A browser sends it unasked: one that holds no longer makes a guest, who is told so."""
        try:
            self.principal = await threads.run(partial(principal_of_token, cookie))
        except NotAuthenticated as error:
            self.notices.append((error.code, f"The sign-in cookie does not count: {error.message}"))

    async def _take_in(self, handshake: Handshake) -> tuple[CloseCode, str, str] | None:
        if not await self.hub.ready():
            return CloseCode.LOST_ITS_PLACE, "unavailable", "the event log can't be read just now; come back"
        frames = cast("Writer | None", (self.scope.get("extensions") or {}).get(EXTENSION))
        writer = frames or AsgiWriter(self.tell_server)
        self.session = Session(
            wire=FRAMES if frames else PAYLOADS,
            writer=writer,
            principal=self.principal,
            holder=self.principal.holder,
            address=handshake.address,
        )
        self.session.expires_at = self.principal.expires_at
        if self.principal is not GUEST:
            self._have_losses_told()
        if self.hub.is_stopping:
            return CloseCode.SHUTTING_DOWN, "shutting_down", "this server is about to end; come back"
        if not self.hub.open(self.session):
            return CloseCode.TOO_MANY_CONNECTIONS, "too_many_connections", "close some connections first"
        self.is_open = True
        return None

    async def _turn_away(self, code: CloseCode, error: str, text: str) -> None:
        """By plain messages: no session is there."""
        body = orjson.dumps({"type": "error", "code": error, "message": text}).decode()
        await self.tell_server({"type": "websocket.send", "text": body})
        await self.tell_server({"type": "websocket.close", "code": int(code), "reason": REASONS[code]})

    async def _begin(self, handshake: Handshake) -> None:
        """Greet; subscribe and resume as the URL says, before anything live is sent."""
        asked = DEFAULT_TOPICS if handshake.topics is None else handshake.topics
        try:
            grants = await self._grant(asked)
        except (DatabaseError, InterfaceError):
            self._send_error("unavailable", "the topics can't be looked up just now; come back")
            self.hub.close(self.session, CloseCode.LOST_ITS_PLACE)
            return
        # Whoever comes to resume is told its own place until it has what it missed: a client that keeps
        # each cursor it sees, and is cut off in between, must not lose that.
        place = self.hub.position
        if (own := parse_cursor(handshake.cursor)) is not None and own.epoch == place.epoch:
            place = own
        cursor = to_cursor(place.epoch, place.seq)
        self._send(
            {
                "type": "hello",
                "cursor": cursor,
                "heartbeat": HEARTBEAT_SECONDS,
                "server_time": iso(now()),
            }
        )
        if handshake.has_token_in_url:
            self.notices.append(("token_in_url", "a token in the URL is not read: it would end up in logs"))
        if handshake.has_ticket_in_url:
            self.notices.append(("ticket_in_url", "a ticket is for /events; here it is not read"))
        for code, text in self.notices:
            self._send_error(code, text)
        del self.notices
        if handshake.cursor is None:
            self.hub.join(self.session, _rooms(grants))
        if handshake.topics is not None:
            self._send(self._subscribed(grants, cursor=cursor))
        if handshake.cursor is not None:
            await self._resume(grants, cursor=handshake.cursor, answer={})

    # ------------------------------------------------------------------ what clients ask for

    async def _on_auth(self, request: ClientMessage) -> None:
        try:
            principal = await threads.run(partial(principal_of_token, request.token))
            # What the new rights don't cover is heard no more.
            refused = await arefusals(principal, self.session.rooms)
        except NotAuthenticated as error:
            self._send_error("invalid_token", error.message, request)
            return
        except (DatabaseError, InterfaceError):
            self._send_error("unavailable", "nobody can be recognised just now; try again", request)
            return
        if not self.hub.belong(self.session, holder=principal.holder):
            self._send_error("too_many_connections", "close some connections first", request)
            self.hub.close(self.session, CloseCode.TOO_MANY_CONNECTIONS)
            return
        self.principal = self.session.principal = principal
        self._have_losses_told()
        self.session.expires_at = principal.expires_at
        self.hub.part(self.session, refused)
        expires = None if principal.expires_at is None else iso_of(principal.expires_at)
        user = {"id": principal.id, "role": principal.role}
        self._answer(request, {"type": "auth.ok", "user": user, "expires_at": expires})

    async def _on_subscribe(self, request: ClientMessage) -> None:
        grants = await self._grant(request.topics or ())
        position = self.hub.join(self.session, _rooms(grants))
        self._answer(request, self._subscribed(grants, cursor=to_cursor(position.epoch, position.seq)))

    async def _on_unsubscribe(self, request: ClientMessage) -> None:
        topics = list(dict.fromkeys(request.topics or ()))
        rooms = [room for topic in topics if (room := room_of_topic(topic, self.principal)) is not None]
        self.hub.part(self.session, rooms)
        self._answer(request, {"type": "unsubscribed", "topics": topics})

    async def _on_resume(self, request: ClientMessage) -> None:
        answer = {"ref": request.ref} if request.has_ref else {}
        if request.topics is None:
            refused = await arefusals(self.principal, self.session.rooms)
            grants = [Grant(room, room, refused.get(room)) for room in self.session.rooms]
        else:
            grants = await self._grant(request.topics)
        await self._resume(grants, cursor=request.cursor, answer=answer)

    async def _on_ping(self, request: ClientMessage) -> None:
        self._answer(request, {"type": "pong", "timestamp": iso(now())})

    async def _resume(self, grants: list[Grant], *, cursor: object, answer: dict[str, Any]) -> None:
        place = parse_cursor(cursor)
        async with self.hub.resuming(self.session, rooms=_rooms(grants), cursor=place) as outcome:
            self._send({"type": "resumed", **_outcome(outcome, grants), **answer})

    # ------------------------------------------------------------------ answers

    async def _grant(self, topics: Iterable[str]) -> list[Grant]:
        heard = set(self.session.rooms)
        answers = []
        for grant in await agrant_topics(self.principal, topics):
            if grant.refusal is None and grant.room not in heard:
                if len(heard) >= MOST_ROOMS:
                    answers.append(Grant(grant.name, "", "too_many_topics"))
                    continue
                heard.add(grant.room)
            answers.append(grant)
        return answers

    @staticmethod
    def _subscribed(grants: list[Grant], *, cursor: str) -> dict[str, Any]:
        return {
            "type": "subscribed",
            "topics": [grant.name for grant in grants if grant.refusal is None],
            "refused": _refused(grants),
            "cursor": cursor,
        }

    def _wait_for(self, request: ClientMessage) -> float:
        """Seconds until it may ask for that; 0: now. To bring events back costs us far more than to ask."""
        now = asyncio.get_running_loop().time()
        if self.pace is None:
            self.pace, self.pace_of_resumes = Pace(PACE), Pace(RESUMES, burst=BURST_OF_RESUMES)
        wait = self.pace.wait(now)
        if wait == 0 and request.type == "resume" and self.pace_of_resumes is not None:
            wait = self.pace_of_resumes.wait(now)
        return wait

    def _answer(self, request: ClientMessage, answer: dict[str, Any]) -> None:
        self._send({**answer, "ref": request.ref} if request.has_ref else answer)

    def _send_error(
        self, code: str, message: str, request: ClientMessage | None = None, *, ref: Any = None
    ) -> None:
        ref = request.ref if request is not None else ref
        self._send({"type": "error", "code": code, "message": message, "ref": ref})

    def _have_losses_told(self) -> None:
        self.session.tell_withdrawn = self._tell_withdrawn
        self.session.tell_of_lost = self._tell_of_lost

    def _tell_withdrawn(self) -> None:
        self._send_error("token_revoked", "these credentials hold no longer")

    def _tell_of_lost(self, rooms: Iterable[str]) -> None:
        for room in rooms:
            self._send_error("not_permitted", f"{room} is not for you any more")

    def _send(self, message: dict[str, Any]) -> None:
        self.hub.send(self.session, orjson.dumps(message))


_HANDLERS = {
    "auth": CatalogConsumer._on_auth,
    "subscribe": CatalogConsumer._on_subscribe,
    "unsubscribe": CatalogConsumer._on_unsubscribe,
    "resume": CatalogConsumer._on_resume,
    "ping": CatalogConsumer._on_ping,
}


def _rooms(grants: Iterable[Grant]) -> list[str]:
    return [grant.room for grant in grants if grant.refusal is None]


def _refused(grants: Iterable[Grant]) -> list[dict[str, str]]:
    return [{"topic": grant.name, "code": grant.refusal} for grant in grants if grant.refusal is not None]


def _outcome(outcome: Resumed, grants: list[Grant]) -> dict[str, Any]:
    cursor = to_cursor(outcome.position.epoch, outcome.position.seq)
    refused = {"refused": found} if (found := _refused(grants)) else {}
    if outcome.reason is not None:
        return {"recovered": False, "reason": outcome.reason, "cursor": cursor, **refused}
    return {"recovered": True, "replayed": outcome.replayed, "cursor": cursor, **refused}
