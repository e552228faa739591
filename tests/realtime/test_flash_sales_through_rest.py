"""Plan, change, sell out and end a flash sale through REST; what is told of it, and to whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from catalog.services import tell_edges
from config.identity.models import Role
from config.kernel.clock import iso
from tests.inventory.conftest import Call, user_caller
from tests.orders.shop import WHERE, mug
from tests.realtime.telling import Told

PATH = "/api/flash-sales"


@pytest.fixture
def staff(told: Told) -> Call:
    return user_caller(Role.ADMIN, "staff@example.com")


@pytest.fixture
def customer(told: Told) -> Call:
    return user_caller(Role.CUSTOMER, "carla@example.com")


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.data


def plan(staff: Call, *product_ids: str, starts: float = -60, **changes: Any) -> dict[str, Any]:
    now = timezone.now()
    body = {
        "name": "<b>Night</b>",
        "discountPercentage": 12.5,
        "startTime": iso(now + dt.timedelta(seconds=starts)),
        "endTime": iso(now + dt.timedelta(seconds=3600)),
        "products": list(product_ids),
        **changes,
    }
    sale: dict[str, Any] = done(staff("POST", PATH, body), 201)
    return sale


def is_told(told: Told, sale: dict[str, Any], *what: str, **changes: Any) -> None:
    """Exactly this: to the storefront as `flash_sale_start`, to the topic `flash_sales` as `…started`."""
    shop, catalog = told.both()
    on_ws = {"start": "started", "end": "ended", "update": "updated"}
    assert [(one.name, one.rooms) for one in shop] == [(f"flash_sale_{w}", ("storefront",)) for w in what]
    assert [(one.name, one.rooms) for one in catalog] == [
        (f"flash_sale.{on_ws[w]}", ("flash_sales",)) for w in what
    ]
    expected = {**sale, **changes}
    assert shop[-1].payload == {
        **{name: expected[name] for name in ("saleId", "name", "description", "discountPercentage")},
        **{name: expected[name] for name in ("startTime", "endTime", "products", "status", "soldOut")},
        "event": what[-1],
        "timestamp": shop[-1].payload["timestamp"],
    }
    data = catalog[-1].payload
    assert data["sale_id"] == sale["saleId"]
    assert data["sale"] == {
        "id": expected["_id"],
        "name": expected["name"],
        "description": expected["description"],
        "discount_percentage": expected["discountPercentage"],
        "start_time": expected["startTime"],
        "end_time": expected["endTime"],
        "products": expected["products"],
        "status": expected["status"],
        "units": expected["units"],
        "units_per_customer": expected["unitsPerCustomer"],
        "sold_out": expected["soldOut"],
    }


def test_a_sale_that_begins_at_once_is_changed_and_ended(staff: Call, told: Told) -> None:
    goods = mug()
    told.records()
    sale = plan(staff, goods.id)
    is_told(told, sale, "start")
    changed = done(staff("PUT", f"{PATH}/{sale['_id']}", {"discountPercentage": 20}))
    is_told(told, changed, "update")
    done(staff("DELETE", f"{PATH}/{sale['_id']}"), 204)
    is_told(told, done(staff("GET", f"{PATH}/{sale['_id']}")), "end")
    assert tell_edges() == 0
    assert told.names == []


def test_a_planned_sale_is_told_and_one_that_is_taken_back_too(staff: Call, told: Told) -> None:
    goods = mug()
    told.records()
    sale = plan(staff, goods.id, starts=600)
    is_told(told, sale, "update")
    done(staff("DELETE", f"{PATH}/{sale['_id']}"), 204)
    is_told(told, sale, "end", status="ended")


def test_what_is_refused_is_told_to_nobody(staff: Call, told: Told) -> None:
    goods = mug()
    sale = plan(staff, goods.id)
    told.records()
    done(staff("PUT", f"{PATH}/{sale['_id']}", {"discountPercentage": 0}), 400)
    done(staff("POST", PATH, {}), 400)
    assert told.names == []


def test_the_order_that_takes_the_last_unit_says_so_before_anything_of_its_own(
    staff: Call, customer: Call, told: Told
) -> None:
    goods = mug()
    sale = plan(staff, goods.id, units=2)
    told.records()
    done(customer("POST", "/api/orders", {"items": [goods.item(1)], **WHERE}), 201)
    assert [name for name in told.names if name.startswith("flash_sale")] == []
    order = done(customer("POST", "/api/orders", {"items": [goods.item(1)], **WHERE}), 201)
    first, *others = told.messages()
    assert (first[0], first[1]["soldOut"]) == ("flash_sale_update", True)
    assert others[0][0] == "STOCK_REDUCED"
    done(customer("POST", f"/api/orders/{order['_id']}/cancel"))
    back = told.messages()
    names = [name for name, *_ in back]
    # A sale is locked after the stock; the order says so last.
    where = [names.index(name) for name in ("STOCK_UPDATED", "flash_sale_update", "order_status_update")]
    assert where == sorted(where)
    assert back[where[1]][1]["soldOut"] is False
    assert done(staff("GET", f"{PATH}/{sale['_id']}"))["soldOut"] is False
