"""Visitors who sign in over REST, each from an address of their own."""

from __future__ import annotations

from typing import Any

import jwt
from django.test import Client

#: One that every validator takes.
PASSWORD = "Grey-heron-42"
ADA: dict[str, str] = {"name": "Ada", "email": "ada@example.com", "phone": "+20 100", "password": PASSWORD}
#: A public address: those that documentation uses count as private.
SOMEWHERE = "8.8.4.4"


class Visitor:
    """A client with a jar for cookies; whoever needs a token passes it."""

    def __init__(self, address: str = SOMEWHERE) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False, REMOTE_ADDR=address)

    def post(self, name: str, body: Any, token: str = "", **headers: str) -> Any:
        return self._send("post", f"/api/auth/{name}", body, token, headers)

    def patch_me(self, body: Any, token: str = "", **headers: str) -> Any:
        return self._send("patch", "/api/auth/me", body, token, headers)

    def me(self, token: str = "", **headers: str) -> Any:
        return self.client.get("/api/auth/me", headers={**bearer(token), **_names(headers)})

    def register(self, **changes: str) -> Any:
        return self.post("register", {**ADA, **changes})

    def login(self, email: str = ADA["email"], password: str = PASSWORD) -> Any:
        return self.post("login", {"email": email, "password": password})

    def fails(self, times: int, email: str = ADA["email"]) -> list[int]:
        """Statuses of so many wrong passwords."""
        return [self.login(email, "wrong").status_code for _ in range(times)]

    def refresh(self, refresh_token: str, **headers: str) -> Any:
        return self.post("refresh", {"refreshToken": refresh_token}, **headers)

    def logout(self, refresh_token: str) -> Any:
        return self.post("logout", {"refreshToken": refresh_token})

    def _send(self, method: str, path: str, body: Any, token: str, headers: dict[str, str]) -> Any:
        send = getattr(self.client, method)
        return send(path, body, "application/json", headers={**bearer(token), **_names(headers)})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def said_by(token: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
