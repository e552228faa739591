"""Every operation is called for real, and its answer is what the document says: the document can't lie."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import Settings

from catalog.demo.loading import load_demo_shop
from config.identity.models import Role, Scope
from config.identity.services import create_user, issue_api_key
from config.identity.tokens import issue_token
from config.kernel.actors import SYSTEM
from inventory.services.locations import describe_location
from orders.providers.fake import SIGNATURE, sign
from realtime.reference import asyncapi, openapi
from tests.realtime.test_rest import number_everything
from tests.reference.witness import Witness, problems, same_fields

#: What nobody could bring about here: a provider of whom there are no keys.
ELSEWHERE = {("POST", "/api/payments/verify")}
WHERE = {"shippingAddress": "12 Corniche Street", "phone": "+20 100 555 0142"}
PASSWORD = "five plain words and more"


def _bearer(role: Role, name: str) -> dict[str, str]:
    user = create_user(email=f"{name}@example.com", password=None, role=role, name=name.title())
    return {"Authorization": f"Bearer {issue_token(user=user)}"}


@pytest.fixture
def staff(db: None) -> dict[str, str]:
    return _bearer(Role.ADMIN, "sara")


@pytest.fixture
def customer(db: None) -> dict[str, str]:
    return _bearer(Role.CUSTOMER, "mona")


@pytest.fixture
def witness(db: None, settings: Settings) -> Witness:
    settings.STOCKWIRE_FAKE_PAYMENTS = True
    load_demo_shop(actor=SYSTEM)
    return Witness()


def test_every_answer_is_as_described(
    witness: Witness, staff: dict[str, str], customer: dict[str, str]
) -> None:
    shirt = _goods(witness, staff)
    _signing_in(witness)
    _catalog(witness, staff)
    _shop(witness, staff, customer)
    _stock(witness, staff, shirt)
    _holds(witness, staff, shirt)
    _carts(witness, customer, shirt)
    order = _orders(witness, staff, customer, shirt)
    _payments(witness, staff, customer, shirt)
    _live(witness, staff, customer, order)
    _house(witness)
    assert witness.wrong == []
    every = {
        (method.upper(), path) for path, found in openapi.document()["paths"].items() for method in found
    }
    assert every - witness.seen == ELSEWHERE
    _the_log(witness, staff)


def _the_log(call: Witness, staff: dict[str, str]) -> None:
    """What all this was told as is what the document of events says, and its examples show."""
    number_everything()
    document = asyncapi.document()
    messages = document["components"]["messages"]
    wrong, seen, after = [], set(), ""
    while events := (page := call("GET", "/api/events", by=staff, query=f"?limit=500{after}"))["events"]:
        after = f"&after={page['cursor']}"
        for event in events:
            # What another system announced comes under the names of the shop's own.
            of = ".of.stock.announced" if event["data"].get("announced") else ""
            message = messages[f"ws.{event['type']}{of}"]
            seen.add(event["type"])
            wrong += problems(message["payload"], event, document["components"])
            wrong += same_fields(event["type"], message["examples"][0]["payload"]["data"], event["data"])
    assert sorted(set(wrong)) == []
    assert {"product.created", "stock.reduced", "cart.updated", "order.placed", "chat.message"} <= seen
    assert {"payment.refunded", "flash_sale.started", "review.approved", "wishlist.updated"} <= seen


def _goods(call: Witness, staff: dict[str, str]) -> dict[str, Any]:
    made = call(
        "POST",
        "/api/products",
        {
            "name": "Witness shirt",
            "price": 350,
            "sizeVariants": [{"size": "M", "colorVariants": [{"color": "Navy", "stock": 500}]}],
        },
        by=staff,
    )
    return {"productId": made["id"], "size": "M", "color": "Navy", "quantity": 2}


def _signing_in(call: Witness) -> None:
    who = {"email": "nour@example.com", "password": PASSWORD}
    call("POST", "/api/auth/register", {"name": "Nour", "phone": "", **who})
    signed_in = call("POST", "/api/auth/login", who)
    me = {"Authorization": f"Bearer {signed_in['token']}"}
    call("GET", "/api/auth/me", by=me)
    call("PATCH", "/api/auth/me", {"name": "Nour S."}, by=me)
    call("POST", "/api/auth/ticket", by=me)
    fresh = call("POST", "/api/auth/refresh", {"refreshToken": signed_in["refreshToken"]})
    call("POST", "/api/auth/logout", {"refreshToken": fresh["refreshToken"]})
    call("POST", "/api/auth/login", {**who, "password": "wrong"})
    call("POST", "/api/auth/register", {"name": "Nour"})
    call("GET", "/api/auth/me")


def _catalog(call: Witness, staff: dict[str, str]) -> None:
    assert len(call("GET", "/products")) > 20
    call("GET", "/products", query="?limit=2")
    mug = {"sku": "W-MUG", "base_title": "Mug", "prices": [{"currency": "EGP", "amount": 90.5}]}
    made = call("POST", "/products", mug, by=staff)
    one = {"product_id": made["id"]}
    call("GET", "/products/{product_id}", **one)
    etag = call.answer["ETag"]
    call("GET", "/products/{product_id}", by={"If-None-Match": etag}, **one)
    call("PUT", "/products/{product_id}", mug, by=staff, **one)
    call("PATCH", "/products/{product_id}", {"base_title": "Big mug"}, by=staff, **one)
    call("PATCH", "/products/{product_id}", {"base_title": "M"}, by={**staff, "If-Match": etag}, **one)
    call("POST", "/products", mug, by=staff)
    call("DELETE", "/products/{product_id}", by=staff, **one)
    call("GET", "/products/{product_id}", **one)
    (batched,) = call("POST", "/products/batch", [mug], by=staff)
    call("PUT", "/products/batch", [{"id": batched["id"], **mug}, {}], by=staff)
    call("DELETE", "/products/batch", [batched["id"], 7], by=staff)


def _shop(call: Witness, staff: dict[str, str], customer: dict[str, str]) -> None:
    listed = call("GET", "/api/products")
    assert any(product["variants"] for product in listed)
    assert any(product["flavors"] for product in listed)
    call("GET", "/api/products", query="?limit=2&inStock=true&sort=-price")
    call("GET", "/api/products/featured")
    made = call("POST", "/api/products", {"name": "Hat", "price": 120, "stock": 3}, by=staff)
    one = {"product_id": made["id"]}
    call("PUT", "/api/products/{product_id}", {"price": 110}, by=staff, **one)
    call("PATCH", "/api/products/{product_id}", {"price": 100}, by=staff, **one)
    sale = call(
        "POST",
        "/api/flash-sales",
        {
            "name": "Hats",
            "discountPercentage": 20,
            "startTime": "2026-01-01T00:00:00Z",
            "endTime": "2999-01-01T00:00:00Z",
            "products": [made["id"]],
        },
        by=staff,
    )
    call("GET", "/api/flash-sales")
    call("GET", "/api/flash-sales/{sale_id}", sale_id=sale["id"])
    call("PUT", "/api/flash-sales/{sale_id}", {"discountPercentage": 25}, by=staff, sale_id=sale["id"])
    review = {"rating": 5, "title": "Good", "comment": "Fits"}
    written = call("POST", "/api/products/{product_id}/reviews", review, by=customer, **one)
    for method in ("PUT", "PATCH"):
        call(
            method,
            "/api/reviews/{review_id}/status",
            {"status": "approved"},
            by=staff,
            review_id=written["id"],
        )
    call("GET", "/api/products/{product_id}/reviews", **one)
    shown = call("GET", "/api/products/{product_id}", **one)
    assert shown["flashSale"]
    assert shown["reviews"]
    call("POST", "/api/wishlist/items", {"productId": made["id"]}, by=customer)
    call("GET", "/api/wishlist", by=customer)
    call("DELETE", "/api/wishlist/items/{product_id}", by=customer, **one)
    call("DELETE", "/api/flash-sales/{sale_id}", by=staff, sale_id=sale["id"])
    call("DELETE", "/api/products/{product_id}", by=staff, **one)


def _stock(call: Witness, staff: dict[str, str], item: dict[str, Any]) -> None:
    items = {"items": [item]}
    call("GET", "/api/products/{product_id}/stock", product_id=item["productId"])
    call("POST", "/api/stock/validate", items)
    call("POST", "/api/stock/validate", {"items": [{**item, "quantity": 5000}]})
    call("POST", "/api/stock/reduce", items, by=staff, query="?orderId=w-1&afterOrder=true")
    call("POST", "/api/stock/reduce", {"items": [{**item, "quantity": 5000}]}, by=staff)
    call("POST", "/api/stock/reduce", {"items": [{**item, "color": "Mauve"}]}, by=staff)
    call("POST", "/api/stock/reduce", {"items": [{"quantity": 1}]}, by=staff)
    call("POST", "/api/stock/reduce", items)
    call("POST", "/api/stock/restock", items, by=staff)
    call("POST", "/api/stock/restock", items, by={**staff, "Idempotency-Key": "w-2"})
    call("POST", "/api/stock/restock", items, by={**staff, "Idempotency-Key": "w-2"})
    describe_location(code="annex", name="Annex", priority=9)
    transfer = {**items, "fromLocationId": "main", "toLocationId": "annex"}
    call("POST", "/api/stock/transfer", transfer, by=staff)
    call("POST", "/api/stock/transfer", {**items, "fromLocationId": "main", "toLocationId": "none"}, by=staff)
    counted = {**item, "locationId": "main", "quantity": 400, "expected": 5}
    call("POST", "/api/stock/adjust", {"items": [counted]}, by=staff)
    counted["expected"] = call.answer.json()["errors"][0]["current"]
    call("POST", "/api/stock/adjust", {"items": [counted]}, by=staff)
    low = {"items": [{"productId": item["productId"], "lowStockThreshold": 3}]}
    call("PATCH", "/api/stock/levels", low, by=staff)
    call("GET", "/api/stock/sync", query="?limit=3")
    call("GET", "/api/stock/sync", query=f"?productIds={item['productId']},none")
    call("POST", "/api/stock/sync", {"productIds": [item["productId"]]}, by=staff)
    assert call("GET", "/api/stock/movements", by=staff)
    now = "2999-01-01T00:00:00Z"
    call("GET", "/api/stock/at", by=staff, query=f"?productId={item['productId']}&time={now}")
    call("GET", "/api/stock/at", by=staff)


def _holds(call: Witness, staff: dict[str, str], item: dict[str, Any]) -> None:
    held = call("POST", "/api/stock/reserve", {"items": [item], "ttlSeconds": 60}, by=staff)
    one = {"reservation_id": held["reservationId"]}
    call("POST", "/api/stock/reservations/{reservation_id}/extend", {"ttlSeconds": 90}, by=staff, **one)
    call("POST", "/api/stock/reservations/{reservation_id}/commit", by=staff, **one)
    again = call("POST", "/api/stock/reserve", {"items": [item]}, by=staff)
    call(
        "DELETE",
        "/api/stock/reservations/{reservation_id}",
        by=staff,
        reservation_id=again["reservationId"],
    )
    call("DELETE", "/api/stock/reservations/{reservation_id}", by=staff, reservation_id="none")


def _carts(call: Witness, customer: dict[str, str], item: dict[str, Any]) -> None:
    wish = {"productId": item["productId"], "variant": {"size": "M", "color": "Navy"}, "quantity": 1}
    call("GET", "/api/cart")
    guest = {"X-Cart-Token": call.answer["X-Cart-Token"]}
    call("POST", "/api/cart", wish, by=guest)
    call("GET", "/api/cart", by={"X-Cart-Token": "none of ours"})
    cart = call("POST", "/api/cart/items", wish, by=customer)
    line = {"item_id": cart["items"][0]["_id"]}
    call("PATCH", "/api/cart/items/{item_id}", {"quantity": 3}, by=customer, **line)
    call("PATCH", "/api/cart/items/{item_id}", {"quantity": 0}, by=customer, **line)
    call("DELETE", "/api/cart/items/{item_id}", by=customer, **line)
    call("DELETE", "/api/cart", by=customer)


def _order(call: Witness, customer: dict[str, str], item: dict[str, Any], **more: Any) -> dict[str, str]:
    wish = {"productId": item["productId"], "variant": {"size": "M", "color": "Navy"}, "quantity": 2}
    placed = call("POST", "/api/orders", {"items": [wish], **WHERE, **more}, by=customer)
    return {"order_id": placed["id"]}


def _orders(
    call: Witness, staff: dict[str, str], customer: dict[str, str], item: dict[str, Any]
) -> dict[str, str]:
    one = _order(call, customer, item)
    call("POST", "/api/orders", {**WHERE}, by=customer)
    call("POST", "/api/orders", {"items": [{**item, "quantity": 5000}], **WHERE}, by=customer)
    call("GET", "/api/orders/{order_id}", by=customer, **one)
    enveloped = {**customer, "Accept": "application/vnd.stockwire.envelope+json"}
    call("GET", "/api/orders/{order_id}", by=enveloped, **one)
    call("GET", "/api/orders", by=enveloped)
    assert isinstance(call("GET", "/api/orders", by=staff)[0]["userId"], dict)
    tailor = create_user(email="samir@example.com", password=None, role=Role.TAILOR, name="Samir")
    for method in ("PUT", "PATCH"):
        call(method, "/api/orders/{order_id}/assign", {"tailor": tailor.pk}, by=staff, **one)
        status = {"status": "measuring" if method == "PUT" else "ready"}
        call(method, "/api/orders/{order_id}/tailor-status", status, by=staff, **one)
    call("PUT", "/api/orders/{order_id}/status", {"status": "processing"}, by=staff, **one)
    shipped = {"status": "shipped", "tracking": {"carrier": "Bosta", "trackingNumber": "1"}}
    call("PATCH", "/api/orders/{order_id}/status", shipped, by=staff, **one)
    call("PATCH", "/api/orders/{order_id}/status", {"status": "pending"}, by=staff, **one)
    call("PATCH", "/api/orders/{order_id}/status", {"status": "delivered"}, by=staff, **one)
    line = call("GET", "/api/orders/{order_id}", by=staff, **one)["items"][0]
    back = {"items": [{"itemId": line["_id"], "quantity": 1, "disposition": "sellable"}]}
    call("POST", "/api/orders/{order_id}/return", back, by=staff, **one)
    call("POST", "/api/orders/{order_id}/cancel", {}, by=customer, **_order(call, customer, item))
    return one


def _payments(call: Witness, staff: dict[str, str], customer: dict[str, str], item: dict[str, Any]) -> None:
    def begun(provider: str) -> dict[str, str]:
        order = _order(call, customer, item, paymentMethod=provider)
        paid = {"orderId": order["order_id"], "provider": provider}
        return {"payment_id": call("POST", "/api/payments", paid, by=customer)["paymentId"]}

    by_hand = begun("manual")
    call("POST", "/api/payments/{payment_id}/complete", by=staff, **by_hand)
    fake = begun("fake")
    call("POST", "/api/payments/{payment_id}/confirm", {"outcome": "completed"}, by=customer, **fake)
    call("POST", "/api/payments/{payment_id}/refund", {"amount": 10, "reason": "torn"}, by=staff, **fake)
    call("POST", "/api/payments/{payment_id}/refund", {"amount": 10_000}, by=staff, **fake)
    call("POST", "/api/payments", {"orderId": "none", "provider": "cod"}, by=customer)
    notice = {
        "id": "evt_1",
        "type": "payment.completed",
        "paymentId": fake["payment_id"],
        "amount": 70000,
        "currency": "EGP",
    }
    signature = sign(json.dumps(notice).encode())
    call("POST", "/api/payments/webhooks/{provider}", notice, by={SIGNATURE: signature}, provider="fake")
    call("POST", "/api/payments/webhooks/{provider}", notice, provider="none")


def _live(call: Witness, staff: dict[str, str], customer: dict[str, str], order: dict[str, str]) -> None:
    call("GET", "/api/socket")
    said = {"productId": "prod_x", "stock": 3}
    call("POST", "/api/socket", {"event": "STOCK_UPDATED", "data": said}, by=staff)
    call("POST", "/api/socket", {"event": "ALL_SOLD", "data": said}, by=staff)
    number_everything()
    assert call("GET", "/api/events", by=staff, query="?limit=100")["events"]
    call("GET", "/api/events", by=staff, query="?after=nowhere")
    key = issue_api_key(name="reader", scopes=[Scope.EVENTS_READ], created_by=SYSTEM).secret
    call("GET", "/api/events", by={"Authorization": f"Api-Key {key}"})
    call("GET", "/api/orders", by={"Authorization": f"Api-Key {key}"})
    call("GET", "/api/analytics/summary", by=staff)
    told = call("GET", "/api/notifications", by=customer)
    one = {"notification_id": told[0]["id"]}
    call("PUT", "/api/notifications/{notification_id}/read", by=customer, **one)
    call("PUT", "/api/notifications/read-all", by=customer)
    chat = call("POST", "/api/support/chats", {"issue": "Too long"}, by=customer)
    call("POST", "/api/support/chats", {"issue": "Too long"}, by=customer)
    of_it = {"chat_id": chat["id"]}
    message = {"message": "Can it be taken in?", "clientMessageId": "m-1"}
    call("POST", "/api/support/chats/{chat_id}/messages", message, by=customer, **of_it)
    call("POST", "/api/support/chats/{chat_id}/messages", message, by=customer, **of_it)
    call("GET", "/api/support/chats/{chat_id}/messages", by=customer, **of_it)
    call("PUT", "/api/support/chats/{chat_id}/read", {}, by=staff, **of_it)
    call("PUT", "/api/support/chats/{chat_id}/status", {"status": "claimed"}, by=staff, **of_it)
    call("GET", "/api/support/chats", by=staff)


def test_a_witness_sees_a_lie(witness: Witness) -> None:
    described = witness._paths["/api/health"]["get"]["responses"]["200"]
    witness._paths = {"/api/health": {"get": {"responses": {"200": described}}}}
    witness("GET", "/api/health")
    assert witness.wrong == []
    schema = {"type": "object", "properties": {"status": {"type": "integer"}}, "required": ["also"]}
    told = {"description": "", "content": {"application/json": {"schema": schema}}}
    witness._paths["/api/health"]["get"]["responses"]["200"] = {**told, "headers": {"ETag": {}}}
    witness("GET", "/api/health")
    del witness._paths["/api/health"]["get"]["responses"]["200"]
    witness("GET", "/api/health")
    name = "GET /api/health 200"
    assert sorted(witness.wrong) == [
        f'{name} : "also" is a required property',
        f'{name} is not described: b\'{{"message": "Backend is running", "status": "ok"}}\'',
        f"{name} lacks ['ETag']",
        f'{name} status: "ok" is not of type "integer"',
    ]


def _house(call: Witness) -> None:
    for path in (
        "/api/health",
        "/api/ready",
        "/api/schema",
        "/api/asyncapi",
        "/api/docs",
        "/api/docs/events",
    ):
        call("GET", path)
    # No worker runs here, so it is not ready, and says so as described.
    call.seen.add(("GET", "/api/ready"))
