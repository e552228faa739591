"""How each row of the table is brought about: through REST wherever that can be, else by what a client says.

What has to be there first is heard and forgotten: only the last step of a deed counts. Deeds of one scene
follow one another on the same stage.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from catalog.models import FlashSale
from catalog.tasks import tell_flash_sales
from config.kernel.clock import iso, now
from inventory.models import Reservation
from inventory.tasks import sweep_expired_reservations
from orders.owners import CartOwner
from realtime.presence import floor
from tests.orders.shop import WHERE
from tests.realtime.house_of_orders import place, rest
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient
from tests.realtime.table.audience import CUSTOMER, SOCKET_IO, SSE, STAFF, WS, Audience
from tests.realtime.wishing import everybody_told

# ---------------------------------------------------------------------------------------- products


async def make_a_product(audience: Audience) -> None:
    await _make(audience)


async def change_a_product(audience: Audience) -> None:
    await rest(audience.cast.staff, "PATCH", f"/products/{audience.cast.product}", {"base_title": "Cup"})


async def archive_a_product(audience: Audience) -> None:
    product = await _make(audience)
    await audience.heard()
    await rest(audience.cast.staff, "DELETE", f"/api/products/{product}")


async def _make(audience: Audience) -> str:
    made = await rest(audience.cast.staff, "POST", "/api/products", {"title": "Bowl", "price": 5})
    return str(made["_id"])


# ---------------------------------------------------------------------------------------- stock


async def sell(audience: Audience) -> None:
    await _stock(audience, "reduce?afterOrder=true", quantity=1)


async def sell_down_to_the_threshold(audience: Audience) -> None:
    await _have(audience, 9)
    await _stock(audience, "reduce", quantity=4)


async def restock(audience: Audience) -> None:
    await _stock(audience, "restock", quantity=1)


async def count(audience: Audience) -> None:
    there = await _there(audience)
    await _stock(audience, "adjust", quantity=there + 1, expected=there)


async def touch(audience: Audience) -> None:
    await rest(audience.cast.staff, "POST", "/api/stock/sync", {"productIds": [audience.cast.product]})


async def validate(audience: Audience) -> None:
    await _stock(audience, "validate", quantity=1)


async def hold(audience: Audience) -> None:
    audience.notes["hold"] = await _hold(audience)


async def release_the_hold(audience: Audience) -> None:
    """That ``hold`` has made."""
    await rest(audience.cast.staff, "DELETE", f"/api/stock/reservations/{audience.notes['hold']}")


async def let_a_hold_run_out(audience: Audience) -> None:
    held = await _hold(audience)
    await audience.heard()

    def run_out() -> None:
        Reservation.objects.filter(pk=held).update(expires_at=now() - dt.timedelta(seconds=1))
        sweep_expired_reservations(0)

    await away(run_out)


async def sell_what_was_held(audience: Audience) -> None:
    held = await _hold(audience)
    await audience.heard()
    await rest(audience.cast.staff, "POST", f"/api/stock/reservations/{held}/commit")


async def restock_what_was_sold_out(audience: Audience) -> None:
    await _have(audience, 0)
    await _stock(audience, "restock", quantity=9)


async def _hold(audience: Audience) -> str:
    return str((await _stock(audience, "reserve", quantity=1))["reservationId"])


async def _have(audience: Audience, quantity: int) -> None:
    """So many are there, and what was heard of it is forgotten."""
    await _stock(audience, "adjust", quantity=quantity, expected=await _there(audience))
    await audience.heard()


async def _there(audience: Audience) -> int:
    path = f"/api/products/{audience.cast.product}/stock"
    return int((await rest(audience.cast.staff, "GET", path))["stock"])


async def _stock(audience: Audience, what: str, **item: Any) -> Any:
    body = {"items": [{"productId": audience.cast.product, "reason": "x", **item}], "reason": "x"}
    return await rest(audience.cast.staff, "POST", f"/api/stock/{what}", body)


# ---------------------------------------------------------------------------------------- wishes and sales


async def wish_for_the_product(audience: Audience) -> None:
    await rest(audience.wisher, "POST", "/api/wishlist/items", {"productId": audience.cast.product})


async def make_it_cheaper(audience: Audience) -> None:
    await rest(audience.cast.staff, "PATCH", f"/api/products/{audience.cast.product}", {"price": 90})
    await everybody_told()


async def restock_what_was_wished_for(audience: Audience) -> None:
    await restock_what_was_sold_out(audience)
    await everybody_told()


async def plan_a_sale(audience: Audience) -> None:
    body = {
        "name": "Night",
        "discountPercentage": 10,
        "startTime": iso(now() + dt.timedelta(hours=1)),
        "endTime": iso(now() + dt.timedelta(hours=2)),
        "products": [audience.cast.product],
    }
    sale = await rest(audience.cast.staff, "POST", "/api/flash-sales", body)
    audience.notes["sale"] = sale["_id"]


async def change_the_sale(audience: Audience) -> None:
    """That ``plan_a_sale`` has made."""
    path = f"/api/flash-sales/{audience.notes['sale']}"
    await rest(audience.cast.staff, "PUT", path, {"discountPercentage": 20})


async def let_the_sale_begin(audience: Audience) -> None:
    await _pass(audience, "starts_at")


async def let_the_sale_run_out(audience: Audience) -> None:
    await _pass(audience, "ends_at")


async def _pass(audience: Audience, edge: str) -> None:
    """The clock has passed an edge of the sale, and the worker's timer comes round."""

    def come_round() -> None:
        FlashSale.objects.filter(pk=audience.notes["sale"]).update(**{edge: now()})
        tell_flash_sales(0)

    await away(come_round)
    await everybody_told()


