"""The doors: long polling over HTTP, and the WebSocket, for one endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, cast

from channels.exceptions import StopConsumer

from realtime.consumers.lean import LeanConsumer
from realtime.socketio import polling
from realtime.socketio.carriers import Carrier, MessageCarrier
from realtime.socketio.connection import PROBE_FAILED, Connection
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine_events import Transport
from realtime.socketio.frames import text_frame
from realtime.socketio.requests import JSON, Answer, EngineRequest, Refusal, RefusedError
from realtime.transport.uvicorn_protocol import EXTENSION, FrameWriter

Message = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]

METHODS = b"GET, POST, OPTIONS"
#: How long a browser may remember the answer to a preflight.
MAX_AGE = b"600"


class PollingConsumer(LeanConsumer):
    """One HTTP request."""

    request: EngineRequest
    endpoint: Endpoint

    def __init__(self, *, endpoint: Endpoint | None) -> None:
        # A door that knows its endpoint only in the running loop sets it before the first message.
        if endpoint is not None:
            self.endpoint = endpoint
        self._parts: list[bytes] = []
        self._size = 0
        self._answering: asyncio.Task[None] | None = None

    async def http_request(self, message: Message) -> None:
        """Read the request; answer it once it is whole."""
        if not self._parts:
            self.request = EngineRequest.of(self.scope)
        part = message.get("body", b"")
        self._parts.append(part)
        self._size += len(part)
        if self._size > self.endpoint.settings.max_payload:
            await self._give(polling.refuse_too_large(self.endpoint, self.request), goodbye=True)
            raise StopConsumer
        if message.get("more_body", False):
            return
        if self.request.method == "OPTIONS":
            await self._answer_preflight()
            raise StopConsumer
        # In a task, so that a client that breaks off meanwhile is noticed.
        self._answering = asyncio.create_task(self._answer(b"".join(self._parts)))

    async def http_disconnect(self, _message: Message) -> None:
        """It was answered, or the client has gone."""
        raise StopConsumer

    def gone(self) -> None:
        """Break off what nobody waits for any more."""
        if self._answering is not None:
            self._answering.cancel()

    async def _answer(self, body: bytes) -> None:
        answer = await polling.answer(self.endpoint, self.request, body)
        with suppress(OSError):  # the client has gone
            await self._give(answer)

    async def _give(self, answer: Answer, *, goodbye: bool = False) -> None:
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *self._cors(),
        ]
        if goodbye:
            headers.append((b"connection", b"close"))
        await self.tell_server({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self.tell_server({"type": "http.response.body", "body": answer.body})

    async def _answer_preflight(self) -> None:
        headers = self._cors()
        if self.request.origin is not None:
            headers += [(b"access-control-allow-methods", METHODS), (b"access-control-max-age", MAX_AGE)]
            asked = self.request.headers.get("access-control-request-headers")
            if asked:
                headers.append((b"access-control-allow-headers", asked.encode("latin-1")))
        await self.tell_server({"type": "http.response.start", "status": 204, "headers": headers})
        await self.tell_server({"type": "http.response.body", "body": b""})

    def _cors(self) -> Headers:
        """Let the page read the answer. One that is not allowed reads why it is refused, in the answer to its
        CONNECT, and is given no credentials to come with."""
        origin = self.request.origin
        if origin is None:
            return [(b"vary", b"Origin")]
        headers: Headers = [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin.encode("latin-1")),
        ]
        if self.endpoint.is_allowed_origin(origin, self.request.host):
            headers.append((b"access-control-allow-credentials", b"true"))
        return headers


class WebSocketConsumer(LeanConsumer):
    """One WebSocket: a session of its own, or one that takes over from polls."""

    connection: Connection | None = None
    carrier: Carrier
    endpoint: Endpoint

    def __init__(self, *, endpoint: Endpoint | None) -> None:
        # As above.
        if endpoint is not None:
            self.endpoint = endpoint

    async def websocket_connect(self, _message: Message) -> None:
        """Let the client in, or say why not."""
        request = EngineRequest.of(self.scope)
        try:
            request.check(Transport.WEBSOCKET)
            known = self.endpoint.find(request.sid) if request.sid else None
        except RefusedError as error:
            await self._refuse(error.refusal)
            raise StopConsumer from None
        await self.tell_server({"type": "websocket.accept"})
        # The request has what is needed of them. The list is shared by all copies of the scope, and there are
        # many connections.
        cast("list[Any]", self.scope["headers"]).clear()
        frames = cast("FrameWriter | None", (self.scope.get("extensions") or {}).get(EXTENSION))
        if frames is not None:
            # Engine.IO's heartbeat finds out the same; two cost twice.
            frames.stop_pings()
        self.carrier = frames or MessageCarrier(self.tell_server)
        if known is None:
            self._open(request)
        elif known.begin_probe(self.carrier):
            self.connection = known
        else:
            self.carrier.close(*PROBE_FAILED)

    async def websocket_receive(self, message: Message) -> None:
        """Take one message of the client."""
        if self.connection is None:
            return
        text = message.get("text")
        self.connection.websocket_message(self.carrier, message["bytes"] if text is None else text)
        await self.connection.settled()

    async def websocket_disconnect(self, _message: Message) -> None:
        """The WebSocket has gone."""
        raise StopConsumer

    def gone(self) -> None:
        """Tell the connection, however the WebSocket ended."""
        if self.connection is not None:
            self.connection.websocket_lost(self.carrier)
            if isinstance(self.carrier, MessageCarrier):
                self.carrier.stop()

    def _open(self, request: EngineRequest) -> None:
        try:
            self.connection = self.endpoint.open(request, Transport.WEBSOCKET, carrier=self.carrier)
        except RefusedError:
            self.carrier.close(3001, "shutting down")
            return
        self.carrier.write(text_frame(self.connection.greeting()))

    async def _refuse(self, refusal: Refusal) -> None:
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            await self.tell_server({"type": "websocket.close"})
            return
        headers = [(b"content-type", JSON.encode())]
        start = {"type": "websocket.http.response.start", "status": refusal.status, "headers": headers}
        await self.tell_server(start)
        await self.tell_server({"type": "websocket.http.response.body", "body": refusal.body})
