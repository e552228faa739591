"""Django's HTTP inside an ASGI server, through its WSGI handler in a bounded pool of threads.

The ASGI handler of Django takes twice as long for a request, and its requests share one thread.
"""

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from config.lifespan import Application
from config.wsgi import application as wsgi_application


def threaded_http(threads: int) -> Application:
    """Serve `config.wsgi`, `threads` requests at a time; each thread keeps its database connection."""
    return cast("Application", WSGIMiddleware(cast("Any", wsgi_application), workers=threads))
