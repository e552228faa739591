"""What the tests of carts and orders share: people, callers of every kind, listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from config.identity.models import Role, Scope, User
from config.identity.services import create_user
from config.identity.tokens import issue_token
from orders import providers
from orders.api import checkout
from tests.hearing import Heard, hearing
from tests.inventory.conftest import Call, caller, key_caller
from tests.orders.paying import Bank, Watched, watching
from tests.orders.provider_server import ProviderServer, provider_server

__all__ = ["Call", "Person", "person"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in: ``person("GET", path)`` calls."""

    user: User
    call: Call

    @property
    def id(self) -> str:
        return self.user.pk

    def __call__(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        return self.call(method, path, data, **headers)


def person(role: Role = Role.CUSTOMER, name: str = "", phone: str = "") -> Person:
    name = name or str(role)
    user = create_user(
        email=f"{name.lower()}@example.com", password=None, role=role, name=name.title(), phone=phone
    )
    return Person(user, caller(authorization=f"Bearer {issue_token(user=user)}"))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The events published during the test."""
    with hearing() as listener:
        yield listener


@pytest.fixture(autouse=True)
def no_money_call_inside_a_transaction() -> Iterator[list[str]]:
    """Whatever a test does: no provider is spoken to while a transaction is open."""
    with watching() as caught:
        yield caught
    assert caught == []


@pytest.fixture
def bank(no_money_call_inside_a_transaction: list[str], monkeypatch: pytest.MonkeyPatch) -> Bank:
    """The provider `fake`, which keeps count, and is watched like any other."""
    bank = Bank()
    monkeypatch.setitem(providers._MAKERS, "fake", lambda: Watched(bank, no_money_call_inside_a_transaction))
    return bank


@pytest.fixture
def api() -> Iterator[ProviderServer]:
    """A payment provider's API on this machine."""
    with provider_server() as server:
        yield server


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders were tried together, each time. Nobody loses patience while a test gathers a crowd."""
    tried: list[int] = []
    together = checkout._together

    def noted(checkouts: Any) -> Any:
        tried.append(len(checkouts))
        return together(checkouts)

    monkeypatch.setattr(checkout, "_together", noted)
    monkeypatch.setattr(checkout._combined, "_together", noted)
    monkeypatch.setattr("config.kernel.combining.PATIENCE", 60)
    return tried


@pytest.fixture
def customer(db: None) -> Person:
    return person(name="carla", phone="0100")


@pytest.fixture
def other(db: None) -> Person:
    return person(name="omar")


@pytest.fixture
def staff(db: None) -> Person:
    return person(Role.ADMIN, "sara")


@pytest.fixture
def tailor(db: None) -> Person:
    return person(Role.TAILOR, "tariq")


@pytest.fixture
def delivery(db: None) -> Person:
    return person(Role.DELIVERY, "dina")


@pytest.fixture
def reader(db: None) -> Call:
    """A key that may read orders."""
    return key_caller(Scope.ORDERS_READ, name="reader")


@pytest.fixture
def server(db: None) -> Call:
    """A key that may do everything else."""
    return key_caller(Scope.STOCK_WRITE, Scope.CATALOG_WRITE, Scope.EVENTS_READ, name="server")


@pytest.fixture
def guest(db: None) -> Call:
    return caller()


Callers = Callable[[str], Call]


@pytest.fixture
def callers(
    customer: Person, staff: Person, tailor: Person, delivery: Person, server: Call, guest: Call
) -> dict[str, Any]:
    """One of each, by what they are."""
    return {
        "customer": customer,
        "admin": staff,
        "tailor": tailor,
        "delivery": delivery,
        "service": server,
        "guest": guest,
    }
