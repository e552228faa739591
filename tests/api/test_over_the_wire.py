"""What only a real server and a real socket show: chunks, lengths that lie, uploads far too long."""

import contextlib
import json
import re
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end


class Wire:
    """Bytes to a server, and its answer."""

    def __init__(self, server: ServerProcess) -> None:
        self._port = server.port
        done = server.manage("issue_token", "staff@example.com", "--create", "--role", "admin")
        assert done.returncode == 0, done.stderr
        self.head = f"Host: localhost\r\nAuthorization: Bearer {done.stdout.strip()}\r\nConnection: close\r\n"

    def send(
        self, method: str, path: str, headers: str = "", *body: bytes
    ) -> tuple[int, dict[str, Any], str]:
        """Status, JSON and raw head of the answer."""
        with closing(socket.create_connection(("127.0.0.1", self._port), timeout=20)) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{self.head}{headers}\r\n".encode("latin-1"))
            # A server that has heard enough may close its side; its answer is waiting all the same.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in body:
                    connection.sendall(piece)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    answer += piece
        head, _, content = answer.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in head.lower():
            content = b"".join(re.findall(rb"[0-9a-f]+\r\n(.+?)\r\n", content, re.DOTALL))
        assert head.startswith(b"HTTP/1.1 "), answer[:200]
        return int(head[9:12]), json.loads(content or b"{}"), head.decode("latin-1").lower()

    def post(self, path: str, *body: bytes, headers: str = "") -> tuple[int, dict[str, Any], str]:
        length = (
            "" if "transfer-encoding" in headers.lower() else f"Content-Length: {sum(map(len, body))}\r\n"
        )
        return self.send("POST", path, f"Content-Type: application/json\r\n{length}{headers}", *body)


@pytest.fixture(params=["all", "web"])
def wire(request: pytest.FixtureRequest, start_server: Callable[..., ServerProcess]) -> Wire:
    server = start_server()
    if request.param == "web":
        server = start_server(role="web", database_url=server.database_url)
    return Wire(server)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


PRODUCT = b'{"sku": "%s", "base_title": "T-shirt", "prices": [{"currency": "SEK", "amount": 299.00}]}'


def test_bodies_of_every_kind_over_a_real_connection(wire: Wire) -> None:
    assert wire.post("/products", PRODUCT % b"A-1")[0] == 201

    # A body in chunks, with no length: read as any other.
    chunks = "Transfer-Encoding: chunked\r\n"
    body = PRODUCT % b"A-2"
    status, product, _ = wire.post("/products", chunked(body[:20], body[20:]), headers=chunks)
    assert (status, product.get("sku")) == (201, "A-2")
    status, error, _ = wire.post("/products", chunked(b"{"), headers=chunks)
    assert (status, error["code"]) == (400, "malformed_json")

    # Too long, said before or found on the way; a batch may be longer.
    long_text = b'"' + b"a" * (2 * 1024 * 1024) + b'"'
    for body, headers in ((long_text, ""), (chunked(*[b"a" * 65536] * 40), chunks)):
        status, error, _ = wire.post("/products", body, headers=headers)
        assert (status, error["code"], error["limit"]) == (413, "payload_too_large", 1024 * 1024)
    status, error, _ = wire.post("/products/batch", long_text)
    assert (status, error["code"]) != (413, "payload_too_large")
    status, error, _ = wire.post("/products/batch", b'"' + b"a" * (17 * 1024 * 1024) + b'"')
    assert (status, error["code"], error["limit"]) == (413, "payload_too_large", 16 * 1024 * 1024)


def test_paths_and_heads_that_no_browser_sends(wire: Wire) -> None:
    for path, expected in {
        "/nowhere": (404, "not_found"),
        "/products/%00": (404, "not_found"),
        "/products/%ff%fe": (404, "not_found"),
        "/products/%F0%9F%A7%81": (404, "not_found"),
        "/products?sku=%00": (400, "invalid"),
        "/products?limit=0": (400, "invalid"),
        "/products?cursor=x": (400, "invalid_cursor"),
        "/products/../../etc/passwd": (404, "not_found"),
    }.items():
        status, error, head = wire.send("GET", path)
        assert (status, error.get("code")) == expected, path
        assert "content-type: application/json" in head
    status, error, _ = wire.send("PROPFIND", "/products")
    assert (status, error["code"]) == (405, "method_not_allowed")
    status, error, _ = wire.send("GET", "/api/health", "Accept: text/html\r\n")
    assert status == 200
    status, error, _ = wire.send("GET", "/products", "Accept: text/html\r\n")
    assert (status, error["code"]) == (406, "not_acceptable")
