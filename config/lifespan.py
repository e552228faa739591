"""What lives as long as an ASGI server: started before its first connection, ended after its last.

The hub, the relay and the worker are handed in as async context managers; this module knows none of them.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import structlog

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Companion = Callable[[], AbstractAsyncContextManager[Any]]

log = structlog.get_logger(__name__)


class Lifespan:
    """An ASGI application with companions around it, entered in order and left in reverse."""

    def __init__(self, application: Application, *companions: Companion) -> None:
        self._application = application
        self._companions = companions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the lifespan protocol; pass everything else on."""
        if scope["type"] != "lifespan":
            await self._application(scope, receive, send)
            return
        await receive()
        stage = "startup"
        try:
            async with AsyncExitStack() as stack:
                for companion in self._companions:
                    await stack.enter_async_context(companion())
                await send({"type": "lifespan.startup.complete"})
                await receive()
                stage = "shutdown"
            await send({"type": "lifespan.shutdown.complete"})
        except Exception as error:
            log.exception("a companion of the server failed", stage=stage)
            await send({"type": f"lifespan.{stage}.failed", "message": str(error)})
