"""Do it to a cart or an order through REST; exactly these messages, in this order, for these rooms, in both
dialects."""

from __future__ import annotations

from typing import Any

import pytest

from config.identity.models import Role
from orders.owners import CartOwner
from tests.inventory.conftest import caller
from tests.orders.conftest import Person, person
from tests.orders.shop import Goods, mug, place
from tests.realtime.telling import Telling, Told

SOLD = ["STOCK_REDUCED", "inventory_update", "product_stock_update"]
CAME_BACK = ["STOCK_UPDATED", "inventory_update", "product_stock_update"]


@pytest.fixture
def customer(told: Told) -> Person:
    return person(name="carla", phone="0100")


@pytest.fixture
def staff(told: Told) -> Person:
    return person(Role.ADMIN, "sara")


@pytest.fixture
def tailor(told: Told) -> Person:
    return person(Role.TAILOR, "tariq")


@pytest.fixture
def delivery(told: Told) -> Person:
    return person(Role.DELIVERY, "dina")


@pytest.fixture
def goods(told: Told) -> Goods:
    """Ten mugs; what was told of them is forgotten."""
    goods = mug()
    told.records()
    return goods


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.data


def told_of(tellings: list[Telling]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.name, one.rooms) for one in tellings]


# --------------------------------------------------------------------------------- carts


def test_each_change_of_a_cart_is_two_messages_with_the_cart_as_rest_shows_it(
    customer: Person, told: Told, goods: Goods
) -> None:
    cart = CartOwner.customer(customer.id).cart_id

    def change(method: str, path: str, data: Any = None) -> tuple[str, dict[str, Any]]:
        shown = done(customer(method, path, data))
        shop, catalog = told.both()
        room = f"cart:{cart}"
        assert told_of(shop) == [("cart_updated", (room,)), ("cart_sync", (room,))]
        assert told_of(catalog) == [("cart.updated", (f"user:{customer.id}",))]
        updated, synced = (one.payload for one in shop)
        moment, action = updated["timestamp"], updated["action"]
        assert updated == {"action": action, "cart": shown, "timestamp": moment}
        assert synced == {"cart": shown, "timestamp": moment}
        (event,) = catalog
        assert set(event.payload) == {"cart_id", "user_id", "action", "cart", "version"}
        assert (event.payload["action"], event.payload["user_id"]) == (action, customer.id)
        assert event.payload["cart"]["item_count"] == shown["itemCount"]
        return action, shown

    action, shown = change("POST", "/api/cart/items", goods.item(2))
    assert action == "item_added"
    line = shown["items"][0]["_id"]
    assert change("PATCH", f"/api/cart/items/{line}", {"quantity": 5})[0] == "updated"
    done(customer("PATCH", f"/api/cart/items/{line}", {"quantity": 5}))
    assert told.records() == [], "nothing has changed"
    assert change("DELETE", f"/api/cart/items/{line}")[0] == "item_removed"
    change("POST", "/api/cart/items", goods.item(2))
    assert change("DELETE", "/api/cart")[0] == "updated"
    done(customer("DELETE", "/api/cart"))
    done(customer("POST", "/api/cart/items", {"productId": "nothing", "quantity": 1}), 400)
    assert told.records() == []


def test_a_guests_cart_has_its_room_and_no_user(told: Told, goods: Goods) -> None:
    shown = done(caller()("POST", "/api/cart/items", goods.item(2)))
    shop, catalog = told.both()
    room = f"cart:{shown['_id']}"
    assert told_of(shop) == [("cart_updated", (room,)), ("cart_sync", (room,))]
    assert told_of(catalog) == [("cart.updated", ())]


# --------------------------------------------------------------------------------- orders


def test_an_order_is_placed(customer: Person, staff: Person, told: Told, goods: Goods) -> None:
    order = place(customer, goods.item(2))
    shop, catalog = told.both()
    assert [one.name for one in shop[:3]] == SOLD
    room, user = f"order:{order['_id']}", f"user:{customer.id}"
    told_now = shop[3:]
    assert told_of(told_now) == [
        ("order_created", ("admin",)),
        ("new_order", ("admin",)),
        ("order_update", (room, user, "admin")),
        ("admin_notification", ("admin",)),
        ("customer_notification", (user,)),
        ("new_notification", (user,)),
    ]
    created, new, update, to_staff, to_customer, notification = (one.payload for one in told_now)
    moment = created["timestamp"]
    carla = {"_id": customer.id, "name": "Carla", "email": "carla@example.com", "phone": "0100"}
    assert created == {"timestamp": moment, "data": {**order, "userId": carla}}
    assert new == {
        "orderId": order["_id"],
        "orderNumber": order["orderNumber"],
        "customer": carla,
        "totalAmount": 200,
        "itemCount": 2,
        "status": "pending",
        "timestamp": moment,
    }
    assert update == order == done(customer("GET", f"/api/orders/{order['_id']}"))
    about = {"orderId": order["_id"]}
    assert to_staff == {
        "timestamp": moment, "message": "New order from Carla", "type": "success", "data": about
    }  # fmt: skip
    assert to_customer == {
        "timestamp": moment, "message": "Your order has been received!", "type": "success", "data": about
    }  # fmt: skip
    assert [notification] == done(customer("GET", "/api/notifications"))
    assert told_of(catalog[1:]) == [
        ("order.placed", (room, user, "admin")), ("notification.created", (user,))
    ]  # fmt: skip
    assert "customer" not in catalog[1].payload
    assert "shop_order" not in catalog[1].payload


