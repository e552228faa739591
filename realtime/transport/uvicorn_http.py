"""uvicorn's HTTP protocol, with a side door for responses that are streams of events.

An application finds in ``scope["extensions"]["stockwire.stream"]`` a function that gives a ``StreamWriter``,
to be asked for once the response has begun. What is written goes straight to the transport, as chunks that
were made once for every listener. And a stream ends when the server does: uvicorn alone would wait for it,
and at last tear it off. Written against uvicorn 0.54, whose base class has no public seams for this; a newer
one is taken only after this module's tests pass.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from realtime.transport.event_stream import LAST_CHUNK

EXTENSION = "stockwire.stream"

#: After the end of a stream the peer has this long to take it; then the connection is cut.
GRACE = 5.0
#: A peer that has gone without a word is found out after this long, by the comments that it does not
#: acknowledge; a stream has no ping that it could leave unanswered.
DEAD_AFTER = 60.0


class StreamWriter:
    """Writes whole chunks of one response. Nothing here raises or waits; after a close all is ignored."""

    __slots__ = ("_cycle", "_protocol")

    def __init__(self, protocol: StreamProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle
        protocol.begin_stream(cycle)

    def write(self, data: bytes) -> None:
        """Write chunks, whole ones, as they are."""
        transport = self._protocol.transport
        if not self._cycle.response_complete and not transport.is_closing():
            transport.write(data)

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet (beyond what the kernel holds for it)."""
        return self._protocol.transport.get_write_buffer_size()

    def close(self, _code: int, _reason: str) -> None:
        """End the response, and cut the connection when that is not taken within ``GRACE``."""
        self._protocol.end_stream()


class StreamProtocol(HttpToolsProtocol):
    """One connection."""

    #: The response that is a stream, once there is one. It is the connection's last.
    stream: RequestResponseCycle | None = None

    def on_headers_complete(self) -> None:
        """Put the way to a writer into the scope before the application is called."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            scope = cast("dict[str, Any]", self.scope)
            scope.setdefault("extensions", {})[EXTENSION] = partial(StreamWriter, self, self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the application. The base class knows of the newest request only, and another may have come
        after the one that is being answered."""
        if self.stream is not None:
            self.stream.disconnected = True
            self.stream.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server ends; the client is to come back, to another one or to the next."""
        if self.stream is None:
            super().shutdown()
        else:
            self.end_stream()

    def begin_stream(self, cycle: RequestResponseCycle) -> None:
        """The response is a stream: it lasts for as long as somebody listens."""
        self.stream = cycle
        plain: socket.socket | None = self.transport.get_extra_info("socket")
        option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only; elsewhere TCP gives up after longer
        if plain is not None and option is not None and plain.family != socket.AF_UNIX:
            with suppress(OSError):
                plain.setsockopt(socket.IPPROTO_TCP, option, int(DEAD_AFTER * 1_000))

    def end_stream(self) -> None:
        """End the response, tell the application, and see that the connection ends."""
        cycle = self.stream
        if cycle is None or cycle.response_complete or self.transport.is_closing():
            return
        self.transport.write(LAST_CHUNK)
        cycle.response_complete = True
        cycle.message_event.set()
        self.transport.close()
        cycle.on_response()
        # A peer that reads nothing would keep a polite close waiting for ever.
        self.loop.call_later(GRACE, self.transport.abort)
