"""Django's HTTP inside an ASGI server, through its WSGI handler in a bounded pool of threads.

The ASGI handler of Django takes twice as long for a request, and its requests share one thread.
"""

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from config.lifespan import Application, Receive, Scope, Send
from config.wsgi import application as wsgi_application


def threaded_http(threads: int) -> Application:
    """Serve `config.wsgi`, `threads` requests at a time; each thread keeps its database connection."""
    pool = cast("Application", WSGIMiddleware(cast("Any", wsgi_application), workers=threads))

    async def http(scope: Scope, receive: Receive, send: Send) -> None:
        # Raw bytes are no URL, but they do arrive; the WSGI side insists on ASCII.
        query = scope["query_string"]
        if not query.isascii():
            scope = {**scope, "query_string": b"".join(_ascii(byte) for byte in query)}
        await pool(scope, receive, send)

    return http


def _ascii(byte: int) -> bytes:
    highest = 0x7F
    return bytes([byte]) if byte <= highest else b"%%%02X" % byte
