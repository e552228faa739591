"""Placing orders through REST: what is sold, frozen and announced, and what leaves the cart."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from catalog.services import PriceDraft
from config.kernel.clock import now
from inventory.models import StockOperation
from orders.models import Cart, CartItem, Order, OrderLine, OrderStatusChange
from realtime.models import Event
from tests.hearing import Heard
from tests.orders.conftest import Call, Person
from tests.orders.shop import WHERE, Goods, cake, mug, place, shirt

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders"


def nothing_happened(*goods: Goods, stock: int = 10) -> bool:
    rows = (Order, OrderLine, OrderStatusChange)
    return not any(row.objects.exists() for row in rows) and all(one.on_hand() == stock for one in goods)


# ------------------------------------------------------------------------------------- what comes of it


def test_an_order_is_answered_whole(customer: Person) -> None:
    goods, sweet = shirt(), cake()
    answer = customer(
        "POST",
        ORDERS,
        {
            "items": [
                goods.item(2, variant={"size": "M", "color": "Blue"}),
                sweet.item(1, flavor="Hazelnut", size="1 kg"),
            ],
            "totalPrice": 1369.4,
            "notes": "Ring twice",
            "paymentMethod": "cod",
            **WHERE,
        },
    )
    assert answer.status_code == 201
    order = answer.data
    assert answer["Location"] == f"/api/orders/{order['_id']}"
    assert re.fullmatch(rf"ORD-{now().year}-\d{{6}}", order["orderNumber"])
    first, second = order["items"]
    assert order == {
        "_id": order["_id"],
        "id": order["_id"],
        "orderNumber": order["orderNumber"],
        "userId": customer.id,
        "items": [
            {
                "_id": first["_id"],
                "id": first["_id"],
                "productId": goods.id,
                "variantId": goods.variants[1],
                "name": "Shirt",
                "quantity": 2,
                "price": 250,
                "variant": {"size": "M", "color": "Blue"},
                "options": {},
                "flavor": None,
                "size": None,
                "eggOption": None,
                "subtotal": 500,
            },
            {
                "_id": second["_id"],
                "id": second["_id"],
                "productId": sweet.id,
                "variantId": sweet.variants[0],
                "name": "Cake",
                "quantity": 1,
                "price": 869.4,
                "variant": {},
                "options": {"flavor": "Hazelnut", "size": "1 kg"},
                "flavor": "Hazelnut",
                "size": "1 kg",
                "eggOption": None,
                "subtotal": 869.4,
            },
        ],
        "totalPrice": 1369.4,
        "totalAmount": 1369.4,
        "currency": "EGP",
        "itemCount": 3,
        "shippingAddress": "12 Nile St, Cairo",
        "phone": "0123",
        "status": "pending",
        "statusHistory": [
            {"status": "pending", "timestamp": order["createdAt"], "note": "", "by": customer.id}
        ],
        "paymentMethod": "cod",
        "paymentStatus": "pending",
        "tailor": None,
        "tailorStatus": None,
        "deliveryPartner": None,
        "estimatedDelivery": None,
        "tracking": {"carrier": None, "trackingNumber": None},
        "notes": "Ring twice",
        "createdAt": order["createdAt"],
        "updatedAt": order["createdAt"],
    }
    assert order["_id"].startswith("ord_")
    assert customer("GET", f"{ORDERS}/{order['_id']}").content == answer.content


def test_stock_is_taken_under_the_orders_id_so_that_each_finds_the_other(
    customer: Person, staff: Person
) -> None:
    goods, sweet = mug(stock=10), cake(stock=4)
    order = place(customer, goods.item(3), sweet.item(1))
    assert (goods.on_hand(), sweet.on_hand()) == (7, 3)
    movements = staff("GET", f"/api/stock/movements?orderId={order['_id']}").data
    assert sorted((one["productId"], one["delta"], one["kind"]) for one in movements) == sorted(
        [(goods.id, -3, "sale"), (sweet.id, -1, "sale")]
    )
    assert {one["reference"] for one in movements} == {order["_id"]}
    assert {one["actor"] for one in movements} == {f"user:{customer.id}"}
    assert StockOperation.objects.filter(kind="sale", reference=order["_id"]).count() == 1


def test_an_order_is_announced_after_its_stock_with_all_that_listeners_need(
    customer: Person, heard: Heard
) -> None:
    goods = mug(stock=6)
    heard.events.clear()
    order = place(customer, goods.item(2))
    assert heard.names == ["stock.reduced", "stock.low", "order.placed"]
    sold, _, placed = heard.events
    assert (sold.data()["reference"], sold.data()["after_order"]) == (order["_id"], True)
    assert (placed.subject, placed.version_number) == (order["_id"], 1)
    assert placed.extra() == {
        "shop_order": order,
        "customer": {"_id": customer.id, "name": "Carla", "email": "carla@example.com", "phone": "0100"},
    }
    line = order["items"][0]
    assert placed.data() == {
        "order_id": order["_id"],
        "order_number": order["orderNumber"],
        "user_id": customer.id,
        "tailor_id": None,
        "delivery_partner_id": None,
        "status": "pending",
        "order": {
            "id": order["_id"],
            "order_number": order["orderNumber"],
            "user_id": customer.id,
            "items": [
                {
                    "id": line["_id"],
                    "product_id": goods.id,
                    "variant_id": goods.variants[0],
                    "sku": placed.data()["order"]["items"][0]["sku"],
                    "name": "Mug",
                    "attributes": {},
                    "options": {},
                    "quantity": 2,
                    "price": 100,
                    "subtotal": 200,
                }
            ],
            "total_price": 200,
            "currency": "EGP",
            "item_count": 2,
            "shipping_address": "12 Nile St, Cairo",
            "phone": "0123",
            "status": "pending",
            "status_history": order["statusHistory"],
            "payment_method": "cod",
            "payment_status": "pending",
            "tailor_id": None,
            "tailor_status": None,
            "delivery_partner_id": None,
            "estimated_delivery": None,
            "tracking": {"carrier": None, "tracking_number": None},
            "notes": "",
            "version": 1,
            "created_at": order["createdAt"],
            "updated_at": order["createdAt"],
        },
        "version": 1,
    }


def test_names_and_prices_are_what_they_were_for_ever(customer: Person) -> None:
    goods = mug()
    order = place(customer, goods.item(2))
    goods.change(title="Cup", prices=(PriceDraft("EGP", Decimal(500)),))
    goods.archive()
    assert customer("GET", f"{ORDERS}/{order['_id']}").data == order


def test_items_of_one_variant_with_the_same_choices_become_one_line(customer: Person) -> None:
    goods, sweet = mug(), cake()
    order = place(
        customer,
        goods.item(1),
        sweet.item(1, flavor="Vanilla"),
        goods.item(2),
        sweet.item(1, options={"flavor": "Vanilla"}),
        sweet.item(1),
    )
    assert [(line["name"], line["quantity"]) for line in order["items"]] == [
        ("Mug", 3),
        ("Cake", 2),
        ("Cake", 1),
    ]


# ------------------------------------------------------------------------------------------ the cart


def test_without_items_the_cart_is_ordered_and_emptied(customer: Person, heard: Heard) -> None:
    goods, sweet = mug(), cake()
    customer("POST", "/api/cart/items", goods.item(2))
    cart = customer("POST", "/api/cart/items", sweet.item(1, flavor="Hazelnut")).data
    heard.events.clear()
    answer = customer("POST", ORDERS, {"totalPrice": cart["totalPrice"], **WHERE})
    assert answer.status_code == 201
    assert [(line["name"], line["quantity"], line["price"]) for line in answer.data["items"]] == [
        ("Mug", 2, 100),
        ("Cake", 1, 483),
    ]
    assert answer.data["totalPrice"] == cart["totalPrice"] == 683
    assert heard.names == ["stock.reduced", "stock.reduced", "order.placed", "cart.updated"]
    emptied = customer("GET", "/api/cart").data
    assert (emptied["items"], emptied["_id"]) == ([], cart["_id"])
    assert heard.events[-1].extra()["shop_cart"] == emptied
    assert (heard.events[-1].version_number, Cart.objects.get().version) == (3, 3)


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": None}])
def test_an_order_of_nothing_is_a_400(customer: Person, body: dict[str, Any]) -> None:
    answer = customer("POST", ORDERS, {**body, **WHERE})
    assert (answer.status_code, answer.data["code"], answer.data["message"]) == (
        400,
        "cart_empty",
        "Cart is empty",
    )


def test_what_is_ordered_leaves_the_cart_and_what_else_lies_in_it_stays(
    customer: Person, heard: Heard
) -> None:
    goods, sweet, other = mug(), cake(), mug(title="Other", stock=1)
    for item in (goods.item(3), sweet.item(1, flavor="Vanilla"), other.item(1)):
        customer("POST", "/api/cart/items", item)
    heard.events.clear()
    place(customer, goods.item(1), sweet.item(5, flavor="Vanilla"), sweet.item(1), other.item(1))
    cart = customer("GET", "/api/cart").data
    assert [(line["name"], line["quantity"]) for line in cart["items"]] == [("Mug", 2)]
    assert heard.names[-1] == "cart.updated"
    assert heard.events[-1].extra()["shop_cart"] == cart
    heard.events.clear()
    place(customer, sweet.item(1))
    assert "cart.updated" not in heard.names, "nothing of it lay in the cart"


def test_a_cart_with_something_that_is_gone_is_a_409_that_names_it_and_stays(
    customer: Person, heard: Heard
) -> None:
    goods, gone, sweet = mug(), mug(title="Gone"), cake()
    for item in (goods.item(1), gone.item(1), sweet.item(2, flavor="Hazelnut")):
        customer("POST", "/api/cart/items", item)
    gone.archive()
    heard.events.clear()
    answer = customer("POST", ORDERS, WHERE)
    assert (answer.status_code, answer.data["code"]) == (409, "not_for_sale")
    assert [error["item"] for error in answer.data["errors"]] == [
        {"productId": gone.id, "variantId": gone.variants[0], "options": {}, "quantity": 1}
    ]
    assert nothing_happened(goods, sweet)
    assert (CartItem.objects.count(), heard.names) == (3, [])


def test_a_guest_who_signs_in_to_order_orders_what_lay_in_the_guests_cart(
    guest: Call, customer: Person
) -> None:
    goods = mug()
    token = guest("POST", "/api/cart/items", goods.item(2))["X-Cart-Token"]
    customer("POST", "/api/cart/items", goods.item(1))
    headers = {"X-Cart-Token": token, "Idempotency-Key": "k"}
    answer = customer("POST", ORDERS, WHERE, **headers)
    assert (answer.status_code, answer.data["itemCount"]) == (201, 3)
    assert customer("POST", ORDERS, WHERE, **headers).content == answer.content
    assert (goods.on_hand(), CartItem.objects.count()) == (7, 0)


def test_an_order_and_its_events_are_in_the_log_together_and_a_refused_one_leaves_no_trace(
    customer: Person,
) -> None:
    goods = mug(stock=3)
    customer("POST", "/api/cart/items", goods.item(2))
    Event.objects.all().delete()
    assert customer("POST", ORDERS, {**WHERE, "totalPrice": 1}).status_code == 409
    assert customer("POST", ORDERS, {**WHERE, "items": [goods.item(4)]}).status_code == 409
    assert not Event.objects.exists()
    order = customer("POST", ORDERS, WHERE).data
    rows = list(Event.objects.order_by("id").values_list("type", "subject", "version", "extra"))
    assert [(kind, subject) for kind, subject, *_ in rows] == [
        ("stock.reduced", goods.id),
        ("order.placed", order["_id"]),
        ("cart.updated", customer("GET", "/api/cart").data["_id"]),
        ("notification.created", customer("GET", "/api/notifications").data[0]["_id"]),
    ]
    assert rows[1][2] == 1
    assert json.loads(rows[1][3])["shop_order"] == order
