"""A bank that speaks Razorpay's API on this machine, and does what it is asked for as that does: an order for
each request, a refund for each idempotency key."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.http_server import Answer, Asked, answering

KEY_ID, KEY_SECRET, WEBHOOK_SECRET = "key", "s3cret", "hook"


class Bank:
    """``orders`` by their id, ``refunds`` by their key."""

    def __init__(self) -> None:
        self.url = ""
        self.orders: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def env(self) -> Mapping[str, str]:
        """What a server needs to come here with its money."""
        return {
            "RAZORPAY_KEY_ID": KEY_ID,
            "RAZORPAY_KEY_SECRET": KEY_SECRET,
            "RAZORPAY_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "RAZORPAY_BASE_URL": self.url,
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], key: str, body: Any) -> Any:
        with self._lock:
            match method, path.strip("/").split("/")[1:]:
                case "POST", ["orders"]:
                    order = {**body, "id": f"order_{next(self._numbers)}"}
                    self.orders[order["id"]] = order
                    return order
                case "GET", ["orders"]:
                    wanted = query["receipt"]
                    return {"items": [one for one in self.orders.values() if one["receipt"] == wanted]}
                case "GET", ["orders", _order, "payments"]:
                    return {"items": []}
                case "POST", ["payments", payment, "refund"]:
                    refund = {**body, "id": f"rfnd_{next(self._numbers)}", "payment_id": payment}
                    return self.refunds.setdefault(key, refund)
                case "GET", ["payments", payment, "refunds"]:
                    return {"items": [one for one in self.refunds.values() if one["payment_id"] == payment]}
        raise LookupError(f"{method} {path}")

    @staticmethod
    def signed(checkout: Mapping[str, Any]) -> dict[str, str]:
        """What Razorpay's page gives to a client who has paid."""
        order = checkout["razorpay_order_id"]
        payment = f"pay_of_{order}"
        signature = hmac.new(KEY_SECRET.encode(), f"{order}|{payment}".encode(), hashlib.sha256).hexdigest()
        return {
            "razorpay_order_id": order,
            "razorpay_payment_id": payment,
            "razorpay_signature": signature,
        }


@contextmanager
def a_bank() -> Iterator[Bank]:
    """One that is open as long as the block lasts."""
    bank = Bank()

    def answer(asked: Asked) -> Answer:
        key = asked.headers.get("x-refund-idempotency", "")
        return 200, bank.answer(asked.method, asked.path, asked.query, key, asked.body)

    with answering(answer) as url:
        bank.url = url
        yield bank
