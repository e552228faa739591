"""Each thing that happens to a product and its stock, done over REST: what a guest in the storefront hears of
it, what one who looks at the product hears, and what staff hear; in this order, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.audience import Audience, alert, change, figure, of_product, stock, variant
from tests.clients.backstage import Person
from tests.clients.node_client import PASSING, READY, TRANSPORTS, NodeClient
from tests.clients.shop import RefusedError, Shop

Connect = Callable[..., Awaitable[NodeClient]]
Message = tuple[str, Any]

WAYS = {
    "4.0 polling": {"version": "4.0", **TRANSPORTS["polling"]},
    "4.4 websocket": {"version": "4.4", **TRANSPORTS["websocket"]},
    "4.8 default": {"version": "4.8"},
}


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
async def audience(
    request: pytest.FixtureRequest, node_client: Connect, shop: Shop, staff: Person
) -> Audience:
    """A shirt, ten of it red and ten of it blue, and three who listen."""
    way: dict[str, Any] = request.param
    product = await shop.make_shirt({("M", "Red"): 10, ("M", "Blue"): 10})
    guest = await node_client(**way)
    looker = await node_client(**way)
    assert (await looker.emit("join_room", {"room": f"product-{product}"}, ack=True))["ok"]
    assert (await looker.emit("leave_room", {"room": "storefront"}, ack=True))["ok"]
    of_staff = await node_client(auth={"token": staff.token}, **way)
    audience = Audience(shop, product, guest, looker, of_staff)
    await audience.told()
    return audience


# ---------------------------------------------------------------------------------------- products


async def test_a_product_that_is_made(audience: Audience) -> None:
    made = await audience.shop.ask(
        "POST",
        "/api/products",
        {
            "title": "Mug",
            "price": 12.5,
            "sizeVariants": [{"size": "M", "colorVariants": [{"color": "Red", "stock": 3}]}],
        },
    )
    product = made["id"]
    guest, looker, staff = await audience.told()
    counted = [figure("STOCK_UPDATED", product, 3, after_order=False), change(product, 3)]
    assert [name for name, _payload in guest] == ["product_created", "STOCK_UPDATED", "inventory_update"]
    assert guest[0][1] == {"data": {key: value for key, value in made.items() if key != "reviews"}}
    assert guest[1:] == counted
    assert looker == []
    assert staff == guest


async def test_a_product_that_is_changed_and_archived(audience: Audience) -> None:
    path = f"/api/products/{audience.product}"
    changed = await audience.shop.ask("PATCH", path, {"title": "Blouse", "price": 7})
    guest, looker, staff = await audience.told()
    assert guest == [("product_updated", {"data": _without_reviews(changed)})]
    assert (looker, staff) == ([], guest)
    removed = await audience.shop.ask("DELETE", path)
    witness = await audience.guest.heard("product_deleted")
    assert witness[0]["data"] == _without_reviews(removed["product"])
    assert witness[0]["data"]["title"] == "Blouse"
    await audience.staff.heard("product_deleted")
    assert audience.looker.names() == []


def _without_reviews(product: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in product.items() if key != "reviews"}


async def test_products_written_in_the_other_dialect(audience: Audience) -> None:
    batch = [
        {
            "sku": f"B-{audience.product}-{number}",
            "base_title": f"Bowl {number}",
            "prices": [{"currency": "EGP", "amount": 5}],
        }
        for number in range(3)
    ]
    results = await audience.shop.ask("POST", "/products/batch", batch)
    ids = [result["id"] for result in results]
    guest, looker, staff = await audience.told()
    assert [(name, payload["data"]["_id"]) for name, payload in guest] == [
        ("product_created", i) for i in ids
    ]
    assert (looker, staff) == ([], guest)
    changes = [
        {"id": result["id"], **item, "base_title": "Plate"}
        for result, item in zip(results, batch, strict=True)
    ]
    await audience.shop.ask("PUT", "/products/batch", changes)
    await audience.shop.ask("DELETE", "/products/batch", ids)
    guest, looker, staff = await audience.told()
    # In the order in which they are locked.
    assert [(name, payload["data"]["_id"]) for name, payload in guest] == [
        *(("product_updated", one) for one in sorted(ids)),
        *(("product_deleted", one) for one in sorted(ids)),
    ]
    assert {payload["data"]["title"] for _name, payload in guest} == {"Plate"}
    assert (looker, staff) == ([], guest)


# ---------------------------------------------------------------------------------------- stock


async def test_a_sale(audience: Audience) -> None:
    product = audience.product
    await stock(audience, "reduce?afterOrder=true&orderId=o-" + product, [{**variant(), "quantity": 2}])
    guest, looker, staff = await audience.told()
    assert guest == [figure("STOCK_REDUCED", product, 8, after_order=True), change(product, -2)]
    assert looker == [*guest, of_product(product, 8, 18)]
    assert staff == guest
    # The same order again is the first answer again.
    await stock(audience, "reduce?afterOrder=true&orderId=o-" + product, [{**variant(), "quantity": 2}])
    assert await audience.told_all() == []


async def test_a_sale_of_several_things(audience: Audience) -> None:
    product = audience.product
    await stock(
        audience,
        "reduce?afterOrder=true",
        [
            {**variant("Blue"), "quantity": 1},
            {**variant("Red"), "quantity": 2},
            {**variant("Blue"), "quantity": 3},
        ],
    )
    guest, looker, staff = await audience.told()
    by_color = {"Red": (8, -2), "Blue": (6, -4)}
    colors = [payload["color"] for name, payload in guest if name == "STOCK_REDUCED"]
    assert sorted(colors) == ["Blue", "Red"]
    assert guest == [
        one
        for color in colors
        for one in (
            figure("STOCK_REDUCED", product, by_color[color][0], color, after_order=True),
            change(product, by_color[color][1], color),
        )
    ]
    assert [payload["totalStock"] for name, payload in looker if name == "product_stock_update"][-1] == 14
    assert staff == guest


async def test_a_sale_that_is_refused(audience: Audience) -> None:
    with pytest.raises(RefusedError) as refused:
        await stock(audience, "reduce", [{**variant(), "quantity": 1}, {**variant("Blue"), "quantity": 11}])
    assert refused.value.status == 409
    assert await audience.told_all() == []


async def test_goods_that_come_in(audience: Audience) -> None:
    product = audience.product
    await stock(audience, "restock", [{**variant(), "quantity": 5}], reason="delivery")
    guest, looker, staff = await audience.told()
    assert guest == [figure("STOCK_UPDATED", product, 15, after_order=False), change(product, 5)]
    assert looker == [*guest, of_product(product, 15, 25)]
    assert staff == guest


@pytest.mark.parametrize("what", ["adjust", "sync"])
async def test_a_count(audience: Audience, what: str) -> None:
    product = audience.product
    counted = {"quantity": 7, "expected": 10, "reason": "count"} if what == "adjust" else {"stock": 7}
    await stock(audience, what, [{**variant(), **counted}])
    guest, looker, staff = await audience.told()
    assert guest == [figure("STOCK_UPDATED", product, 7, after_order=False), change(product, -3)]
    assert looker == [*guest, of_product(product, 7, 17)]
    assert staff == guest


async def test_a_touch(audience: Audience) -> None:
    product = audience.product
    await audience.shop.ask("POST", "/api/stock/sync", {"productIds": [product]})
    guest, looker, staff = await audience.told()
    colors = [payload["color"] for _name, payload in guest]
    assert sorted(colors) == ["Blue", "Red"]
    assert guest == [figure("STOCK_UPDATED", product, 10, color, after_order=False) for color in colors]
    assert looker == [
        one
        for color in colors
        for one in (
            figure("STOCK_UPDATED", product, 10, color, after_order=False),
            of_product(product, 10, 20, color),
        )
    ]
    assert staff == guest


async def test_a_hold_that_is_made_and_released(audience: Audience) -> None:
    product = audience.product
    hold = await stock(audience, "reserve", [{**variant(), "quantity": 4}], ttlSeconds=600)
    guest, looker, staff = await audience.told()
    assert guest == [figure("STOCK_UPDATED", product, 6, after_order=False)]
    assert looker == [*guest, of_product(product, 6, 16)]
    assert staff == guest
    await audience.shop.ask("DELETE", f"/api/stock/reservations/{hold['reservationId']}")
    guest, looker, staff = await audience.told()
    assert guest == [figure("STOCK_UPDATED", product, 10, after_order=False)]
    assert looker == [*guest, of_product(product, 10, 20)]
    assert staff == guest


async def test_a_hold_that_is_sold(audience: Audience) -> None:
    product = audience.product
    hold = await stock(audience, "reserve", [{**variant(), "quantity": 4}], ttlSeconds=600)
    await audience.told()
    await audience.shop.ask(
        "POST", f"/api/stock/reservations/{hold['reservationId']}/commit?orderId=h-{product}"
    )
    guest, looker, staff = await audience.told()
    (name, told), moved = guest
    assert (name, told["stock"]) == ("STOCK_REDUCED", 6)
    assert moved == change(product, -4)
    assert looker == [*guest, of_product(product, 6, 16)]
    assert staff == guest


async def test_goods_that_change_their_shelf(audience: Audience) -> None:
    product = audience.product
    # A place that is written of is made.
    elsewhere = {
        "sku": f"E-{product}",
        "base_title": "Elsewhere",
        "prices": [{"currency": "EGP", "amount": 5}],
        "stock": [{"location_id": "back", "quantity": 1}],
    }
    await audience.shop.ask("POST", "/products", elsewhere)
    await audience.told()
    await stock(
        audience,
        "transfer",
        [{**variant(), "quantity": 4}],
        fromLocationId="main",
        toLocationId="back",
        reason="moved",
    )
    guest, looker, staff = await audience.told()
    assert guest == [figure("STOCK_UPDATED", product, 10, after_order=False), change(product, 0)]
    assert looker == [*guest, of_product(product, 10, 20)]
    assert staff == guest


async def test_stock_that_is_looked_at_for_an_order(audience: Audience) -> None:
    product = audience.product
    await stock(audience, "validate", [{**variant(), "quantity": 2}])
    await audience.looker.heard("STOCK_VALIDATED")
    await audience.staff.heard("STOCK_VALIDATED")
    # Nobody keeps a place in what is no change.
    (heard,) = audience.looker.events
    assert heard.cursor is None
    guest, looker, staff = await audience.told()
    assert guest == []
    assert looker == [figure("STOCK_VALIDATED", product, 10, after_order=False)]
    assert staff == looker


async def test_running_low_selling_out_and_coming_back(audience: Audience) -> None:
    product = audience.product

    async def sold(quantity: int, left: int, *alerts: Message) -> None:
        await stock(audience, "reduce?afterOrder=true", [{**variant(), "quantity": quantity}])
        guest, looker, staff = await audience.told()
        assert guest == [figure("STOCK_REDUCED", product, left, after_order=True), change(product, -quantity)]
        assert looker == [*guest, of_product(product, left, left + 10)]
        assert staff == [*guest, *alerts]

    await sold(4, 6)
    await sold(1, 5, alert(product, 5, "warning"))
    # Once for the crossing.
    await sold(2, 3)
    await sold(3, 0)
    await stock(audience, "restock", [{**variant(), "quantity": 30}], reason="delivery")
    guest, looker, staff = await audience.told()
    # Nobody has wished for it.
    assert guest == [figure("STOCK_UPDATED", product, 30, after_order=False), change(product, 30)]
    assert looker == [*guest, of_product(product, 30, 40)]
    assert staff == guest
    await sold(29, 1, alert(product, 1, "critical"))


@pytest.mark.parametrize("name", ["STOCK_UPDATED", "STOCK_REDUCED", "STOCK_VALIDATED"])
async def test_what_another_system_announces(audience: Audience, name: str) -> None:
    product = audience.product
    await audience.shop.announce(name, productId=product, size="M", color="Red", stock=3)
    guest, looker, staff = await audience.told()
    told = [(name, {"productId": product, **variant(), "stock": 3, "afterOrder": looker[0][1]["afterOrder"]})]
    assert looker == told
    assert staff == told
    assert guest == ([] if name == "STOCK_VALIDATED" else told)


async def test_an_announcement_that_is_none_reaches_nobody(audience: Audience) -> None:
    for event in ("PRICE_UPDATED", "ready", "connect", "low_stock_alert", ""):
        with pytest.raises(RefusedError) as refused:
            await audience.shop.announce(event, productId=audience.product, stock=1)
        assert refused.value.status == 400
    assert await audience.told_all() == []


# ---------------------------------------------------------------------------------------- all of it at once


async def test_each_event_that_stays_has_a_place_and_each_that_passes_has_none(audience: Audience) -> None:
    await stock(audience, "reduce?afterOrder=true", [{**variant(), "quantity": 9}])
    await stock(audience, "validate", [{**variant(), "quantity": 1}])
    await audience.staff.heard("low_stock_alert")
    await audience.staff.heard("STOCK_VALIDATED")
    await audience.looker.heard("product_stock_update")
    places = [heard.cursor for heard in audience.looker.events if heard.name != "STOCK_VALIDATED"]
    assert None not in places
    assert len(set(places)) == len(places)
    for heard in audience.staff.events:
        passes = heard.name == "STOCK_VALIDATED" or heard.name in PASSING
        assert (heard.cursor is None) == passes, heard
        assert isinstance(heard.arguments[0], dict) or heard.name == READY
        assert len(heard.arguments) == (1 if passes else 2) or heard.name == READY


async def test_everybody_hears_a_hundred_sales_in_one_order(audience: Audience) -> None:
    await stock(
        audience, "restock", [{**variant(color), "quantity": 1_000} for color in ("Red", "Blue")], reason="x"
    )
    await audience.told()
    colors = ["Red", "Blue"]
    await asyncio.gather(
        *(stock(audience, "reduce", [{**variant(colors[n % 2]), "quantity": 1}]) for n in range(100))
    )
    guest, looker, staff = await audience.told()
    for color in colors:
        figures = [p["stock"] for name, p in guest if name == "STOCK_REDUCED" and p["color"] == color]
        assert figures == list(range(1_009, 959, -1))
    assert [one for one in looker if one[0] != "product_stock_update"] == guest
    totals = [payload["totalStock"] for name, payload in looker if name == "product_stock_update"]
    assert totals == list(range(2_019, 1_919, -1))
    assert staff == guest
