"""Every endpoint of sign-in, carts, orders, payments and notifications, for everybody who may come.

It is one table, and it has to have all that the URLconf has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from config.identity.models import Role, Scope, User
from config.identity.services import sign_in
from tests.fingerprint import nothing_changes
from tests.inventory.conftest import key_caller
from tests.orders.conftest import (
    Person,
    bank,
    customer,
    delivery,
    guest,
    no_money_call_inside_a_transaction,
    other,
    person,
    staff,
    tailor,
)
from tests.orders.paying import Bank, confirm, notice, pay
from tests.orders.paying import call_back as called_back
from tests.orders.shop import WHERE, Goods, mug, place, ship
from tests.realtime.urlconf import endpoints

__all__ = [
    "bank", "customer", "delivery", "guest", "no_money_call_inside_a_transaction", "other", "staff", "tailor",
]  # fmt: skip

pytestmark = pytest.mark.django_db

PASSWORD = "Grey-heron-42"
#: The paths that the table is about, by their beginning.
OURS = ("api/auth", "api/cart", "api/orders", "api/payments", "api/notifications")
#: Of a key is kept when it was last used.
NOTED = ("identity_apikey",)

#: Everybody who may come. Orders are the owner's, assigned to the tailor and the delivery partner.
EVERYBODY = (
    "guest", "owner", "other", "admin", "tailor", "other tailor", "delivery", "other delivery",
    "reader", "key",
)  # fmt: skip


@dataclass
class House:
    """What there is, and who calls."""

    callers: Mapping[str, Any]
    goods: Goods
    #: An order in each status that the requests below need; two of them are paid.
    pending: str
    shipped: str
    #: Payments: begun with the fake provider and by hand, and one that came in.
    begun: str
    by_hand: str
    paid: str
    line: str
    notification: str
    refresh_token: str
    people: Mapping[str, str]

    def names(self) -> dict[str, str]:
        return {
            "order_id": self.pending,
            "item_id": self.line,
            "notification_id": self.notification,
            "provider": "fake",
        }


Answers = Mapping[str, int]


@dataclass(frozen=True)
class Endpoint:
    """``done`` is the answer to those who ``may``; ``hidden`` is not theirs to see; all others may not.

    ``path`` fills what the route has with the house's, ``body`` is what is sent.
    """

    done: int
    may: frozenset[str]
    hidden: frozenset[str] = frozenset()
    body: Callable[[House], Any] = lambda _house: None
    path: Mapping[str, str] | None = None
    also: Answers | None = None

    def expected(self, who: str) -> int:
        if self.also and who in self.also:
            return self.also[who]
        if who in self.may:
            return self.done
        if who in self.hidden:
            return 404
        return 401 if who == "guest" else 403


def some(*who: str) -> frozenset[str]:
    assert set(who) <= set(EVERYBODY)
    return frozenset(who)


ANYONE = some(*EVERYBODY)
USERS = ANYONE - {"guest", "reader", "key"}
CUSTOMERS = some("owner", "other")
STAFF = some("admin")
TAILORS, DELIVERERS = some("tailor", "other tailor"), some("delivery", "other delivery")
PARTIES = some("owner", "admin", "tailor", "delivery", "reader")
CARTS = some("guest", "owner", "other")


def _item(house: House) -> dict[str, Any]:
    return house.goods.item(1)


_STATUS = Endpoint(
    200,
    some("admin", "delivery"),
    some("other delivery"),
    lambda _house: {"status": "delivered"},
    {"order_id": "shipped"},
)
_ASSIGN = Endpoint(200, STAFF, body=lambda house: {"tailor": house.people["other tailor"]})
_SEW = Endpoint(200, some("admin", "tailor"), some("other tailor"), lambda _house: {"status": "ready"})
_ME = Endpoint(200, USERS, body=lambda _house: {"name": "Somebody"})

TABLE: Mapping[tuple[str, str], Endpoint] = {
    ("post", "api/auth/register"): Endpoint(
        201,
        ANYONE,
        body=lambda _house: {"name": "N", "email": "new@example.com", "phone": "1", "password": PASSWORD},
    ),
    ("post", "api/auth/login"): Endpoint(
        200, ANYONE, body=lambda _house: {"email": "carla@example.com", "password": PASSWORD}
    ),
    ("post", "api/auth/refresh"): Endpoint(
        200, ANYONE, body=lambda house: {"refreshToken": house.refresh_token}
    ),
    ("post", "api/auth/logout"): Endpoint(
        204, ANYONE, body=lambda house: {"refreshToken": house.refresh_token}
    ),
    ("get", "api/auth/me"): _ME,
    ("patch", "api/auth/me"): _ME,
    ("post", "api/auth/ticket"): Endpoint(201, USERS),
    ("get", "api/cart"): Endpoint(200, CARTS),
    ("post", "api/cart"): Endpoint(200, CARTS, body=_item),
    ("delete", "api/cart"): Endpoint(200, CARTS),
    ("post", "api/cart/items"): Endpoint(200, CARTS, body=_item),
    ("patch", "api/cart/items/<str:item_id>"): Endpoint(
        200, some("owner"), some("other", "guest"), lambda _house: {"quantity": 3}
    ),
    ("delete", "api/cart/items/<str:item_id>"): Endpoint(200, some("owner"), some("other", "guest")),
    ("get", "api/orders"): Endpoint(200, USERS | {"reader"}),
    ("post", "api/orders"): Endpoint(201, CUSTOMERS, body=lambda house: {"items": [_item(house)], **WHERE}),
    ("get", "api/orders/<str:order_id>"): Endpoint(
        200, PARTIES, some("other", "other tailor", "other delivery")
    ),
    ("put", "api/orders/<str:order_id>/status"): _STATUS,
    ("patch", "api/orders/<str:order_id>/status"): _STATUS,
    ("post", "api/orders/<str:order_id>/cancel"): Endpoint(200, some("owner", "admin"), some("other")),
    ("post", "api/orders/<str:order_id>/return"): Endpoint(
        200,
        STAFF,
        body=lambda house: {
            "items": [{"variantId": house.goods.variants[0], "quantity": 1, "disposition": "sellable"}]
        },
        path={"order_id": "shipped"},
    ),
    ("put", "api/orders/<str:order_id>/assign"): _ASSIGN,
    ("patch", "api/orders/<str:order_id>/assign"): _ASSIGN,
    ("put", "api/orders/<str:order_id>/tailor-status"): _SEW,
    ("patch", "api/orders/<str:order_id>/tailor-status"): _SEW,
    ("post", "api/payments"): Endpoint(
        201, some("owner"), some("other"), lambda house: {"orderId": house.pending, "provider": "cod"}
    ),
    # Razorpay is not switched on here; who may, is told so.
    ("post", "api/payments/verify"): Endpoint(
        400,
        CUSTOMERS,
        body=lambda _house: {
            "razorpay_order_id": "order_1",
            "razorpay_payment_id": "pay_1",
            "razorpay_signature": "00",
        },
    ),
    # Known by its signature alone.
    ("post", "api/payments/webhooks/<str:provider>"): Endpoint(400, ANYONE),
    ("post", "api/payments/<str:payment_id>/refund"): Endpoint(
        200, STAFF, body=lambda _house: {"amount": 1}, path={"payment_id": "paid"}
    ),
    ("post", "api/payments/<str:payment_id>/complete"): Endpoint(200, STAFF, path={"payment_id": "by_hand"}),
    ("post", "api/payments/<str:payment_id>/confirm"): Endpoint(
        200,
        some("owner"),
        some("other"),
        lambda _house: {"outcome": "completed"},
        {"payment_id": "begun"},
    ),
    ("get", "api/notifications"): Endpoint(200, USERS),
    ("put", "api/notifications/read-all"): Endpoint(200, USERS),
    ("put", "api/notifications/<str:notification_id>/read"): Endpoint(200, some("owner"), USERS - {"owner"}),
}


# ---------------------------------------------------------------------------------------------- the house


@pytest.fixture
def house(
    guest: Any, customer: Person, other: Person, staff: Person, tailor: Person, delivery: Person, bank: Bank
) -> House:
    customer.user.set_password(PASSWORD)
    customer.user.save()
    others = {"other tailor": person(Role.TAILOR, "timo"), "other delivery": person(Role.DELIVERY, "dora")}
    goods = mug(stock=100)
    pending, shipped, begun = (place(customer, goods.item(2)) for _ in range(3))
    for order in (pending, shipped, begun):
        both = {"tailor": tailor.id, "deliveryPartner": delivery.id}
        assert staff("PUT", f"/api/orders/{order['_id']}/assign", both).status_code == 200
    ship(staff, shipped["_id"])
    paid = pay(customer, shipped)
    assert confirm(customer, paid).status_code == 200
    signed_in = sign_in(email="carla@example.com", password=PASSWORD, address="127.0.0.1")
    return House(
        callers={
            "guest": guest,
            "owner": customer,
            "other": other,
            "admin": staff,
            "tailor": tailor,
            "delivery": delivery,
            **others,
            "reader": key_caller(Scope.ORDERS_READ, name="reader"),
            "key": key_caller(*(scope for scope in Scope if scope != Scope.ORDERS_READ), name="all the rest"),
        },
        goods=goods,
        pending=pending["_id"],
        shipped=shipped["_id"],
        begun=pay(customer, begun)["_id"],
        by_hand=pay(customer, begun, "manual")["_id"],
        paid=paid["_id"],
        line=customer("POST", "/api/cart/items", goods.item(2)).data["items"][0]["_id"],
        notification=customer("GET", "/api/notifications").data[0]["_id"],
        refresh_token=signed_in.refresh_token,
        people={name: one.id for name, one in others.items()},
    )


@contextmanager
def undone() -> Iterator[None]:
    """What is done in it is undone: the next one finds the house as it was."""
    block = transaction.atomic()
    # As the transaction around a whole test, it is none for what must not happen inside of one.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def filled(route: str, endpoint: Endpoint, house: House) -> str:
    names = {
        **house.names(),
        **{name: getattr(house, field) for name, field in (endpoint.path or {}).items()},
    }
    for name, value in names.items():
        route = route.replace(f"<str:{name}>", value)
    return f"/{route}"


# ---------------------------------------------------------------------------------------------- the tests


def test_the_table_has_every_endpoint_and_no_other() -> None:
    assert endpoints(OURS) == set(TABLE)
    assert {route.split("/")[1] for _method, route in TABLE} == {one.split("/")[1] for one in OURS}


@pytest.mark.parametrize("part", OURS)
def test_each_endpoint_for_everybody(house: House, part: str) -> None:
    for (method, route), endpoint in TABLE.items():
        if not route.startswith(part):
            continue
        path, answers = filled(route, endpoint, house), {}
        for who in EVERYBODY:
            refused = endpoint.expected(who) in {401, 403, 404}
            with undone(), nothing_changes(but=NOTED) if refused else nullcontext():
                answer = house.callers[who](method.upper(), path, endpoint.body(house))
                answers[who] = answer.status_code
                if refused:
                    assert set(answer.data) >= {"error", "message", "code", "timestamp"}
        assert answers == {who: endpoint.expected(who) for who in EVERYBODY}, (method, route)


def test_a_call_back_is_known_by_its_signature_whoever_brings_it(house: House) -> None:
    payment = {"_id": house.begun, "amount": 200, "currency": "EGP"}
    for who in EVERYBODY:
        with undone():
            assert called_back(house.callers[who], notice(payment, "evt_1")).status_code == 200
        with undone(), nothing_changes(but=NOTED):
            forged = called_back(house.callers[who], notice(payment, "evt_1"), signature="00")
            assert (forged.status_code, forged.data["code"]) == (400, "signature_mismatch")


def test_everybody_sees_in_lists_what_is_theirs(house: House) -> None:
    seen = {
        who: len(house.callers[who]("GET", "/api/orders").data)
        for who in EVERYBODY
        if TABLE["get", "api/orders"].expected(who) == 200
    }
    assert seen == {
        "owner": 3,
        "other": 0,
        "admin": 3,
        "tailor": 3,
        "other tailor": 0,
        "delivery": 3,
        "other delivery": 0,
        "reader": 3,
    }
    assert User.objects.count() == 7
