"""Enveloped answers: the same paths for clients that read `data.order`."""

from __future__ import annotations

from typing import Any

import pytest

from orders.models import Order
from tests.inventory.conftest import caller
from tests.orders.conftest import Person
from tests.orders.shop import WHERE, mug, place

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders"
ENVELOPE = "application/vnd.stockwire.envelope+json"


def asked(how: str) -> tuple[str, dict[str, str]]:
    return ("?format=envelope", {}) if how == "query" else ("", {"Accept": ENVELOPE})


@pytest.mark.parametrize("how", ["query", "header"])
def test_one_and_many_are_under_their_names(customer: Person, staff: Person, how: str) -> None:
    query, headers = asked(how)
    order = place(customer, mug().item(1))
    one = customer("GET", f"{ORDERS}/{order['_id']}{query}", None, **headers)
    assert one.status_code == 200
    assert one.data == {"status": "success", "data": {"order": order}}
    assert one["Content-Type"] == ENVELOPE
    many = customer("GET", ORDERS + query, None, **headers)
    assert many.data == {"status": "success", "data": {"orders": [order]}}
    path = f"{ORDERS}/{order['_id']}/status{query}"
    changed = staff("PUT", path, {"status": "processing"}, **headers)
    assert changed.data["data"]["order"]["status"] == "processing"


@pytest.mark.parametrize("how", ["query", "header"])
def test_errors_are_a_status_and_a_message(
    customer: Person, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, headers = asked(how)
    missing = customer("GET", f"{ORDERS}/nothing{query}", None, **headers)
    assert (missing.status_code, missing.data) == (404, {"status": "fail", "message": "Order not found"})
    empty = customer("POST", ORDERS + query, WHERE, **headers)
    assert (empty.status_code, empty.data) == (400, {"status": "fail", "message": "Cart is empty"})
    stranger = caller()("GET", ORDERS + query, None, **headers)
    assert (stranger.status_code, stranger.data) == (401, {"status": "fail", "message": "Sign in first"})
    assert stranger["WWW-Authenticate"]

    def breaks(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("orders.api.order_views.order_records", breaks)
    broken = customer("GET", ORDERS + query, None, **headers)
    assert (broken.status_code, broken.data["status"]) == (500, "error")
    assert set(broken.data) == {"status", "message"}


def test_a_key_remembers_the_answer_in_its_envelope(customer: Person) -> None:
    body = {"items": [mug().item(1)], **WHERE}
    headers = {"Accept": ENVELOPE, "Idempotency-Key": "k"}
    first = customer("POST", ORDERS, body, **headers)
    again = customer("POST", ORDERS, body, **headers)
    assert (first.status_code, first["Content-Type"]) == (201, ENVELOPE)
    assert first.data["data"]["order"]["_id"] == Order.objects.get().id
    assert (again.content, again["Content-Type"], again["Idempotent-Replayed"]) == (
        first.content,
        ENVELOPE,
        "true",
    )


@pytest.mark.parametrize(
    ("accept", "status", "enveloped"),
    [
        ("*/*", 200, False),
        ("", 200, False),
        (" , ", 406, False),
        ("application/json", 200, False),
        ("application/json, text/plain, */*", 200, False),
        (f"{ENVELOPE}, application/json;q=0.5", 200, True),
        (f"{ENVELOPE};q=0, application/json", 200, False),
        ("text/html", 406, False),
    ],
)
def test_only_who_asks_for_the_envelope_gets_it(
    customer: Person, accept: str, status: int, enveloped: bool
) -> None:
    answer = customer("GET", ORDERS, None, Accept=accept)
    assert answer.status_code == status
    if status == 200:
        assert isinstance(answer.data, dict) is enveloped
    assert "Accept" in answer["Vary"]


def test_where_there_is_no_envelope_none_is_given(customer: Person) -> None:
    plain: Any = customer("GET", "/api/cart", None, Accept=ENVELOPE)
    assert (plain.status_code, plain["Content-Type"]) == (200, "application/json")
    assert "items" in plain.data
    assert "items" in customer("GET", "/api/cart?format=envelope").data
