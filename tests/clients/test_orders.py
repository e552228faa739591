"""Orders on their way, over REST and Socket.IO, with everybody listening: what each hears, in which order, to
the letter of the contract; and that nobody else hears anything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.backstage import Backstage
from tests.clients.node_client import without_time
from tests.clients.order_tracker import WHERE, Connect, Told, Tracker, a_tracker
from tests.clients.shop import RefusedError
from tests.clients.test_events import WAYS
from tests.server_process import ServerProcess

CUSTOMERS = ("customer", "tracker")


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
async def tracker(
    request: pytest.FixtureRequest, node_client: Connect, backstage: Backstage, server: ServerProcess
) -> Tracker:
    """Everybody listens, and nothing was ordered."""
    return await a_tracker(node_client, backstage, server.base_url, request.param)


# ------------------------------------------------------------------------------------ what is expected


def announcement(message: str, kind: str, **data: Any) -> dict[str, Any]:
    return {"message": message, "type": kind, "data": data}


def placed(tracker: Tracker, order: dict[str, Any]) -> Told:
    """To staff."""
    who = tracker.people["customer"]
    email = order["userId"]["email"]
    customer = {"_id": who.id, "name": "Amal", "email": email, "phone": "+20 100"}
    about = {"orderId": order["_id"]}
    return [
        ("order_created", {"data": {**order, "userId": customer}}),
        (
            "new_order",
            {
                **about,
                "orderNumber": order["orderNumber"],
                "customer": customer,
                "totalAmount": order["totalAmount"],
                "itemCount": order["itemCount"],
                "status": "pending",
            },
        ),
        ("order_update", {**order, "userId": who.id}),
        ("admin_notification", announcement("New order from Amal", "success", **about)),
    ]


async def step(tracker: Tracker, order: dict[str, Any]) -> tuple[Told, Told, Told]:
    """Of one step: to the customer, to staff, and to whoever works on it and is in none of its rooms."""
    told = {
        "orderId": order["_id"],
        "orderNumber": order["orderNumber"],
        "status": order["status"],
        "statusHistory": order["statusHistory"],
        "estimatedDelivery": order["estimatedDelivery"],
        "tracking": order["tracking"],
    }
    text = f"Order status updated to: {order['status']}"
    about = {"orderId": order["_id"], "status": order["status"]}
    notification = await tracker.notification()
    assert (notification["message"], notification["relatedOrder"]) == (text, order["_id"])
    whole, update = ("order_status_updated", {"data": order}), ("order_update", order)
    to_customer: Told = [
        ("order_status_update", told),
        whole,
        update,
        ("customer_notification", announcement(text, "info", **about)),
        ("new_notification", notification),
    ]
    return to_customer, [whole, update], [update]


async def paid(tracker: Tracker, payment: dict[str, Any], status: str) -> tuple[Told, Told]:
    """Of money: to the customer, and to staff."""
    update = (
        "payment_update",
        {
            "paymentId": payment["paymentId"],
            "orderId": tracker.order,
            "status": status,
            "amount": payment["amount"],
            "currency": payment["currency"],
        },
    )
    notification = await tracker.notification()
    assert (notification["type"], notification["relatedOrder"]) == ("payment", tracker.order)
    return [update, ("new_notification", notification)], [update]


async def place(tracker: Tracker, quantity: int = 2) -> dict[str, Any]:
    """An order of which everybody has heard; the tracker's socket is in its room."""
    items = [{"productId": tracker.product, "quantity": quantity}]
    order: dict[str, Any] = await tracker.customer.ask("POST", "/api/orders", {"items": items, **WHERE})
    tracker.order = order["_id"]
    answer = await tracker.sockets["tracker"].emit("join_order_room", order["_id"], ack=True)
    assert answer == {"ok": True, "room": f"order_{order['_id']}"}
    return order


async def pay(tracker: Tracker, outcome: str = "completed") -> dict[str, Any]:
    asked = {"orderId": tracker.order, "provider": "fake"}
    payment = await tracker.customer.ask("POST", "/api/payments", asked)
    path = f"/api/payments/{payment['_id']}/confirm"
    answer = await tracker.customer.ask("POST", path, {"outcome": outcome})
    found: dict[str, Any] = answer["payment"]
    return found


