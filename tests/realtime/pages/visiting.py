"""Somebody with a browser that has no JavaScript: pages, forms, redirects."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from config.identity.models import Role, User
from config.identity.services import create_user
from orders.owners import CartOwner
from orders.selectors import cart_of

PASSWORD = "Grey-heron-42"
WHERE = {"address": "12 Nile St, Cairo", "phone": "0123", "notes": ""}
PART = {"HX-Request": "true"}


def somebody(role: Role = Role.CUSTOMER, *, email: str = "") -> User:
    return create_user(
        email=email or f"{role}@example.com", password=PASSWORD, name=role.capitalize(), role=role
    )


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    answer = client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def text_of(client: Client, path: str, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.content[:500])
    return answer.content.decode()


def hidden(page: str, name: str) -> str:
    """What a hidden field of the page bears."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def put_in(client: Client, product_id: str, quantity: int = 1, **choices: str) -> None:
    answer = client.post("/cart/items", {"productId": product_id, "quantity": quantity, **choices})
    assert (answer.status_code, answer["Location"]) == (302, "/cart"), answer.content


def checkout_form(client: Client, *, payment: str = "cod", **changed: str) -> dict[str, str]:
    """The form of the checkout page, filled in."""
    page = text_of(client, "/checkout")
    return {
        **WHERE,
        "order": hidden(page, "order"),
        "total": hidden(page, "total"),
        "payment": payment,
        **changed,
    }


def ordered(client: Client, product_id: str, *, payment: str = "cod") -> str:
    """The id of an order that was placed by the pages."""
    put_in(client, product_id)
    answer = client.post("/checkout", checkout_form(client, payment=payment))
    assert answer.status_code == 302, answer.content
    return str(answer["Location"]).split("/")[2]


def units_of(user: User) -> int:
    return cart_of(CartOwner.customer(user.pk)).item_count
