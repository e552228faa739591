"""What a figure costs depends on what it counts, not on how much the shop has seen."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Variant
from config.identity.models import User
from config.kernel.clock import now
from inventory.models import StockLevel
from orders.models import Cart, CartItem, Order, Payment
from realtime.analytics.figures import BY_NAME, FIGURES
from realtime.models import ProductView
from tests.inventory.test_plans import rows_looked_at
from tests.orders.conftest import Person
from tests.orders.shop import Goods, mug

pytestmark = pytest.mark.django_db

OLD, NEW = 1_000, 10


@pytest.fixture
def busy_years(customer: Person) -> Goods:
    """Many orders, payments, carts and views of long ago, and a few of this hour."""
    goods = mug()
    ages = [dt.timedelta(days=2 + number % 300) for number in range(OLD)] + [dt.timedelta()] * NEW
    moments = [now() - age for age in ages]
    fill_orders(customer.user, moments)
    fill_carts(goods, moments)
    ProductView.objects.bulk_create(
        ProductView(product_id=goods.id, duration_ms=1, viewed_at=moment) for moment in moments
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE orders_order, orders_payment, orders_cart, orders_cartitem, realtime_productview"
        )
    return goods


def fill_orders(user: User, moments: list[dt.datetime]) -> None:
    orders = Order.objects.bulk_create(
        Order(
            number=f"ORD-{number}", user=user, currency="EGP", total=Decimal(10), item_count=1,
            shipping_address="12 Nile St", phone="1", payment_method="cod", created_at=moment,
            updated_at=moment,
        )
        for number, moment in enumerate(moments)
    )  # fmt: skip
    Payment.objects.bulk_create(
        Payment(
            order=order, provider="cod", status="partially_refunded", amount=Decimal(10), currency="EGP",
            refunded=Decimal(1), held_until=order.created_at, created_at=order.created_at,
            updated_at=order.created_at,
        )
        for order in orders
    )  # fmt: skip


def fill_carts(goods: Goods, moments: list[dt.datetime]) -> None:
    Cart.objects.bulk_create(
        Cart(id=f"cart_{number}", token_digest=str(number), updated_at=moment)
        for number, moment in enumerate(moments)
    )
    CartItem.objects.bulk_create(
        CartItem(
            cart_id=f"cart_{number}",
            product_id=goods.id,
            variant_id=goods.variants[0],
            quantity=1,
            position=1,
        )
        for number in range(len(moments))
    )


def looked_at(name: str) -> float:
    """How many rows the figure's questions look at."""
    with CaptureQueriesContext(connection) as captured:
        BY_NAME[name].read(now())
    found = 0.0
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"])
            (plan,) = cursor.fetchone()
            found += rows_looked_at(plan[0]["Plan"])
    return found


def test_what_is_past_is_not_looked_at_and_the_figures_are_right(busy_years: Goods) -> None:
    values: dict[str, Any] = {figure.name: figure.read(now()) for figure in FIGURES}
    assert values["views_last_hour"] == values["active_carts"] == values["orders_today"] == NEW
    assert values["revenue_today"] == NEW * 9
    del values["low_stock_count"]  # It looks at each level, see below.
    with connection.cursor() as cursor:
        # Tables as small as these are read whole on a whim, of how the tests before have left their pages.
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert {name: rows for name in values if (rows := looked_at(name)) > 20 * NEW} == {}


def test_how_much_is_low_looks_at_each_level_a_few_times_only(busy_years: Goods) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_variant, inventory_stocklevel, inventory_reservation")
    # Whatever else the database of the tests holds just now.
    assert looked_at("low_stock_count") <= 8 * (StockLevel.objects.count() + Variant.objects.count())


def test_control_without_an_index_all_of_it_would_be(busy_years: Goods) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_indexonlyscan = off")
    for name in ("orders_today", "revenue_today", "active_carts", "views_last_hour"):
        assert looked_at(name) > OLD
