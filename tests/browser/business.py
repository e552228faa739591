"""A day's business in the demo shop, over REST, so that its pages have something to show."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

TIMEOUT = 20
#: How far the day's orders have come; the last is the one that is looked at.
STATUSES = (("processing", "shipped", "delivered"), ("processing",), (), ("processing", "shipped"))
CHAT = (
    ("customer", "Hello! Can I still change the size of my order?"),
    ("staff", "Of course: it has not left yet. Which size do you need?"),
    ("customer", "One larger, please."),
)


@dataclass(frozen=True, slots=True)
class Day:
    """What came of it: a product that is sold in sizes, and an order on its way."""

    product: str
    order: str


class Caller:
    """Somebody of the demo shop's accounts, signed in over REST."""

    def __init__(self, base_url: str, account: dict[str, str]) -> None:
        self._base_url = base_url
        self._token = ""
        said = {"email": account["email"], "password": account["password"]}
        self._token = self.ask("POST", "/api/auth/login", said)["token"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call, and give the answer."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base_url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read() or b"null")


def do_business(base_url: str, *, customer: dict[str, str], staff: dict[str, str]) -> Day:
    """Order, send off, and talk."""
    buyer, seller = Caller(base_url, customer), Caller(base_url, staff)
    shoes = buyer.ask("GET", "/api/products?category=Shoes&inStock=true&limit=8")
    items = [_item(buyer, shoe["id"], 1 + number % 2) for number, shoe in enumerate(shoes)]
    order = ""
    for number, steps in enumerate(STATUSES):
        bought = items[number % len(items) :][:2]
        order = _order(buyer, bought)
        for status in steps:
            seller.ask("PUT", f"/api/orders/{order}/status", {"status": status})
    for item in items[:2]:
        buyer.ask("POST", "/api/cart/items", item)
    chat = buyer.ask("POST", "/api/support/chats", {"issue": "Another size", "priority": "high"})["id"]
    for who, message in CHAT:
        speaker = buyer if who == "customer" else seller
        speaker.ask("POST", f"/api/support/chats/{chat}/messages", {"message": message})
    return Day(product=shoes[0]["id"], order=order)


def _item(caller: Caller, product: str, quantity: int) -> dict[str, Any]:
    variants = caller.ask("GET", f"/api/products/{product}/stock")["variants"]
    best = max(variants, key=lambda one: int(one["stock"]))
    return {"productId": product, "variantId": best["variantId"], "quantity": quantity}


def _order(caller: Caller, items: list[dict[str, Any]]) -> str:
    body = {"items": items, "shippingAddress": "12 Nile St, Cairo", "phone": "0701234567"}
    return str(caller.ask("POST", "/api/orders", body)["id"])
