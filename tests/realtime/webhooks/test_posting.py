"""Where a POST goes, and where not: asked of the address that is connected to."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from realtime.webhooks.posting import Poster
from tests.realtime.webhooks.receiver import Receiver, status

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
ELSEWHERE = ipaddress.ip_network("10.9.0.0/16")


async def post(url: str, *networks: Any) -> tuple[int, str]:
    async with Poster(networks=networks, timeout=3.0) as poster:
        attempt = await poster.post(url, headers={"webhook-id": "evt_1"}, body=b"{}")
    return attempt.status, attempt.problem


async def test_a_name_that_means_an_address_of_ours_is_refused_when_it_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the same name, allowed."""
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    def look_up(*_args: Any, **_kwargs: Any) -> Any:
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = f"http://shop.example:{port}/hook"
    assert await post(url, LOOPBACK) == (200, "")
    code, problem = await post(url, ELSEWHERE)
    assert code == 0
    assert "127.0.0.1 is not a public address" in problem
    code, problem = await post(url.replace("http:", "https:"))
    assert (code, "127.0.0.1 is not a public address" in problem) == (0, True)
    assert len(receiver.got) == 1
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"]
)
async def test_however_loopback_is_written_nothing_arrives(receiver: Receiver, host: str) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    for scheme in ("http", "https"):
        code, problem = await post(f"{scheme}://{host}:{port}/hook", ELSEWHERE)
        assert code == 0
        assert problem
    assert receiver.connections == 0


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = lambda _got: status(307, location=receiver.url)
    assert await post(receiver.url, LOOPBACK) == (307, "Answered 307: redirects are not followed")
    assert len(receiver.got) == 1


async def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert await post(receiver.url, LOOPBACK) == (200, "")


async def test_a_server_that_is_not_there_is_a_failed_attempt() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code, problem = await post(f"http://127.0.0.1:{port}/", LOOPBACK)
    assert code == 0
    assert problem.startswith("Not reached: ")


async def test_a_server_that_wants_a_rest_is_given_one(receiver: Receiver) -> None:
    receiver.answer = lambda _got: status(429, retry_after="120")
    async with Poster(networks=[LOOPBACK], timeout=3.0) as poster:
        attempt = await poster.post(receiver.url, headers={"webhook-id": "evt_1"}, body=b"{}")
        receiver.answer = lambda _got: status(503, retry_after="999999")
        greedy = await poster.post(receiver.url, headers={"webhook-id": "evt_1"}, body=b"{}")
    assert (attempt.retry_after, greedy.retry_after) == (120.0, 3600.0)