async def assign(tracker: Tracker) -> dict[str, Any]:
    both = {"tailor": tracker.people["tailor"].id, "deliveryPartner": tracker.people["delivery"].id}
    order: dict[str, Any] = await tracker.staff.ask("PUT", f"{tracker.path}/assign", both)
    return order


async def go_on(tracker: Tracker, status: str, *, by: str = "admin", **more: Any) -> dict[str, Any]:
    body = {"status": status, **more}
    order: dict[str, Any] = await tracker.doing[by].ask("PUT", f"{tracker.path}/status", body)
    return order


# --------------------------------------------------------------------------------------- from cart to door


async def test_an_order_from_the_cart_of_two_devices_to_the_door(tracker: Tracker) -> None:
    await fill_the_cart(tracker)
    await place_from_the_cart(tracker)
    await give_it_to_those_who_work_on_it(tracker)
    await sew(tracker)
    await pay_for_it(tracker)
    await send_it(tracker)


async def fill_the_cart(tracker: Tracker) -> None:
    """Two devices of one customer, each of which the other hears."""
    one, other = (tracker.sockets[name] for name in CUSTOMERS)
    joined = await other.emit("join_cart", ack=True)
    cart = joined["cart"]
    assert joined == {"ok": True, "room": f"cart_{cart['_id']}", "cart": cart}
    assert [without_time(payload) for payload in other.payloads("cart_sync")] == [{"cart": cart}]
    other.forget()
    added = await one.emit("cart_add_item", {"productId": tracker.product, "quantity": 1}, ack=True)
    await changed(tracker, "item_added", added["cart"], by="customer")
    batch = [
        {"action": "set", "productId": tracker.product, "quantity": 3},
        {"action": "add", "productId": tracker.product, "quantity": 2},
    ]
    done = await other.emit("cart_batch_update", batch, ack=True)
    assert done["cart"]["itemCount"] == 5
    await changed(tracker, "updated", done["cart"], by="tracker")
    # Without asking for an acknowledgement the events tell.
    await one.emit("cart_add_item", {"productId": tracker.product, "quantity": 1})
    await one.heard("cart_updated")
    cart = await tracker.customer.ask("GET", "/api/cart")
    await changed(tracker, "item_added", cart, by="customer")
    gone = await one.emit("cart_remove_item", {"productId": tracker.product}, ack=True)
    await changed(tracker, "item_removed", gone["cart"], by="customer")
    back = await tracker.customer.ask(
        "POST", "/api/cart/items", {"productId": tracker.product, "quantity": 2}
    )
    await changed(tracker, "item_added", back, by="REST")


async def changed(tracker: Tracker, action: str, cart: dict[str, Any], *, by: str) -> None:
    """Both devices are told; the one that did it is not brought up to date besides."""
    told = await tracker.told()
    update, sync = ("cart_updated", {"action": action, "cart": cart}), ("cart_sync", {"cart": cart})
    assert told == {name: [update] if name == by else [update, sync] for name in CUSTOMERS}


async def place_from_the_cart(tracker: Tracker) -> None:
    order = await tracker.customer.ask(
        "POST", "/api/orders", {**WHERE, "totalPrice": 200, "notes": "<b>soon</b>"}
    )
    tracker.order = order["_id"]
    told = await tracker.told()
    (populated,) = await tracker.staff.ask("GET", f"/api/orders?user={tracker.people['customer'].id}")
    assert populated == {**order, "userId": populated["userId"]}
    cart = await tracker.customer.ask("GET", "/api/cart")
    assert (cart["items"], order["notes"], order["itemCount"]) == ([], "<b>soon</b>", 2)
    to_customer: Told = [
        ("order_update", order),
        (
            "customer_notification",
            announcement("Your order has been received!", "success", orderId=order["_id"]),
        ),
        ("cart_updated", {"action": "updated", "cart": cart}),
        ("cart_sync", {"cart": cart}),
        ("new_notification", await tracker.notification()),
    ]
    assert told == {**dict.fromkeys(CUSTOMERS, to_customer), "admin": placed(tracker, populated)}
    answer = await tracker.sockets["tracker"].emit("join_order_room", order["_id"], ack=True)
    assert answer == {"ok": True, "room": f"order_{order['_id']}"}
    for name in ("other customer", "other tailor", "tailor", "delivery", "guest"):
        answer = await tracker.sockets[name].emit("join_order_room", order["_id"], ack=True)
        code = "not_authenticated" if name == "guest" else "not_permitted"
        assert (answer["ok"], answer["code"], answer["room"]) == (False, code, f"order_{order['_id']}")
    assert await tracker.told() == {}


