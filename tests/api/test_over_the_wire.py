"""What only a real server and a real socket show: chunks, lengths that lie, uploads far too long."""

import contextlib
import json
import re
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from config.embedded.postgres import Postgres
from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end


class Wire:
    """Bytes to a server, and its answer."""

    def __init__(self, server: ServerProcess) -> None:
        self._port = server.port
        done = server.manage("issue_token", "staff@example.com", "--create", "--role", "admin")
        assert done.returncode == 0, done.stderr
        self._authorization = f"Authorization: Bearer {done.stdout.strip()}\r\n"

    def send(
        self, method: str, path: str, headers: str = "", *body: bytes, authorized: bool = True
    ) -> tuple[int, dict[str, Any], str]:
        """Status, JSON and raw head of the answer."""
        with closing(socket.create_connection(("127.0.0.1", self._port), timeout=20)) as connection:
            lines = ("Host: localhost\r\nConnection: close\r\n", self._authorization * authorized, headers)
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1"))
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


def serve(start_server: Callable[..., ServerProcess], role: str, **options: Any) -> Wire:
    server = start_server(role=role, **options)
    if role == "web":  # it waits for somebody else to migrate
        done = server.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
    return Wire(server)


@pytest.fixture(params=["all", "web"])
def wire(request: pytest.FixtureRequest, start_server: Callable[..., ServerProcess]) -> Wire:
    return serve(start_server, request.param)


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


@pytest.mark.parametrize("role", ["all", "web"])
def test_a_database_that_goes_and_comes_back(
    role: str, own_postgres: Postgres, start_server: Callable[..., ServerProcess]
) -> None:
    wire = serve(start_server, role, database_url=own_postgres.url)
    paths = (
        "/products",
        "/products?limit=5",
        "/products/x",
        "/api/products",
        "/api/stock/sync",
        "/api/socket",
    )
    before = {path: wire.send("GET", path, authorized=False)[0] for path in paths}
    assert before == {**dict.fromkeys(paths, 200), "/products/x": 404}
    own_postgres.stop()
    for _ in range(2):
        for path in paths[:5]:
            for authorized in (False, True):
                status, error, head = wire.send("GET", path, authorized=authorized)
                assert (status, error["code"]) == (503, "unavailable"), path
                assert "retry-after: 1" in head
        status, error, _ = wire.post("/api/stock/reduce", b'{"items": [{"sku": "x", "quantity": 1}]}')
        assert (status, error["code"]) == (503, "unavailable")
        assert wire.send("GET", "/api/health")[0] == 200
    own_postgres.start()
    after = {path: wire.send("GET", path, authorized=False)[0] for path in paths}
    assert after == before
