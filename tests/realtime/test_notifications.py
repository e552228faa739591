"""What customers are told: with what it tells of or not at all, read once, and their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.kernel.actors import Actor
from orders import services
from realtime.models import Event, Notification
from tests.inventory.conftest import Call
from tests.orders.conftest import (
    Person,
    callers,
    customer,
    delivery,
    guest,
    other,
    server,
    staff,
    tailor,
)
from tests.orders.paying import confirm, pay
from tests.orders.shop import mug, place, ship

__all__ = ["callers", "customer", "delivery", "guest", "other", "server", "staff", "tailor"]

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/notifications"


def listed(call: Call, query: str = "") -> list[dict[str, Any]]:
    answer = call("GET", f"{PATH}{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.data
    return found


def told(call: Call) -> list[tuple[str, str, str]]:
    """Type, title and message of each, the oldest first."""
    return [(one["type"], one["title"], one["message"]) for one in reversed(listed(call))]


def test_a_notification_is_what_rest_shows_and_what_is_announced(customer: Person) -> None:
    order = place(customer, mug().item(1))
    (notification,) = listed(customer)
    assert notification == {
        "_id": notification["_id"],
        "id": notification["_id"],
        "type": "order",
        "title": "Order received",
        "message": "Your order has been received!",
        "relatedOrder": order["_id"],
        "read": False,
        "createdAt": notification["createdAt"],
    }
    assert notification["_id"].startswith("ntf_")
    # After the order that it tells of, and what went with that.
    *before, event = Event.objects.order_by("id")
    assert [one.type for one in before][-1] == "order.placed"
    assert (event.type, event.subject) == ("notification.created", notification["_id"])
    assert json.loads(event.extra) == {"shop_notification": notification}
    assert json.loads(event.data) == {
        "notification_id": notification["_id"],
        "user_id": customer.id,
        "type": "order",
        "title": "Order received",
        "message": "Your order has been received!",
        "order_id": order["_id"],
        "created_at": notification["createdAt"],
    }


def test_each_step_and_each_movement_of_money_is_told(customer: Person, staff: Person) -> None:
    order = place(customer, mug(price="99.5").item(1))
    number = order["orderNumber"]
    confirm(customer, pay(customer, order), "failed")
    payment = pay(customer, order)
    confirm(customer, payment)
    confirm(customer, payment)
    ship(staff, order["_id"], to="shipped")
    staff("POST", f"/api/payments/{payment['_id']}/refund", {"amount": 20})
    assert told(customer) == [
        ("order", "Order received", "Your order has been received!"),
        ("payment", "Payment failed", f"Your payment of 99.5 EGP for {number} did not go through"),
        ("payment", "Payment received", f"Your payment of 99.5 EGP for {number} has been received"),
        ("order", "Order processing", "Order status updated to: processing"),
        ("order", "Order shipped", "Order status updated to: shipped"),
        ("payment", "Payment refunded", f"20 EGP of your payment for {number} have been refunded"),
    ]
    created = Event.objects.filter(type="notification.created")
    assert (created.count(), Notification.objects.count()) == (6, 6)
    assert listed(staff) == []


def test_what_changes_nothing_for_the_customer_is_not_told(
    customer: Person, staff: Person, tailor: Person
) -> None:
    order = place(customer, mug().item(1))
    path = f"/api/orders/{order['_id']}"
    assert staff("PUT", f"{path}/assign", {"tailor": tailor.id}).status_code == 200
    assert tailor("PUT", f"{path}/tailor-status", {"status": "cutting"}).status_code == 200
    customer("POST", "/api/cart/items", mug().item(1))
    assert len(listed(customer)) == 1


# -------------------------------------------------------------------------------- all of it or nothing


def dying(patch: pytest.MonkeyPatch, name: str) -> None:
    def die(*_args: Any, **_kwargs: Any) -> Any:
        raise KeyboardInterrupt

    patch.setattr(f"realtime.notifications.writing.{name}", die)


@pytest.mark.parametrize("step", ["words_of", "_created", "recorder.record", "recorder.change"])
def test_whatever_dies_when_an_order_its_event_and_its_notification_are_all_there_or_none_is(
    customer: Person, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = mug()
    terms = services.Terms(shipping_address="Here", phone="0123")
    customer("POST", "/api/cart/items", goods.item(1))
    before = Event.objects.count()
    actor = Actor(kind="user", id=customer.id)

    def order() -> Any:
        return services.place_order(customer=customer.user, terms=terms, actor=actor)

    with pytest.MonkeyPatch.context() as patch:
        dying(patch, step)
        with pytest.raises(KeyboardInterrupt):
            order()
    assert (goods.on_hand(), Notification.objects.count(), Event.objects.count()) == (10, 0, before)
    order()
    assert (goods.on_hand(), Notification.objects.count()) == (9, 1)
    assert Event.objects.filter(type="notification.created").count() == 1


# ---------------------------------------------------------------------------------------------- reading


def three(customer: Person) -> list[str]:
    for _ in range(3):
        place(customer, mug().item(1))
    return [one["_id"] for one in listed(customer)]


def test_they_come_newest_first_and_in_pages(customer: Person) -> None:
    newest, middle, oldest = three(customer)
    moments = [one["createdAt"] for one in listed(customer)]
    assert moments == sorted(moments, reverse=True)
    first = customer("GET", f"{PATH}?limit=2")
    assert [one["_id"] for one in first.data] == [newest, middle]
    following = first["Link"].partition("<")[2].partition(">")[0]
    rest = customer("GET", following.partition("testserver")[2] or following)
    assert [one["_id"] for one in rest.data] == [oldest]
    assert rest["X-Unread-Count"] == "3"


def test_what_was_read_is_counted_no_more(customer: Person) -> None:
    newest, middle, oldest = three(customer)
    answer = customer("PUT", f"{PATH}/{middle}/read")
    assert (answer.status_code, answer.data["_id"], answer.data["read"]) == (200, middle, True)
    assert answer["X-Unread-Count"] == "2"
    read_at = Notification.objects.get(id=middle).read_at
    assert customer("PUT", f"{PATH}/{middle}/read").content == answer.content
    assert Notification.objects.get(id=middle).read_at == read_at
    assert [one["_id"] for one in listed(customer, "?unread=true")] == [newest, oldest]
    assert {one["_id"]: one["read"] for one in listed(customer)} == {
        newest: False,
        middle: True,
        oldest: False,
    }
    everything = customer("PUT", f"{PATH}/read-all")
    assert (everything.status_code, everything["X-Unread-Count"]) == (200, "0")
    assert [(one["_id"], one["read"]) for one in everything.data] == [
        (id_, True) for id_ in (newest, middle, oldest)
    ]
    assert listed(customer, "?unread=true") == []
    assert Notification.objects.get(id=middle).read_at == read_at


@pytest.mark.parametrize("text", ["yes", "1", ""])
def test_unread_is_true_or_false(customer: Person, text: str) -> None:
    answer = customer("GET", f"{PATH}?unread={text}")
    assert (answer.status_code, answer.data["details"]) == (400, {"unread": ["must be true or false"]})


def test_everybody_has_their_own_and_no_key_has_any(callers: dict[str, Any], other: Person) -> None:
    (id_, *_more) = three(callers["customer"])
    for name, call in {**callers, "other": other}.items():
        refused = {"guest": 401, "service": 403}.get(name)
        own = name == "customer"
        assert call("GET", PATH).status_code == (refused or 200)
        assert len(listed(call)) == (3 if own else 0) if not refused else True
        if own:
            continue
        read = call("PUT", f"{PATH}/{id_}/read")
        assert read.status_code == (refused or 404)
        if not refused:
            assert read.data["code"] == "unknown_notification"
        assert call("PUT", f"{PATH}/read-all").status_code == (refused or 200)
    assert Notification.objects.filter(read_at=None).count() == 3


def test_they_come_in_an_envelope_for_who_asks(customer: Person) -> None:
    (newest, *_more) = three(customer)
    envelope = {"Accept": "application/vnd.stockwire.envelope+json"}
    listing = customer("GET", PATH, **envelope).data
    assert (listing["status"], len(listing["data"]["notifications"])) == ("success", 3)
    one = customer("PUT", f"{PATH}/{newest}/read", **envelope).data
    assert (one["status"], one["data"]["notification"]["read"]) == ("success", True)
    none = customer("PUT", f"{PATH}/ntf_none/read", **envelope)
    assert (none.status_code, none.data) == (404, {"status": "fail", "message": "Notification not found"})
    assert len(customer("PUT", f"{PATH}/read-all", **envelope).data["data"]["notifications"]) == 3