async def give_it_to_those_who_work_on_it(tracker: Tracker) -> None:
    order = await assign(tracker)
    update: Told = [("order_update", order)]
    assert await tracker.told() == dict.fromkeys((*CUSTOMERS, "admin", "tailor", "delivery"), update)
    answer = await tracker.sockets["tailor"].emit("join_room", {"room": f"order-{tracker.order}"}, ack=True)
    assert answer == {"ok": True, "room": f"order-{tracker.order}"}


async def sew(tracker: Tracker) -> None:
    """The tailor's socket is in the order's room, the delivery partner's is not."""
    for status, note in (("measuring", "a sleeve"), ("stitching", ""), ("ready", "")):
        body = {"status": status, "note": note}
        order = await tracker.doing["tailor"].ask("PUT", f"{tracker.path}/tailor-status", body)
        tailor = {"_id": tracker.people["tailor"].id, "name": ""}
        told = {
            "orderId": tracker.order,
            "orderNumber": order["orderNumber"],
            "tailorStatus": status,
            "tailor": tailor,
            "note": note,
        }
        update = ("order_update", order)
        both: Told = [("tailor_status_update", told), update]
        assert await tracker.told() == {
            **dict.fromkeys((*CUSTOMERS, "admin", "tailor"), both),
            "delivery": [update],
        }


async def pay_for_it(tracker: Tracker) -> None:
    """A first attempt fails, and staff bring the order on its way meanwhile."""
    for outcome in ("failed", "completed"):
        payment = await pay(tracker, outcome)
        told = await tracker.told()
        to_customer, to_staff = await paid(tracker, payment, outcome)
        # The tailor's socket is in the order's room.
        assert told == {**dict.fromkeys(CUSTOMERS, to_customer), "admin": to_staff, "tailor": to_staff}
    assert (await tracker.shown())["paymentStatus"] == "completed"


async def send_it(tracker: Tracker) -> None:
    steps: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("processing", "admin", {}),
        (
            "shipped",
            "admin",
            {
                "tracking": {"carrier": "Aramex", "trackingNumber": "AX-1"},
                "estimatedDelivery": "2027-01-02T03:04:05+02:00",
                "note": "mind the dog",
            },
        ),
        ("delivered", "delivery", {}),
    )
    for status, by, more in steps:
        order = await go_on(tracker, status, by=by, **more)
        told = await tracker.told()
        to_customer, to_staff, to_workers = await step(tracker, order)
        in_the_room = [to_customer[0], *to_workers]
        assert told == {
            **dict.fromkeys(CUSTOMERS, to_customer),
            "admin": to_staff,
            "tailor": in_the_room,
            "delivery": to_workers,
        }
        assert order == await tracker.shown("delivery")
    assert order["tracking"] == {"carrier": "Aramex", "trackingNumber": "AX-1"}
    assert order["estimatedDelivery"] == "2027-01-02T01:04:05.000Z"
    assert [entry["by"] for entry in order["statusHistory"]][-1] == tracker.people["delivery"].id


# --------------------------------------------------------------------------------- back again, and refused