def test_an_order_of_the_cart_empties_it(customer: Person, told: Told, goods: Goods) -> None:
    done(customer("POST", "/api/cart/items", goods.item(2)))
    told.records()
    place(customer)
    shop, catalog = told.both()
    assert [one.name for one in shop] == [
        *SOLD, "order_created", "new_order", "order_update", "admin_notification", "customer_notification",
        "cart_updated", "cart_sync", "new_notification",
    ]  # fmt: skip
    assert [one.name for one in catalog] == [
        "stock.reduced", "order.placed", "cart.updated", "notification.created"
    ]  # fmt: skip
    assert shop[-2].payload["cart"]["items"] == []


def test_an_order_that_is_refused_is_told_to_nobody(customer: Person, told: Told, goods: Goods) -> None:
    done(
        customer("POST", "/api/orders", {"items": [goods.item(11)], "shippingAddress": "x", "phone": "1"}),
        409,
    )
    assert told.records() == []


def test_an_order_goes_through_the_house(
    customer: Person, staff: Person, tailor: Person, delivery: Person, told: Told, goods: Goods
) -> None:
    order = place(customer, goods.item(2))
    path = f"/api/orders/{order['_id']}"
    room, user = f"order:{order['_id']}", f"user:{customer.id}"
    alone = (room, user, "admin")
    parties = (*alone, f"user:{tailor.id}", f"user:{delivery.id}")
    head = {"orderId": order["_id"], "orderNumber": order["orderNumber"]}
    told.records()

    given = {"tailor": tailor.id, "deliveryPartner": delivery.id}
    shown = done(staff("PUT", f"{path}/assign", given))
    shop, catalog = told.both()
    assert shop == [Telling("order_update", parties, shown)]
    assert told_of(catalog) == [("order.assigned", parties)]
    done(staff("PUT", f"{path}/assign", given))
    assert told.records() == [], "all were assigned already"

    shown = done(tailor("PUT", f"{path}/tailor-status", {"status": "stitching", "note": "a sleeve"}))
    shop, catalog = told.both()
    assert told_of(shop) == [("tailor_status_update", alone), ("order_update", parties)]
    assert shop[0].payload == {
        **head,
        "tailorStatus": "stitching",
        "tailor": {"_id": tailor.id, "name": "Tariq"},
        "note": "a sleeve",
        "timestamp": shop[0].payload["timestamp"],
    }
    assert shop[1].payload == shown
    assert told_of(catalog) == [("order.tailor_status_changed", parties)]

    said = {
        "status": "processing",
        "tracking": {"carrier": "Aramex", "trackingNumber": "AX-1"},
        "note": "soon",
    }
    shown = done(staff("PUT", f"{path}/status", said))
    shop, catalog = told.both()
    assert told_of(shop) == [
        ("order_status_update", (user, room)),
        ("order_status_updated", (user, "admin")),
        ("order_update", parties),
        ("customer_notification", (user,)),
        ("new_notification", (user,)),
    ]
    step, whole, update, to_customer, notification = (one.payload for one in shop)
    moment = step["timestamp"]
    assert step == {
        **head,
        "status": "processing",
        "statusHistory": shown["statusHistory"],
        "estimatedDelivery": None,
        "tracking": {"carrier": "Aramex", "trackingNumber": "AX-1"},
        "timestamp": moment,
    }
    assert whole == {"timestamp": moment, "data": shown}
    assert update == shown
    assert to_customer == {
        "timestamp": moment,
        "message": "Order status updated to: processing",
        "type": "info",
        "data": {"orderId": order["_id"], "status": "processing"},
    }
    assert notification == done(customer("GET", "/api/notifications"))[0]
    assert told_of(catalog) == [
        ("order.status_changed", parties), ("notification.created", (user,))
    ]  # fmt: skip
    done(staff("PUT", f"{path}/status", {"status": "delivered"}), 409)
    done(customer("PUT", f"{path}/status", {"status": "shipped"}), 403)
    assert told.records() == []


def test_a_cancellation_brings_the_stock_back_first(customer: Person, told: Told, goods: Goods) -> None:
    order = place(customer, goods.item(2))
    told.records()
    done(customer("POST", f"/api/orders/{order['_id']}/cancel"))
    shop, catalog = told.both()
    assert [one.name for one in shop] == [
        *CAME_BACK, "order_status_update", "order_status_updated", "order_update", "customer_notification",
        "new_notification",
    ]  # fmt: skip
    assert [one.payload["message"] for one in shop[-2:]] == ["Order status updated to: cancelled"] * 2
    assert [one.name for one in catalog] == ["stock.updated", "order.status_changed", "notification.created"]


def test_what_is_heard_of_an_order_ends_as_rest_shows_it(
    customer: Person, staff: Person, tailor: Person, told: Told, goods: Goods
) -> None:
    """A client that holds an old snapshot and takes each `order_update` after it has the present one; so has
    one on `/ws`, which goes by `version`."""
    order = place(customer, goods.item(2))
    path = f"/api/orders/{order['_id']}"
    _shop, catalog = told.both()
    held, version = order, catalog[1].payload["version"]
    done(staff("PUT", f"{path}/assign", {"tailor": tailor.id}))
    done(tailor("PUT", f"{path}/tailor-status", {"status": "cutting"}))
    done(staff("PUT", f"{path}/status", {"status": "processing"}))
    done(staff("PUT", f"{path}/status", {"status": "shipped", "estimatedDelivery": "2027-01-01T00:00:00Z"}))
    shop, catalog = told.both()
    for one in shop:
        if one.name == "order_update":
            held = one.payload
    assert held == done(customer("GET", path))
    versions = [one.payload["version"] for one in catalog if one.name != "notification.created"]
    assert versions == list(range(version + 1, version + 1 + len(versions)))
