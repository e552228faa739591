"""`/events`: catalog-dialect events as a stream of server-sent events. What a request may ask for:
``stream_request``, and `/api/asyncapi`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson
import structlog
from channels.exceptions import StopConsumer
from django.db import DatabaseError, InterfaceError

from config.api.errors import body_of, error_body, headers_of, status_of
from config.kernel.errors import StockwireError, Unavailable
from realtime import runtime
from realtime.consumers.lean import LeanConsumer, Message
from realtime.consumers.stream_request import StreamRequest
from realtime.cursor import parse_cursor, to_cursor
from realtime.dialects.catalog import CATALOG
from realtime.errors import TooManyConnections
from realtime.hub.hub import Hub, Resumed
from realtime.hub.session import REASONS, CloseCode, Session, State, Writer
from realtime.hub.wire import Message as EventMessage
from realtime.hub.wire import Wire
from realtime.principals import Principal
from realtime.records import Position
from realtime.transport.body_writer import BodyWriter
from realtime.transport.event_stream import COMMENT, MEDIA_TYPE, block, chunk
from realtime.transport.frames import as_it_is
from realtime.transport.uvicorn_http import EXTENSION

log = structlog.get_logger(__name__)

KEEP_ALIVE_SECONDS = 15.0
#: What a browser waits before it comes back.
RETRY_MILLISECONDS = 2_000
RETRY = b"retry: %d\n" % RETRY_MILLISECONDS
METHODS = "GET, HEAD"
#: How long a browser may remember the answer to a preflight.
PREFLIGHT_SECONDS = "600"

STREAM_HEADERS = {
    "Content-Type": MEDIA_TYPE,
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    # Whoever ends a stream ends the connection; a proxy need not keep it for another request.
    "Connection": "close",
}


def event_block(message: EventMessage) -> bytes:
    """An event as a block. What is ephemeral has no cursor, and leaves the reader the one that it has."""
    record = message.record
    cursor = to_cursor(record.epoch, record.seq) if record.seq else ""
    return block(id=cursor, event=message.name, data=message.payload)


def event_chunk(message: EventMessage) -> bytes:
    """The same as a chunk of HTTP."""
    return chunk(event_block(message))


CHUNKS = Wire(CATALOG, chunk, frame_event=event_chunk)
BLOCKS = Wire(CATALOG, as_it_is, frame_event=event_block)


class EventsConsumer(LeanConsumer):
    """One request, and the stream that answers it."""

    hub: Hub
    session: Session | None = None
    is_read = False
    has_caught_up = False
    #: When an end that the peer does not take is given up.
    patience: asyncio.Timeout
    _keeping_awake: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle messages until it is over, or until the end of the stream has waited for too long."""
        try:
            async with asyncio.timeout(None) as self.patience:
                await super().__call__(scope, receive, send)
        except TimeoutError:
            if not self.patience.expired():
                raise

    # ------------------------------------------------------------------ coming and going

    async def http_request(self, _message: Message) -> None:
        """Answer, with a stream or with why there is none."""
        if self.is_read:
            return  # more of a body that nobody asked for
        self.is_read = True
        request = StreamRequest.of(self.scope)
        if request.method not in ("GET", "HEAD"):
            await self._answer_other_method(request)
            raise StopConsumer
        try:
            principal, rooms = await self._let_in(request)
        except StockwireError as error:
            if isinstance(error, Unavailable) and request.wants_stream:
                await self._put_off(request)
            else:
                await self._refuse(request, status_of(error), body_of(error), headers_of(error))
            raise StopConsumer from None
        except Exception:
            log.exception("a request for events failed")
            body = error_body(message="Something went wrong on our side", code="internal_error")
            await self._refuse(request, 500, body, {})
            raise StopConsumer from None
        await self._start(200, {**STREAM_HEADERS, **_cors(request)})
        if request.method == "HEAD":
            await self._end()
            raise StopConsumer
        # What the request brought is not needed again, and there are many listeners.
        cast("list[object]", self.scope["headers"]).clear()
        await self._begin(request, principal, rooms)

    async def http_disconnect(self, _message: Message) -> None:
        """The stream has ended, or the client has gone."""
        raise StopConsumer

    def gone(self) -> None:
        """Leave the hub, however it ended."""
        if self._keeping_awake is not None:
            self._keeping_awake.cancel()
        if self.session is not None:
            self.hub.leave(self.session)
            if isinstance(self.session.writer, BodyWriter):
                self.session.writer.stop()

    # ------------------------------------------------------------------ a stream, step by step

    async def _let_in(self, request: StreamRequest) -> tuple[Principal, list[str]]:
        """Who it is, and what it may hear. Raises why not."""
        request.check()
        self.hub = await runtime.hub()
        # Before a ticket is used up.
        self._check_that_it_goes_on()
        if not await self.hub.ready():
            raise Unavailable
        try:
            principal = await request.principal()
            rooms = await request.rooms(principal)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable from error
        if not self.hub.admits(holder=principal.holder, address=request.handshake.address):
            self._check_that_it_goes_on()
            raise TooManyConnections
        return principal, rooms

    def _check_that_it_goes_on(self) -> None:
        if self.hub.is_stopping:
            raise Unavailable

    async def _begin(self, request: StreamRequest, principal: Principal, rooms: list[str]) -> None:
        """Tell the client its place, bring what it missed, and go on live."""
        self.session = session = self._new_session(request, principal)
        if not self.hub.open(session):
            session.writer.close(CloseCode.TOO_MANY_CONNECTIONS, REASONS[CloseCode.TOO_MANY_CONNECTIONS])
            return
        self._keep_awake_later()
        if request.last_event_id:
            await self._resume(session, rooms, last_event_id=request.last_event_id)
        else:
            position = self.hub.join(session, rooms)
            self._send(RETRY + block(id=_cursor(position)))
        self.has_caught_up = True

    def _new_session(self, request: StreamRequest, principal: Principal) -> Session:
        stream = cast("Callable[[], Writer] | None", (self.scope.get("extensions") or {}).get(EXTENSION))
        writer: Writer = (
            stream() if stream else BodyWriter(self.tell_server, give_up=self.patience.reschedule)
        )
        session = Session(
            wire=CHUNKS if stream else BLOCKS,
            writer=writer,
            principal=principal,
            holder=principal.holder,
            address=request.handshake.address,
        )
        session.expires_at = principal.expires_at
        return session

    async def _resume(self, session: Session, rooms: list[str], *, last_event_id: str) -> None:
        # The first block of a stream has to bear an id: to the letter of the standard a reader forgets the
        # one that it has over a block without. Until it has what it missed that is the one it came with: a
        # client that is cut off in between must not lose its place.
        def decided(outcome: Resumed) -> None:
            if outcome.reason is None:
                self._send(RETRY + block(id=last_event_id))
            else:
                reason = orjson.dumps({"reason": outcome.reason})
                self._send(RETRY + block(id=_cursor(outcome.position), event="reset", data=reason))

        place = parse_cursor(last_event_id)
        async with self.hub.resuming(session, rooms=rooms, cursor=place, decided=decided) as outcome:
            if outcome.reason is None:
                self._send(block(id=_cursor(outcome.position)))

    def _keep_awake_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._keeping_awake = loop.call_later(KEEP_ALIVE_SECONDS, self._keep_awake)

    def _keep_awake(self) -> None:
        """Send a comment, and with it the place up to which there was nothing to hear: who listens to little
        has to come back to now, and not to the last event that it heard, perhaps days ago."""
        session = self.session
        if session is None or session.state is State.CLOSED:
            return
        self._send(COMMENT + block(id=_cursor(self.hub.position)) if self.has_caught_up else COMMENT)
        self._keep_awake_later()

    def _send(self, text: bytes) -> None:
        if self.session is not None:
            self.hub.send(self.session, text)

    # ------------------------------------------------------------------ answers without a stream

    async def _answer_other_method(self, request: StreamRequest) -> None:
        if request.preflight is not None and request.handshake.origin_is_allowed:
            allowed = {
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": request.preflight,
                "Access-Control-Max-Age": PREFLIGHT_SECONDS,
            }
            await self._start(204, {**_cors(request), **allowed})
            await self._end()
            return
        body = error_body(message="This method is not allowed here", code="method_not_allowed")
        await self._refuse(request, 405, body, {"Allow": METHODS})

    async def _put_off(self, request: StreamRequest) -> None:
        """Have a browser come back by itself, with the id that it has. It would never after a 503; after a
        stream that ends it does. No blank line: that would be a block without an id."""
        await self._start(200, {**STREAM_HEADERS, **_cors(request)})
        await self._end(RETRY)

    async def _refuse(
        self, request: StreamRequest, status: int, body: dict[str, Any], headers: Mapping[str, str]
    ) -> None:
        content = orjson.dumps(body)
        about = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
        }
        await self._start(status, {**about, **headers, **_cors(request)})
        await self._end(content)

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self.tell_server({"type": "http.response.start", "status": status, "headers": pairs})

    async def _end(self, body: bytes = b"") -> None:
        await self.tell_server({"type": "http.response.body", "body": body})


def _cursor(position: Position) -> str:
    return to_cursor(position.epoch, position.seq)


def _cors(request: StreamRequest) -> dict[str, str]:
    """Let a page of an allowed origin read the answer, and bring credentials."""
    if request.origin is None or not request.handshake.origin_is_allowed:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": request.origin,
        "Access-Control-Allow-Credentials": "true",
    }
