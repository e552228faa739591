"""A bank that keeps count, and what goes wrong on the way to it."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from orders import providers
from orders.providers.fake import SIGNATURE, FakeProvider, sign
from orders.providers.minor_units import to_minor
from orders.providers.port import Begun, Charge, Outcome, Provider, Repayment, Standing


def inside_a_transaction() -> bool:
    """Whether a transaction is open here that is not the one around a whole test."""
    blocks = connection.atomic_blocks
    return bool(blocks) and not getattr(blocks[-1], "_from_testcase", False)


@dataclass
class Watched:
    """A provider, and whether it was ever spoken to inside a transaction."""

    provider: Provider
    caught: list[str] = field(default_factory=list)

    def begin(self, charge: Charge) -> Begun:
        self._look("begin")
        return self.provider.begin(charge)

    def refund(self, repayment: Repayment) -> str:
        self._look("refund")
        return self.provider.refund(repayment)

    def look_up(self, reference: str) -> Standing | None:
        self._look("look_up")
        return self.provider.look_up(reference)

    def _look(self, call: str) -> None:
        if not self.provider.by_hand and inside_a_transaction():
            self.caught.append(f"{self.provider.name}.{call}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)


@contextmanager
def watching() -> Iterator[list[str]]:
    """Every call of any provider that happens inside a transaction meanwhile."""
    caught: list[str] = []

    def watched(maker: Callable[[], Provider | None]) -> Callable[[], Any]:
        def make() -> Any:
            provider = maker()
            return Watched(provider, caught) if provider is not None else None

        return make

    with pytest.MonkeyPatch.context() as patch:
        for name, maker in providers._MAKERS.items():
            patch.setitem(providers._MAKERS, name, watched(maker))
        yield caught


class Bank(FakeProvider):
    """Remembers what it was asked for, once for each id, as real ones do.

    ``troubles`` come over the next calls, one each: called before the bank has heard anything (``early``) or
    after it has done what it was asked for. ``None`` is none.
    """

    def __init__(self) -> None:
        self.charges: dict[str, Decimal] = {}
        self.refunds: dict[str, Decimal] = {}
        #: What was paid there, by what the bank calls the charge.
        self.paid: dict[str, Decimal] = {}
        self.calls: Counter[str] = Counter()
        self.early: list[Callable[[], None] | None] = []
        self.late: list[Callable[[], None] | None] = []
        self._lock = threading.Lock()

    def begin(self, charge: Charge) -> Begun:
        self._meet(self.early)
        with self._lock:
            self.calls["begin"] += 1
            self.charges[charge.payment_id] = charge.amount
        self._meet(self.late)
        return super().begin(charge)

    def refund(self, repayment: Repayment) -> str:
        self._meet(self.early)
        with self._lock:
            self.calls["refund"] += 1
            self.refunds.setdefault(repayment.refund_id, repayment.amount)
        self._meet(self.late)
        return super().refund(repayment)

    def look_up(self, reference: str) -> Standing | None:
        self._meet(self.early)
        self.calls["look_up"] += 1
        if reference not in self.paid:
            return None
        amount = self.paid[reference]
        return Standing(outcome=Outcome.COMPLETED, receipt="rcp_1", amount=amount, currency="EGP")

    @property
    def given_back(self) -> Decimal | int:
        return sum(self.refunds.values(), Decimal(0))

    def _meet(self, troubles: list[Callable[[], None] | None]) -> None:
        with self._lock:
            trouble = troubles.pop(0) if troubles else None
        if trouble is not None:
            trouble()


class Killed(BaseException):
    """As if the process had ended here: nothing catches it, nothing after it happens."""


def raising(error: BaseException) -> Callable[[], None]:
    def trouble() -> None:
        raise error

    return trouble


def slow(seconds: float) -> Callable[[], None]:
    return lambda: time.sleep(seconds)


def pay(call: Any, order: dict[str, Any], provider: str = "fake") -> dict[str, Any]:
    """A payment of this order, begun through REST; its JSON."""
    answer = call("POST", "/api/payments", {"orderId": order["_id"], "provider": provider})
    assert answer.status_code == 201, answer.content
    payment: dict[str, Any] = answer.data
    return payment


def confirm(call: Any, payment: dict[str, Any], outcome: str = "completed") -> Any:
    return call("POST", f"/api/payments/{payment['_id']}/confirm", {"outcome": outcome})


def notice(payment: dict[str, Any], event_id: str, kind: str = "payment.completed", **more: Any) -> bytes:
    """The body of one of the fake provider's call backs."""
    said = {
        "id": event_id,
        "type": kind,
        "paymentId": payment["_id"],
        "amount": to_minor(Decimal(str(payment["amount"])), payment["currency"]),
        "currency": payment["currency"],
        **more,
    }
    return json.dumps(said).encode()


def call_back(call: Any, body: bytes, *, signature: str | None = None) -> Any:
    """The fake provider calls back."""
    headers = {SIGNATURE: sign(body) if signature is None else signature}
    return call("POST", "/api/payments/webhooks/fake", raw=body, **headers)
