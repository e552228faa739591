"""What the tests of stock share: goods, listeners, and callers of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from config.identity.models import Role, Scope
from config.identity.services import create_user, issue_api_key
from config.identity.tokens import issue_token
from config.kernel.actors import SYSTEM
from tests.hearing import Heard, hearing

Call = Callable[..., Any]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The events published during the test."""
    with hearing() as listener:
        yield listener


def caller(**headers: str) -> Call:
    """``call("POST", path, body)``: the response, with its JSON as ``data``."""
    client = Client(raise_request_exception=False)

    def call(method: str, path: str, data: Any = None, *, raw: bytes | None = None, **more: str) -> Any:
        content = raw if raw is not None else b"" if data is None else json.dumps(data).encode()
        response = client.generic(
            method, path, content, content_type="application/json", headers={**headers, **more}
        )
        response.data = json.loads(response.content) if response.content else None  # type: ignore[attr-defined]
        return response

    return call


def user_caller(role: Role, email: str) -> Call:
    user = create_user(email=email, password=None, role=role)
    return caller(authorization=f"Bearer {issue_token(user=user)}")


def key_caller(*scopes: Scope, name: str = "shop") -> Call:
    secret = issue_api_key(name=name, scopes=scopes, created_by=SYSTEM).secret
    return caller(authorization=f"Api-Key {secret}")


@pytest.fixture
def call(db: None) -> Call:
    """The shop's own server."""
    return key_caller(Scope.STOCK_WRITE)


@pytest.fixture
def staff(db: None) -> Call:
    return user_caller(Role.ADMIN, "staff@example.com")


@pytest.fixture
def customer(db: None) -> Call:
    return user_caller(Role.CUSTOMER, "customer@example.com")


@pytest.fixture
def guest(db: None) -> Call:
    return caller()
