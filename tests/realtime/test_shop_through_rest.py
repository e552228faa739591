"""Do the thing through REST; what Socket.IO clients are told of it, in this order, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from config.identity.models import Role
from tests.inventory.conftest import Call, user_caller
from tests.inventory.shop import Goods, make_goods, make_location
from tests.realtime.telling import Told

CHANGED = ["STOCK_UPDATED", "inventory_update", "product_stock_update"]
SOLD = ["STOCK_REDUCED", "inventory_update", "product_stock_update"]
HELD = ["STOCK_UPDATED", "product_stock_update"]


@pytest.fixture
def staff(told: Told) -> Call:
    return user_caller(Role.ADMIN, "staff@example.com")


@pytest.fixture
def goods(told: Told) -> Goods:
    """Ten red ones of size M, and ten blue ones; what was told of them is forgotten."""
    goods = make_goods({"size": "M", "color": "Red"}, {"size": "M", "color": "Blue"}, stock=10)
    told.messages()
    return goods


def red(goods: Goods, **more: Any) -> dict[str, Any]:
    return {"productId": goods.id, "size": "M", "color": "Red", **more}


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.data
    return answer.data


def test_a_product_is_made_changed_and_archived(staff: Call, told: Told) -> None:
    product = done(
        staff(
            "POST",
            "/api/products",
            {
                "name": "Mug",
                "price": 12,
                "sizeVariants": [{"size": "M", "colorVariants": [{"color": "Red", "stock": 3}]}],
            },
        ),
        201,
    )
    first, *others = told.messages()
    assert [first[0], *(message[0] for message in others)] == ["product_created", *CHANGED]
    assert (first[1]["data"]["_id"], first[1]["data"]["stock"]) == (product["_id"], 3)
    done(staff("PATCH", f"/api/products/{product['_id']}", {"name": "Cup"}))
    ((name, payload, _cursor),) = told.messages()
    assert (name, payload["data"]["title"]) == ("product_updated", "Cup")
    done(staff("DELETE", f"/api/products/{product['_id']}"))
    ((name, payload, _cursor),) = told.messages()
    assert (name, payload["data"]["title"]) == ("product_deleted", "Cup")


def test_a_product_event_has_the_product_as_rest_shows_it(staff: Call, told: Told, goods: Goods) -> None:
    done(staff("PATCH", f"/api/products/{goods.id}", {"name": "Cup"}))
    ((_name, payload, _cursor),) = told.messages()
    shown = done(staff("GET", f"/api/products/{goods.id}"))
    assert payload["data"] == {name: value for name, value in shown.items() if name != "reviews"}


def test_a_sale(staff: Call, told: Told, goods: Goods) -> None:
    done(staff("POST", "/api/stock/reduce?orderId=o1&afterOrder=true", {"items": [red(goods, quantity=2)]}))
    found = told.messages()
    assert [message[0] for message in found] == SOLD
    figure, change, of_product = (message[1] for message in found)
    moment = figure["timestamp"]
    assert figure == {**red(goods), "stock": 8, "timestamp": moment, "afterOrder": True}
    variant = {"size": "M", "color": "Red"}
    assert change == {"productId": goods.id, "variant": variant, "stockChange": -2, "timestamp": moment}
    assert of_product == {
        "productId": goods.id,
        "variant": variant,
        "stock": 8,
        "totalStock": 18,
        "available": True,
        "timestamp": moment,
    }
    # The same order again is the first answer again: nothing happened.
    done(staff("POST", "/api/stock/reduce?orderId=o1&afterOrder=true", {"items": [red(goods, quantity=2)]}))
    assert told.names == []


def test_running_low_selling_out_and_coming_back(staff: Call, told: Told, goods: Goods) -> None:
    done(staff("POST", "/api/stock/reduce", {"items": [red(goods, quantity=6)]}))
    *sale, low = told.messages()
    assert [message[0] for message in sale] == SOLD
    assert low[0] == "low_stock_alert"
    assert low[1] == {
        "productId": goods.id,
        "productName": "Mug",
        "variant": {"size": "M", "color": "Red"},
        "currentStock": 4,
        "lowStockThreshold": 5,
        "severity": "warning",
        "timestamp": low[1]["timestamp"],
    }
    done(staff("POST", "/api/stock/reduce", {"items": [red(goods, quantity=4)]}))
    assert told.names == SOLD
    done(staff("POST", "/api/stock/restock", {"items": [red(goods, quantity=7)]}))
    assert told.names == CHANGED, "nobody wished for it"


def test_a_refused_sale_is_told_to_nobody(staff: Call, told: Told, goods: Goods) -> None:
    done(staff("POST", "/api/stock/reduce", {"items": [red(goods, quantity=11)]}), 409)
    assert told.names == []


def test_a_hold_made_released_and_one_that_is_committed(staff: Call, told: Told, goods: Goods) -> None:
    held = done(staff("POST", "/api/stock/reserve", {"items": [red(goods, quantity=2)]}), 201)
    assert told.names == HELD
    done(staff("DELETE", f"/api/stock/reservations/{held['reservationId']}"), 204)
    assert told.names == HELD
    held = done(staff("POST", "/api/stock/reserve", {"items": [red(goods, quantity=2)]}), 201)
    assert told.names == HELD
    done(staff("POST", f"/api/stock/reservations/{held['reservationId']}/commit"))
    assert told.names == SOLD


def test_a_count_a_transfer_and_counts_by_sync(staff: Call, told: Told, goods: Goods) -> None:
    counts = [red(goods, quantity=7, expected=10, reason="count", locationId="main")]
    done(staff("POST", "/api/stock/adjust", {"items": counts}))
    assert told.names == CHANGED
    make_location("second")
    moved = {"items": [red(goods, quantity=1)], "fromLocationId": "main", "toLocationId": "second"}
    done(staff("POST", "/api/stock/transfer", {**moved, "reason": "nearer"}))
    transferred = told.messages()
    assert [message[0] for message in transferred] == CHANGED
    assert transferred[1][1]["stockChange"] == 0
    done(staff("POST", "/api/stock/sync", {"items": [red(goods, stock=12)]}))
    assert told.names == CHANGED


def test_a_touch_tells_of_no_change(staff: Call, told: Told, goods: Goods) -> None:
    done(staff("POST", "/api/stock/sync", {"productIds": [goods.id]}))
    names = told.names
    # For each of its two variants.
    assert names == HELD * 2


def test_a_validation_is_whispered(staff: Call, told: Told, goods: Goods) -> None:
    done(staff("POST", "/api/stock/validate", {"items": [red(goods, quantity=2)]}))
    (message,) = told.messages()
    assert message == [
        "STOCK_VALIDATED",
        {**red(goods), "stock": 10, "timestamp": message[1]["timestamp"], "afterOrder": False},
    ]


@pytest.mark.parametrize("event", ["STOCK_UPDATED", "STOCK_REDUCED", "STOCK_VALIDATED"])
def test_an_announcement_is_what_was_announced(staff: Call, told: Told, goods: Goods, event: str) -> None:
    done(staff("POST", "/api/socket", {"event": event, "data": red(goods, stock=4)}))
    ((name, payload, _cursor),) = told.messages()
    assert (name, payload) == (
        event,
        {**red(goods), "stock": 4, "timestamp": payload["timestamp"], "afterOrder": False},
    )
    done(staff("POST", "/api/socket", {"event": event, "data": {"productId": "of-others", "stock": 1}}))
    ((name, payload, _cursor),) = told.messages()
    assert payload == {
        "productId": "of-others",
        "stock": 1,
        "timestamp": payload["timestamp"],
        "afterOrder": False,
    }