# ---------------------------------------------------------------------------------------- reviews


async def write_a_review(audience: Audience) -> None:
    path = f"/api/products/{audience.cast.product}/reviews"
    review = await rest(audience.cast.customer, "POST", path, {"rating": 4, "title": "Good", "comment": ""})
    audience.notes["review"] = review["_id"]


async def approve_the_review(audience: Audience) -> None:
    """That ``write_a_review`` has written."""
    path = f"/api/reviews/{audience.notes['review']}/status"
    await rest(audience.cast.staff, "PUT", path, {"status": "approved"})


# ---------------------------------------------------------------------------------------- carts and orders


async def put_into_the_cart(audience: Audience) -> None:
    item = {"productId": audience.cast.product, "quantity": 1}
    cart = await rest(audience.cast.customer, "POST", "/api/cart/items", item)
    assert cart["_id"] == CartOwner.customer(audience.cast.customer.user.pk).cart_id


async def order(audience: Audience) -> None:
    await place(audience.cast.customer, audience.cast.product)


async def order_the_cart(audience: Audience) -> None:
    await put_into_the_cart(audience)
    await audience.heard()
    await rest(audience.cast.customer, "POST", "/api/orders", WHERE)


async def process_the_order(audience: Audience) -> None:
    await audience.cast.step("processing")


async def cancel_the_order(audience: Audience) -> None:
    await rest(audience.cast.staff, "POST", f"/api/orders/{audience.cast.order}/cancel")


async def assign_another_order(audience: Audience) -> None:
    cast = audience.cast
    another = await place(cast.customer, cast.product)
    await audience.heard()
    given = {"tailor": cast.tailor.user.pk, "deliveryPartner": cast.delivery.user.pk}
    await rest(cast.staff, "PUT", f"/api/orders/{another}/assign", given)


async def sew(audience: Audience) -> None:
    await audience.cast.sew("cutting")


# ---------------------------------------------------------------------------------------- payments


async def pay(audience: Audience) -> None:
    audience.notes["payment"] = await _begin_to_pay(audience)
    await _confirm(audience, audience.notes["payment"], "completed")


async def fail_to_pay(audience: Audience) -> None:
    await _confirm(audience, await _begin_to_pay(audience), "failed")


async def give_the_money_back(audience: Audience) -> None:
    """What ``pay`` has paid."""
    await rest(audience.cast.staff, "POST", f"/api/payments/{audience.notes['payment']}/refund", {})


async def _begin_to_pay(audience: Audience) -> str:
    wish = {"orderId": audience.cast.order, "provider": "fake"}
    return str((await rest(audience.cast.customer, "POST", "/api/payments", wish))["_id"])


async def _confirm(audience: Audience, payment: str, outcome: str) -> None:
    await rest(audience.cast.customer, "POST", f"/api/payments/{payment}/confirm", {"outcome": outcome})


# ---------------------------------------------------------------------------------------- support


async def open_another_chat(audience: Audience) -> None:
    wish = {"issue": "a hem", "priority": "high"}
    await rest(audience.cast.other_customer, "POST", "/api/support/chats", wish)


async def write_in_a_chat(audience: Audience) -> None:
    path = f"/api/support/chats/{audience.notes['chat']}/messages"
    await rest(audience.cast.customer, "POST", path, {"message": "Hello"})


async def claim_a_chat(audience: Audience) -> None:
    path = f"/api/support/chats/{audience.notes['chat']}/status"
    await rest(audience.cast.staff, "PUT", path, {"status": "claimed"})


async def type_in_a_chat(audience: Audience) -> None:
    room = {"room": f"support_{audience.notes['chat']}"}
    assert (await audience.client(CUSTOMER).ask("typing_start", room))["ok"]


# ---------------------------------------------------------------------------------------- whoever is here


async def look_at_a_product(audience: Audience) -> None:
    view = {"productId": audience.cast.product, "category": "mugs", "duration": 1_500}
    assert (await audience.client(CUSTOMER).ask("product_view", view))["ok"]


async def be_active(audience: Audience) -> None:
    assert (await audience.client(CUSTOMER).ask("user_activity"))["ok"]


async def come_in(audience: Audience) -> None:
    await _come(audience)


async def come_in_by_two(audience: Audience) -> None:
    # Of one who comes right after another went, staff hear nothing: their figure is what it was a second ago.
    await _come(audience)
    await _come(audience)


async def go_away(audience: Audience) -> None:
    # Ten seconds are too long for a test that is about who hears of it.
    register: Any = floor.here().presence._register
    register._always["timing"]["grace"] = 0.2
    visitor = await _come(audience)
    # That it came is told in a moment of its own, and must not be taken for its going.
    await audience.hear_all({(WS, "presence"), (SSE, "presence"), (SOCKET_IO, "user_online")}, who=STAFF)
    await visitor.connection.close()


async def _come(audience: Audience) -> ShopClient:
    visitor = await a_person(email=f"visitor.{len(audience.visitors)}@example.com")
    audience.visitors.append(await ShopClient(audience.door.port).enter({"token": visitor.token}))
    return audience.visitors[-1]