async def test_an_order_that_was_paid_is_cancelled_and_its_money_goes_back(tracker: Tracker) -> None:
    await place(tracker)
    payment = await pay(tracker)
    await tracker.told()
    cancelled = await tracker.customer.ask("POST", f"{tracker.path}/cancel", {"note": "too big"})
    told = await tracker.told()
    shown = await tracker.shown()
    assert (shown["status"], shown["paymentStatus"]) == ("cancelled", "refunded")
    # What is told of the step is the order as the step left it: its money was not back yet.
    newest, before = await tracker.customer.ask("GET", "/api/notifications?limit=2")
    update = ("payment_update", {
        "paymentId": payment["paymentId"], "orderId": tracker.order, "status": "refunded",
        "amount": 200, "currency": payment["currency"],
    })  # fmt: skip
    assert [entry["note"] for entry in cancelled["statusHistory"]] == ["", "too big"]
    as_told = {**shown, "paymentStatus": "completed", "updatedAt": cancelled["updatedAt"]}
    to_customer = told["customer"]
    assert [name for name, _payload in to_customer] == [
        "order_status_update", "order_status_updated", "order_update", "customer_notification",
        "new_notification", "payment_update", "new_notification",
    ]  # fmt: skip
    assert to_customer[2] == ("order_update", as_told)
    assert to_customer[4:] == [("new_notification", before), update, ("new_notification", newest)]
    assert before["message"] == "Order status updated to: cancelled"
    assert newest["title"] == "Payment refunded"
    assert told == {
        "customer": to_customer,
        "tracker": to_customer,
        "admin": [to_customer[1], to_customer[2], update],
    }
    stock = await tracker.customer.ask("GET", f"/api/products/{tracker.product}/stock")
    assert stock["stock"] == 100


async def test_units_that_come_back_are_told_as_stock_and_to_nobody_as_an_order(tracker: Tracker) -> None:
    order = await place(tracker, 3)
    for status in ("processing", "shipped", "delivered"):
        await go_on(tracker, status)
    await tracker.told()
    line = order["items"][0]["_id"]
    items = [
        {"itemId": line, "quantity": 1, "disposition": "sellable"},
        {"itemId": line, "quantity": 1, "disposition": "damaged"},
    ]
    await tracker.staff.ask("POST", f"{tracker.path}/return", {"items": items})
    guest = tracker.sockets["guest"]
    (change,) = await guest.heard("inventory_update")
    assert (change["productId"], change["stockChange"]) == (tracker.product, 1)
    assert [payload["stock"] for payload in guest.payloads("STOCK_UPDATED")] == [98]
    assert await tracker.told() == {}
    # Cash came with the delivery, and goes back by staff's word.
    payments = [
        one for one in await tracker.customer.ask("GET", "/api/notifications") if one["type"] == "payment"
    ]
    assert [one["title"] for one in payments] == ["Payment received"]


async def test_what_is_refused_is_told_to_nobody(tracker: Tracker) -> None:
    await place(tracker)
    await assign(tracker)
    await tracker.told()
    mug = {"productId": tracker.product, "quantity": 101}
    refusals: list[tuple[str, str, str, Any, int, str]] = [
        ("customer", "POST", "/api/orders", {"items": [mug], **WHERE}, 409, "out_of_stock"),
        ("customer", "POST", "/api/orders", WHERE, 400, "cart_empty"),
        ("other customer", "POST", f"{tracker.path}/cancel", {}, 404, "unknown_order"),
        ("tailor", "POST", f"{tracker.path}/cancel", {}, 403, "not_permitted"),
        ("admin", "PUT", f"{tracker.path}/status", {"status": "delivered"}, 409, "illegal_transition"),
        ("delivery", "PUT", f"{tracker.path}/status", {"status": "shipped"}, 409, "illegal_transition"),
        ("other tailor", "PUT", f"{tracker.path}/tailor-status", {"status": "ready"}, 404, "unknown_order"),
        ("admin", "POST", f"{tracker.path}/return", {"items": [
            {"variantId": "var_none", "quantity": 1, "disposition": "lost"}]}, 409, "not_returnable"),
        ("other customer", "POST", "/api/payments", {"orderId": tracker.order, "provider": "fake"}, 404,
         "unknown_order"),
    ]  # fmt: skip
    for who, method, path, body, status, code in refusals:
        with pytest.raises(RefusedError) as refusal:
            await tracker.doing[who].ask(method, path, body)
        assert (refusal.value.status, refusal.value.body["code"]) == (status, code), path
    assert await tracker.told() == {}
