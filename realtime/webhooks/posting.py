"""One POST to somebody else's server: to an address that may be reached, no further, and not for long."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from config.kernel.clock import now
from config.settings.parsing import Network
from realtime.webhooks.addresses import problem_of, problem_with
from realtime.webhooks.records import Attempt

#: As much of an answer is read; a connection whose answer is longer is not used again.
_READ = 1_000
_LONGEST_RETRY_AFTER = 3600.0

_OK = range(200, 300)
_REDIRECTS = range(300, 400)
_TAKE_IT_EASY = (429, 503)

AddrInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


class AddressRefusedError(OSError):
    """An address that nothing of ours connects to."""


class Poster:
    """Posts. An async context manager; one for all subscriptions of a process.

    No redirects, no proxies of the environment, no cookies, nothing unpacked; whatever goes wrong is an
    attempt that failed, and never raised.
    """

    def __init__(self, *, networks: Sequence[Network], timeout: float) -> None:
        self._networks = tuple(networks)
        self._timeout = timeout
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        for scheme in ("https", "http"):
            self._sessions[scheme] = aiohttp.ClientSession(
                # Each subscription limits itself: no receiver may use up what others need.
                connector=aiohttp.TCPConnector(
                    limit=0, ttl_dns_cache=30, socket_factory=self._opens(encrypted=scheme == "https")
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                auto_decompress=False,
                trust_env=False,
                headers={"user-agent": "Stockwire-Webhooks", "content-type": "application/json"},
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Attempt:
        """Send it once; what came of it."""
        at, began = now(), time.monotonic()
        status, answer, retry_after = 0, "", 0.0
        problem = problem_of(url, networks=self._networks) or ""
        if not problem:
            try:
                status, answer, retry_after, problem = await self._send(url, headers, body)
            except TimeoutError:
                problem = f"No answer within {self._timeout:g} seconds"
            except aiohttp.ClientConnectorError as error:
                problem = f"Not reached: {error.os_error}"
            except (aiohttp.ClientError, OSError, ValueError) as error:
                problem = f"Broken off: {str(error) or type(error).__name__}"
        taken = round((time.monotonic() - began) * 1000)
        return Attempt(at, status, taken, answer, problem, retry_after)

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, float, str]:
        session = self._sessions[url.partition(":")[0].lower()]
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            begun = b""
            async for piece in response.content.iter_any():
                begun += piece
                if len(begun) >= _READ:
                    response.close()
                    break
            status = response.status
            if status in _OK:
                problem = ""
            elif status in _REDIRECTS:
                problem = f"Answered {status}: redirects are not followed"
            else:
                problem = f"Answered {status}"
            pause = _seconds(response.headers.get("retry-after", "")) if status in _TAKE_IT_EASY else 0.0
            # A NUL is nothing that the database takes.
            return status, begun[:_READ].decode("utf-8", "replace").replace("\0", ""), pause, problem

    def _opens(self, *, encrypted: bool) -> Callable[[AddrInfo], socket.socket]:
        def open_socket(found: AddrInfo) -> socket.socket:
            # The last moment: it is this address that is connected to, whatever the name meant before.
            family, kind, protocol, _name, where = found
            address = ipaddress.ip_address(where[0])
            problem = problem_with(address, networks=self._networks, encrypted=encrypted)
            if problem is not None:
                raise AddressRefusedError(problem)
            return socket.socket(family=family, type=kind, proto=protocol)

        return open_socket


def _seconds(text: str) -> float:
    return min(float(text), _LONGEST_RETRY_AFTER) if text.isascii() and text.isdecimal() else 0.0
