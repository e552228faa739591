"""What each figure counts, and what it does not; the answer over REST, and who may read it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.identity.models import Role, Scope
from config.kernel.clock import iso, now, parse_iso
from inventory.models import Reservation, StockLevel
from orders.models import Cart, Order
from realtime import registry, services
from realtime.analytics.figures import BY_NAME, FIGURES, summary
from realtime.models import ProductView
from tests.inventory.conftest import caller, key_caller
from tests.inventory.shop import make_location
from tests.orders.conftest import Person, person
from tests.orders.paying import Bank, call_back, confirm, notice, pay
from tests.orders.shop import Goods, mug, place, ship, shirt

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_is_poked(quiet_courier: None) -> None:
    """There is no live half here."""


def figure(name: str, at: dt.datetime | None = None) -> Any:
    return BY_NAME[name].read(at or now())


def move_order(order: dict[str, Any], moment: dt.datetime) -> None:
    Order.objects.filter(pk=order["_id"]).update(created_at=moment)


# ---------------------------------------------------------------------------------- orders and revenue


def test_orders_of_today_are_those_since_midnight_where_the_shop_is(
    customer: Person, settings: Settings
) -> None:
    goods = mug()
    order = place(customer, goods.item(2))
    noon = parse_iso("2026-11-21T12:00:00Z")
    for zone, placed, is_todays in [
        ("UTC", "2026-11-21T00:00:00Z", True),
        ("UTC", "2026-11-20T23:59:59.999Z", False),
        ("Africa/Cairo", "2026-11-20T22:00:00Z", True),
        ("Africa/Cairo", "2026-11-20T21:59:59.999Z", False),
        ("America/New_York", "2026-11-21T04:59:59Z", False),
    ]:
        settings.STOCKWIRE_TIME_ZONE = ZoneInfo(zone)
        move_order(order, parse_iso(placed))
        assert figure("orders_today", noon) == int(is_todays), (zone, placed)
        assert figure("revenue_today", noon) == (200 if is_todays else 0), (zone, placed)


def test_revenue_is_what_was_ordered_without_what_was_cancelled(customer: Person, staff: Person) -> None:
    goods = mug(price="99.99")
    orders = [place(customer, goods.item(number)) for number in (1, 2, 3)]
    assert (figure("orders_today"), figure("revenue_today")) == (3, 599.94)
    assert customer("POST", f"/api/orders/{orders[1]['_id']}/cancel").status_code == 200
    # It was placed all the same.
    assert (figure("orders_today"), figure("revenue_today")) == (3, 399.96)
    ship(staff, orders[0]["_id"], to="delivered")
    assert (figure("orders_today"), figure("revenue_today")) == (3, 399.96)


def test_revenue_is_without_what_was_given_back(customer: Person, staff: Person, bank: Bank) -> None:
    payment = pay(customer, place(customer, mug(price="99.99").item(1)))
    confirm(customer, payment)
    assert figure("revenue_today") == 99.99
    path = f"/api/payments/{payment['_id']}/refund"
    assert staff("POST", path, {"amount": 33.33}).status_code == 200
    assert figure("revenue_today") == 66.66
    assert staff("POST", path, {}).status_code == 200
    assert (figure("orders_today"), figure("revenue_today")) == (1, 0)


def test_money_of_a_cancelled_order_is_taken_off_once(customer: Person, staff: Person, bank: Bank) -> None:
    goods = mug()
    place(customer, goods.item(1))
    payment = pay(customer, place(customer, goods.item(2)))
    confirm(customer, payment)
    assert figure("revenue_today") == 300
    assert staff("POST", f"/api/orders/{payment['orderId']}/cancel").status_code == 200
    assert figure("revenue_today") == 100


def test_money_that_came_too_late_and_went_back_was_never_ours(
    customer: Person, guest: Any, bank: Bank
) -> None:
    goods = mug()
    place(customer, goods.item(1))
    payment = pay(customer, place(customer, goods.item(2)))
    customer("POST", f"/api/orders/{payment['orderId']}/cancel")
    call_back(guest, notice(payment, "evt_1"))
    assert figure("revenue_today") == 100


def test_revenue_is_in_the_shops_currency_and_its_decimals(customer: Person, settings: Settings) -> None:
    order = place(customer, mug(price="10").item(1))
    place(customer, mug(price="5").item(1))
    Order.objects.filter(pk=order["_id"]).update(currency="KWD", total=Decimal("10.125"))
    assert (figure("orders_today"), figure("revenue_today")) == (2, 5)
    settings.STOCKWIRE_CURRENCY = "KWD"
    assert (figure("orders_today"), figure("revenue_today")) == (2, 10.125)


# ---------------------------------------------------------------------------------- carts


def test_active_carts_have_something_in_them_and_were_changed_within_a_day(customer: Person) -> None:
    goods = mug()
    item = customer("POST", "/api/cart/items", goods.item(1)).data["items"][0]["_id"]
    caller()("POST", "/api/cart/items", goods.item(1))
    caller()("GET", "/api/cart")
    assert figure("active_carts") == 2
    a_day_later = now() + dt.timedelta(hours=23, minutes=59)
    assert figure("active_carts", a_day_later) == 2
    assert figure("active_carts", a_day_later + dt.timedelta(minutes=2)) == 0
    customer("DELETE", f"/api/cart/items/{item}")
    assert figure("active_carts") == 1
    customer("POST", "/api/cart/items", goods.item(1))
    assert figure("active_carts") == 2
    place(customer)
    assert figure("active_carts") == 1, "what is ordered lies in no cart"
    Cart.objects.update(updated_at=now() - dt.timedelta(hours=25))
    assert figure("active_carts") == 0


# ---------------------------------------------------------------------------------- stock


def change_stock(staff: Person, what: str, items: list[dict[str, Any]], **more: Any) -> Any:
    answer = staff("POST", f"/api/stock/{what}", {"items": items, **more})
    assert answer.status_code < 300, answer.content
    return answer.data


def test_each_level_that_comes_down_to_its_threshold_is_one_more(staff: Person) -> None:
    goods = shirt()
    m_red = {"productId": goods.id, "size": "M", "color": "Red"}
    assert figure("low_stock_count") == 0
    change_stock(staff, "reduce", [{**m_red, "quantity": 4}])
    assert figure("low_stock_count") == 0
    change_stock(staff, "reduce", [{**m_red, "quantity": 1}])
    assert figure("low_stock_count") == 1
    change_stock(staff, "reduce", [{**m_red, "quantity": 5}])
    assert figure("low_stock_count") == 1
    make_location("back")
    change_stock(staff, "restock", [{**m_red, "quantity": 2, "locationId": "back"}], reason="x")
    assert figure("low_stock_count") == 2, "low at either place"
    change_stock(staff, "restock", [{**m_red, "quantity": 6, "locationId": "main"}], reason="x")
    assert figure("low_stock_count") == 1
    goods.archive()
    assert figure("low_stock_count") == 0


def test_a_threshold_decides(staff: Person) -> None:
    goods = mug(stock=10)
    assert figure("low_stock_count") == 0
    levels = {"items": [{"productId": goods.id, "lowStockThreshold": 10}]}
    assert staff("PATCH", "/api/stock/levels", levels).status_code == 200
    assert figure("low_stock_count") == 1


def test_what_is_held_is_not_there_until_the_hold_has_run_out(staff: Person) -> None:
    goods = mug(stock=10)
    hold = change_stock(staff, "reserve", [goods.item(6)], ttlSeconds=600)
    assert figure("low_stock_count") == 1
    Reservation.objects.filter(pk=hold["reservationId"]).update(expires_at=now() - dt.timedelta(seconds=1))
    # By the clock: nobody has tidied it up.
    assert StockLevel.objects.get(product_id=goods.id).reserved == 6
    assert figure("low_stock_count") == 0


# ---------------------------------------------------------------------------------- views


def view(goods: Goods, at: dt.datetime) -> None:
    services.count_views(
        views=[ProductView(product_id=goods.id, category="", user_id=None, duration_ms=1, viewed_at=at)]
    )


def test_views_are_those_of_the_last_hour(customer: Person) -> None:
    goods = mug()
    moment = now()
    for minutes in (0, 30, 59, 61):
        view(goods, moment - dt.timedelta(minutes=minutes))
    assert figure("views_last_hour", moment) == 3
    assert figure("views_last_hour", moment + dt.timedelta(minutes=2)) == 2


# ---------------------------------------------------------------------------------- the table


def test_what_a_figure_listens_for_is_an_event_of_the_log() -> None:
    durable = {name for name, entry in registry.BY_NAME.items() if entry.durable}
    assert {event for one in FIGURES for event in one.events} - durable == set()


def test_the_figures_are_these() -> None:
    assert [one.name for one in FIGURES] == [
        "orders_today", "revenue_today", "active_carts", "low_stock_count", "open_support_chats",
        "views_last_hour",
    ]  # fmt: skip


def test_a_summary_is_a_fixed_number_of_questions(customer: Person) -> None:
    goods = mug(stock=100)

    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            summary(now())
        return len(captured)

    few = questions()
    for _each in range(3):
        place(customer, goods.item(1))
        caller()("POST", "/api/cart/items", goods.item(1))
        view(goods, now())
    assert questions() == few


# ---------------------------------------------------------------------------------- over REST

SUMMARY = "/api/analytics/summary"


def test_the_summary_has_all_figures_and_the_connections(customer: Person, staff: Person) -> None:
    goods = mug(stock=6, price="12.5")
    before = iso(now())
    place(customer, goods.item(2))
    customer("POST", "/api/cart/items", goods.item(1))
    view(goods, now())
    answer = staff("GET", SUMMARY)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"
    timestamp = answer.data.pop("timestamp")
    assert before <= timestamp <= iso(now())
    assert answer.data == {
        "ordersToday": 1,
        "revenueToday": 25,
        "activeCarts": 1,
        "lowStockCount": 1,
        "openSupportChats": 0,
        "viewsLastHour": 1,
        "connections": 0,
    }


def test_an_empty_shop_has_figures_too(staff: Person) -> None:
    answer = staff("GET", SUMMARY).data
    assert {name: value for name, value in answer.items() if name != "timestamp"} == {
        **{one.rest_name: 0 for one in FIGURES},
        "connections": 0,
    }


def test_only_staff_may_read_it() -> None:
    asking: dict[str, Any] = {
        **{str(role): person(role, f"a {role}".replace(" ", ".")) for role in Role},
        "every scope": key_caller(*Scope),
        "guest": caller(),
    }
    answers = {who: call("GET", SUMMARY) for who, call in asking.items()}
    assert {who: answer.status_code for who, answer in answers.items()} == {
        "admin": 200, "customer": 403, "tailor": 403, "delivery": 403, "every scope": 403, "guest": 401
    }  # fmt: skip
    assert answers["customer"].data["code"] == "not_permitted"
    assert asking["admin"]("POST", SUMMARY, {}).status_code == 405
