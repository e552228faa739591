"""Roles `all` and `live`: uvicorn on one event loop, with the companions that the role brings.

uvicorn's own handling of signals ends the process by the signal; here a signal is a normal end with exit
code 0.
"""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence

import uvicorn
import uvloop

from config.asgi import application_for
from config.lifespan import Companion
from config.serving.http import threaded_http
from config.serving.listening import BACKLOG, allow_many_connections
from realtime.runtime import drain

# Three seconds for what is on its way; connections that are still open then are cut.
GRACE_SECONDS = 3
# A thread that computes gives the event loop its turn after a millisecond, not after five.
SWITCH_INTERVAL = 0.001
# The doors refuse what is over 64 KiB and say so; the protocol below them cuts off only what is far beyond.
LARGEST_MESSAGE = 1024 * 1024
Drain = Callable[[], Awaitable[None]]
FRAME_PROTOCOL = "realtime.transport.uvicorn_protocol:FrameProtocol"
STREAM_PROTOCOL = "realtime.transport.uvicorn_http:StreamProtocol"


class Server(uvicorn.Server):
    """uvicorn, told to end by whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve_live`."""
        yield


def serve_live(listener: socket.socket, *, threads: int, companions: Sequence[Companion] = ()) -> None:
    """Serve until SIGINT or SIGTERM: then connections are closed over a while; a second signal cuts that
    short, a third ends it at once."""
    allow_many_connections()
    sys.setswitchinterval(SWITCH_INTERVAL)
    config = uvicorn.Config(
        application_for(http=threaded_http(threads), companions=companions),
        http=STREAM_PROTOCOL,
        ws=FRAME_PROTOCOL,
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=25,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # What was imported stays for ever; looking at it again at each collection only stalls the loop.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(Server(config), listener, drain))


async def _run(server: Server, listener: socket.socket, drain: Drain) -> None:
    ending: asyncio.Task[None] | None = None

    async def end_gently() -> None:
        try:
            await drain()
        finally:
            server.should_exit = True

    def end() -> None:
        nonlocal ending
        if ending is None:
            ending = loop.create_task(end_gently())
        else:
            server.force_exit = server.should_exit
            ending.cancel()

    loop = asyncio.get_running_loop()
    for received in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(received, end)
    await server.serve(sockets=[listener])
