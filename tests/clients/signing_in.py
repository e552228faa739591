"""Signing in and out over REST, as the clients of shops do."""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.request
from dataclasses import dataclass
from typing import Any

PASSWORD = "a quiet orchard in november"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What signing in brings; the cookie is as a header carries it."""

    email: str
    user: str
    token: str
    refresh_token: str
    cookie: str


class FrontDoor:
    """`/api/auth` of a server."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    async def register(self) -> SignIn:
        """Become a customer."""
        email = f"{secrets.token_hex(6)}@example.com"
        return await self._sign_in("register", email, {"name": "Amal", "phone": "+20 100"})

    async def sign_in(self, email: str) -> SignIn:
        """Sign in once more."""
        return await self._sign_in("login", email, {})

    async def sign_out(self, signed_in: SignIn) -> None:
        """End that sign-in, and no other."""
        await asyncio.to_thread(self._post, "logout", {"refreshToken": signed_in.refresh_token})

    async def _sign_in(self, path: str, email: str, more: dict[str, str]) -> SignIn:
        body, cookie = await asyncio.to_thread(
            self._post, path, {"email": email, "password": PASSWORD, **more}
        )
        return SignIn(email, body["user"]["id"], body["token"], body["refreshToken"], cookie)

    def _post(self, path: str, body: dict[str, str]) -> tuple[Any, str]:
        request = urllib.request.Request(
            f"{self._base_url}/api/auth/{path}",
            method="POST",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
            return json.loads(answer.read() or b"null"), cookie
