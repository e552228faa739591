"""A provider's API on this machine: answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``body`` is JSON or a form, whichever came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ProviderServer:
    """``answers`` are given in their order, each to one request: a status and a body."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    delay: float = 0

    def will_answer(self, body: Any, status: int = 200) -> None:
        self.answers.append((status, body))


@contextmanager
def provider_server() -> Iterator[ProviderServer]:
    server = ProviderServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            is_json = "json" in self.headers.get("Content-Type", "")
            body = json.loads(raw) if is_json and raw else dict(parse_qsl(raw.decode()))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(str(self.command), url.path, dict(parse_qsl(url.query)), headers, body))
            time.sleep(server.delay)
            status, said = server.answers.pop(0)
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(ConnectionError):  # whoever was too slow to be waited for
                self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815  the base class's names

        def log_message(self, *_args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(timeout=5)
