"""What is sent to carts, orders and payments in place of what they take: a clear 4xx, and nothing done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fingerprint import nothing_changes
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, notice, pay
from tests.orders.shop import WHERE, Goods, cake, mug, place, ship

pytestmark = pytest.mark.django_db

# ------------------------------------------------------------------------------- what no field can be

_NO_TEXT: list[Any] = [7, True, [], {}, ["x"], "\x00", "a\x00b", "\x1b[2J", "\ud800", "x" * 100_000]
_NO_NUMBER: list[Any] = ["5", True, [], {}, -1, 10**30, 10**400, 1e308, -1e308, "\x00"]
_NO_COUNT: list[Any] = [*_NO_NUMBER, 0, 1.5, 1_000_001, 1e-300]
_NO_WORD: list[Any] = [*_NO_TEXT, "", "nonsense", None]
_NO_MOMENT: list[Any] = [*_NO_TEXT, "", "nonsense", "0000-00-00", "99999-01-01T00:00:00Z"]
#: None at all, or an empty one, may mean something.
_NO_LIST: list[Any] = [7, True, "x", {}, ["x"], [7], [[]], [{}], [None]]
_NO_MAPPING: list[Any] = [7, True, "x", [], ["x"]]

TEXT, NUMBER, COUNT, WORD, MOMENT, LIST, MAPPING = (
    "text",
    "number",
    "count",
    "word",
    "moment",
    "list",
    "mapping",
)
_NEVER: Mapping[str, list[Any]] = {
    TEXT: _NO_TEXT,
    NUMBER: _NO_NUMBER,
    COUNT: _NO_COUNT,
    WORD: _NO_WORD,
    MOMENT: _NO_MOMENT,
    LIST: _NO_LIST,
    MAPPING: _NO_MAPPING,
}

_ITEM = {
    "productId": TEXT,
    "quantity": COUNT,
    "flavor": TEXT,
    "size": TEXT,
    "eggOption": TEXT,
    "variant": MAPPING,
    "variantId": TEXT,
    "sku": TEXT,
    "locationId": TEXT,
}


@dataclass(frozen=True)
class House:
    """One thing of each kind, in the state in which the requests below would succeed."""

    customer: Person
    staff: Person
    tailor: Person
    goods: Goods
    pending: str
    shipped: str
    payment: str
    paid: str
    line: str

    def fill(self, text: str) -> str:
        return text.format(
            **{name: getattr(self, name) for name in ("pending", "shipped", "payment", "paid", "line")}
        )


@dataclass(frozen=True)
class Asking:
    """A request that succeeds, and what kind of thing each of its fields is."""

    who: str
    method: str
    path: str
    body: Callable[[House], Any]
    fields: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


ASKINGS = (
    Asking(
        "customer",
        "POST",
        "/api/cart/items",
        lambda house: house.goods.item(1, options={"flavor": "Vanilla"}),
        {**_ITEM, "options": MAPPING, "options.flavor": TEXT},
    ),
    Asking(
        "customer", "PATCH", "/api/cart/items/{line}", lambda _house: {"quantity": 2}, {"quantity": COUNT}
    ),
    Asking(
        "customer",
        "POST",
        "/api/orders",
        lambda house: {"items": [house.goods.item(1)], "totalPrice": 420, **WHERE},
        {
            **{f"items.0.{name}": kind for name, kind in _ITEM.items()},
            "items": LIST,
            "items.0": MAPPING,
            "totalPrice": NUMBER,
            "shippingAddress": TEXT,
            "phone": TEXT,
            "notes": TEXT,
            "paymentMethod": TEXT,
        },
    ),
    Asking(
        "staff",
        "PUT",
        "/api/orders/{pending}/status",
        lambda _house: {"status": "processing"},
        {
            "status": WORD,
            "note": TEXT,
            "tracking": MAPPING,
            "tracking.carrier": TEXT,
            "tracking.trackingNumber": TEXT,
            "estimatedDelivery": MOMENT,
        },
    ),
    Asking("customer", "POST", "/api/orders/{pending}/cancel", lambda _house: {"note": "x"}, {"note": TEXT}),
    Asking(
        "staff",
        "POST",
        "/api/orders/{shipped}/return",
        lambda house: {
            "items": [{"variantId": house.goods.variants[0], "quantity": 1, "disposition": "lost"}]
        },
        {
            "items": LIST,
            "items.0": MAPPING,
            "items.0.variantId": TEXT,
            "items.0.itemId": TEXT,
            "items.0.quantity": COUNT,
            "items.0.disposition": WORD,
        },
    ),
    Asking(
        "staff",
        "PUT",
        "/api/orders/{pending}/assign",
        lambda house: {"tailor": house.tailor.id},
        {"tailor": TEXT, "deliveryPartner": TEXT},
    ),
    Asking(
        "staff",
        "PUT",
        "/api/orders/{shipped}/tailor-status",
        lambda _house: {"status": "cutting", "note": ""},
        {"status": WORD, "note": TEXT},
    ),
    Asking(
        "customer",
        "POST",
        "/api/payments",
        lambda house: {"orderId": house.pending, "provider": "fake"},
        {"orderId": TEXT, "provider": WORD},
    ),
    Asking(
        "staff",
        "POST",
        "/api/payments/{paid}/refund",
        lambda _house: {"amount": 1, "reason": "x"},
        {"amount": NUMBER, "reason": TEXT},
    ),
    Asking(
        "customer",
        "POST",
        "/api/payments/{payment}/confirm",
        lambda _house: {"outcome": "failed"},
        {"outcome": WORD},
    ),
)
each_asking = pytest.mark.parametrize("asking", ASKINGS, ids=[asking.name for asking in ASKINGS])

#: What is no object at all. An empty body is none where every field may be left out.
NO_OBJECTS = [
    b"\x00", b"{", b'{"a": 1', b"[]", b"null", b"5", b'"text"', b"NaN", b'{"a": NaN}', b'{"a": 1, "a": 2}',
    b'{"note": "\xff"}', b'{"a": "\\ud800"}', b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"a": "\\u0000"}',
]  # fmt: skip
#: Ids of nothing, in a path.
NO_IDS = [
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "%F0%9F%92%A5",
    "..%2f..",
    "%27%20OR%201=1--",
    "x" * 5_000,
    "%0a",
]


@pytest.fixture
def house(customer: Person, staff: Person, tailor: Person, bank: Bank, guest: Any) -> House:
    goods = cake(stock=100)
    pending, shipped = (place(customer, goods.item(2)) for _ in range(2))
    staff("PUT", f"/api/orders/{shipped['_id']}/assign", {"tailor": tailor.id})
    ship(staff, shipped["_id"])
    paid = pay(customer, shipped)
    call_back(guest, notice(paid, "evt_0"))
    cart = customer("POST", "/api/cart/items", mug().item(1)).data
    return House(
        customer=customer,
        staff=staff,
        tailor=tailor,
        goods=goods,
        pending=pending["_id"],
        shipped=shipped["_id"],
        payment=pay(customer, pending)["_id"],
        paid=paid["_id"],
        line=cart["items"][0]["_id"],
    )


def changed(body: Any, place_: str, value: Any) -> Any:
    """The body with something else at that place."""
    copy = json.loads(json.dumps(body))
    *way, last = place_.split(".")
    at = copy
    for name in way:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return copy


def wrong(asking: Asking, house: House) -> Iterator[tuple[str, Any]]:
    for place_, kind in asking.fields.items():
        for value in _NEVER[kind]:
            yield f"{place_} = {str(value)[:20]!r}", changed(asking.body(house), place_, value)


def refused(answer: Any, what: str, *statuses: int) -> None:
    assert answer.status_code in statuses, (what, answer.status_code, answer.content[:300])
    assert set(answer.data) >= {"error", "message", "code", "timestamp"}, what
    assert answer.data["error"] == answer.data["message"] != "", what
    assert b"Traceback" not in answer.content, what


@each_asking
def test_what_a_field_can_not_be_is_refused_and_nothing_is_done(house: House, asking: Asking) -> None:
    call, path = getattr(house, asking.who), house.fill(asking.path)
    with nothing_changes():
        for what, body in wrong(asking, house):
            refused(call(asking.method, path, body), what, 400)
    # Control: as it is meant, it is done.
    assert call(asking.method, path, asking.body(house)).status_code in {200, 201}


@each_asking
def test_what_is_no_object_is_refused_and_nothing_is_done(house: House, asking: Asking) -> None:
    call, path = getattr(house, asking.who), house.fill(asking.path)
    with nothing_changes():
        for raw in NO_OBJECTS:
            refused(call(asking.method, path, raw=raw), str(raw[:20]), 400)
        huge = b'{"note": "' + b"x" * (1 << 20) + b'"}'
        refused(call(asking.method, path, raw=huge), "a mebibyte", 413)


@pytest.mark.parametrize("asking", [one for one in ASKINGS if "{" in one.path], ids=lambda one: one.name)
def test_a_path_to_nothing_is_a_404_and_nothing_is_done(house: House, asking: Asking) -> None:
    call = getattr(house, asking.who)
    head, _, rest = asking.path.partition("{")
    tail = rest.partition("}")[2]
    with nothing_changes():
        for nothing in NO_IDS:
            refused(call(asking.method, f"{head}{nothing}{tail}", asking.body(house)), nothing, 400, 404)


@pytest.mark.parametrize(
    "query",
    [
        "status=%00",
        "status=" + "x" * 5000,
        "since=%00",
        "since=0000-00-00",
        "since=99999-01-01T00:00:00Z",
        "since=0001-01-01T00:00:00%2B23:59",
        "limit=%00",
        "limit=99999999999999999999",
        "limit=-1",
        "limit=1e3",
        "limit=%D9%A1",
        "cursor=%00",
        "cursor=AAAA",
        "search=%00",
        "user=%00",
    ],
)
def test_a_query_that_means_nothing_is_a_400(house: House, query: str) -> None:
    with nothing_changes():
        refused(house.staff("GET", f"/api/orders?{query}"), query, 400)


@pytest.mark.parametrize("key", ["\x00", "k" * 1000, "ü", "a\tb"])
def test_a_key_that_is_none_is_refused_and_nothing_is_done(house: House, key: str) -> None:
    with nothing_changes():
        for asking in ASKINGS:
            if asking.method == "POST" and "cart" not in asking.path:
                call, path = getattr(house, asking.who), house.fill(asking.path)
                headers = {"Idempotency-Key": key}
                refused(call(asking.method, path, asking.body(house), **headers), asking.name, 400)


@pytest.mark.parametrize(
    "more",
    [
        {"id": "evt\x00"},
        {"id": "x" * 10_000},
        {"id": {"a": 1}},
        {"id": None},
        {"type": "payment.completed\x00"},
        {"type": 5},
        {"type": []},
        {"paymentId": "\x00"},
        {"paymentId": {"a": 1}},
        {"amount": "100"},
        {"amount": 10**30},
        {"amount": -1},
        {"amount": 1e308},
        {"amount": True},
        {"amount": 1.5},
        {"amount": None},
        {"amount": [1]},
        {"currency": "\x00"},
        {"currency": "EGPX"},
        {"currency": {}},
        {"currency": "x" * 10_000},
    ],
    ids=str,
)
def test_a_genuine_call_back_that_makes_no_sense_is_a_4xx_and_is_not_kept(
    house: House, guest: Any, more: dict[str, Any]
) -> None:
    payment = {"_id": house.payment, "amount": 840, "currency": "EGP"}
    with nothing_changes():
        said = {**json.loads(notice(payment, "evt_1")), **more}
        refused(call_back(guest, json.dumps(said).encode()), str(more), 400)
