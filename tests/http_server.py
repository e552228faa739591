"""A small HTTP server on this machine, in place of somebody else's: it answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``body`` is JSON or a form, whichever came; the names of ``headers`` are small."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


#: A status and a body: what goes out as JSON, or bytes as they are.
Answer = tuple[int, Any]


@contextmanager
def answering(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    """The server's address, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            status, said = answer(_asked(self))
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(ConnectionError):  # whoever was too slow to be waited for
                self.wfile.write(text)

        do_GET = do_POST = handle_any  # noqa: N815  the base class's names

        def log_message(self, *_args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join(timeout=5)


def _asked(request: BaseHTTPRequestHandler) -> Asked:
    raw = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    url = urlsplit(request.path)
    is_json = "json" in request.headers.get("Content-Type", "")
    return Asked(
        method=str(request.command),
        path=url.path,
        query=dict(parse_qsl(url.query)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=json.loads(raw) if is_json and raw else dict(parse_qsl(raw.decode())),
    )
