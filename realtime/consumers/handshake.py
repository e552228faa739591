"""What a handshake tells: where it comes from, with which credentials, and what it asks for by its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http.request import validate_host

from config.api.addresses import address_of
from config.identity.cookies import SIGN_IN_COOKIE
from realtime.principals import GUEST, Principal, principal_of_header, principal_of_token
from realtime.threads import threads

PROTOCOL = "stockwire.v1"
_BEARER = "bearer."
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake, read. ``topics`` and ``cursor`` are ``None`` where the URL does not name them."""

    authorization: str | None
    token: str | None
    cookie: str
    subprotocol: str | None
    topics: list[str] | None
    cursor: str | None
    has_token_in_url: bool
    has_ticket_in_url: bool
    origin_is_allowed: bool
    address: str

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Handshake:
        """Read an ASGI scope. Nothing in it is trusted, and nothing in it raises."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        offered: list[str] = list(scope.get("subprotocols") or ())
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        client = scope.get("client")
        is_allowed = is_allowed_origin(headers.get("origin"), host=headers.get("host", ""))
        return cls(
            authorization=headers.get("authorization"),
            token=next((name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)), None),
            cookie=sign_in_cookie(headers, is_allowed_origin=is_allowed),
            subprotocol=PROTOCOL if PROTOCOL in offered else None,
            topics=_topics(query),
            cursor=query["cursor"][-1] if "cursor" in query else None,
            has_token_in_url="token" in query,
            has_ticket_in_url="ticket" in query,
            origin_is_allowed=is_allowed,
            address=counted_address(client[0] if client else "", headers),
        )

    async def principal(self) -> Principal:
        """Whoever the credentials name. Raises ``NotAuthenticated`` for wrong ones, never a silent guest."""
        if self.authorization is not None:
            return await threads.run(partial(principal_of_header, self.authorization))
        if self.token is not None:
            return await threads.run(partial(principal_of_token, self.token))
        return GUEST


def is_allowed_origin(origin: str | None, *, host: str) -> bool:
    """Whether a page of ``origin`` may connect: our own, or one that the settings name. No origin is no
    page."""
    if origin is None:
        return True
    if origin in settings.STOCKWIRE_ALLOWED_ORIGINS:
        return True
    try:
        page, here = urlsplit(origin), urlsplit(f"//{host}")
        same = (
            page.scheme in ("http", "https")
            and page.hostname is not None
            and page.hostname == here.hostname
            and (page.port or _DEFAULT_PORTS[page.scheme]) == (here.port or _DEFAULT_PORTS[page.scheme])
        )
    except ValueError:
        return False
    # A name that somebody pointed at this server is not ours because it says so.
    return same and validate_host(here.hostname or "", settings.ALLOWED_HOSTS)


def _topics(query: Mapping[str, list[str]]) -> list[str] | None:
    if "topics" not in query:
        return None
    return [topic for text in query["topics"] for topic in text.split(",") if topic]


def counted_address(peer: str, headers: Mapping[str, str]) -> str:
    """What connections are counted by; empty for whoever is not told from others. Loopback is a proxy on this
    machine, or the machine's owner."""
    return address_of(peer, forwarded_for=headers.get("x-forwarded-for", ""))


def sign_in_cookie(headers: Mapping[str, str], *, is_allowed_origin: bool) -> str:
    """The token that signing in left with the browser; empty where there is none, or where a page of a
    foreign origin may have sent it."""
    header = headers.get("cookie", "")
    if not is_allowed_origin or SIGN_IN_COOKIE not in header or headers.get("sec-fetch-site") == "cross-site":
        return ""
    try:
        found = SimpleCookie(header).get(SIGN_IN_COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
