"""Reads of many products stay linear, whatever the planner believes of the tables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from catalog.models import Product, Variant
from inventory.models import Location, ProductStock, Reservation, ReservationLine, StockLevel
from inventory.selectors import figures
from inventory.services import statements

pytestmark = pytest.mark.django_db

MANY = 300


@pytest.fixture
def ids() -> dict[str, Any]:
    """Products with a level and a hold that has run out each, made at once; and the planner's worst day."""
    numbers = range(MANY)
    products = [Product(id=f"p{n}", sku=f"p{n}", title="Mug") for n in numbers]
    Product.objects.bulk_create(products)
    Variant.objects.bulk_create(
        Variant(id=f"v{n}", product_id=f"p{n}", sku=f"p{n}", implicit=True) for n in numbers
    )
    Location.objects.create(code="main")
    ProductStock.objects.bulk_create(ProductStock(product_id=f"p{n}") for n in numbers)
    place = {"location_id": "main"}
    StockLevel.objects.bulk_create(
        StockLevel(
            product_id=f"p{n}", variant_id=f"v{n}", on_hand=5, reserved=2, low_stock_threshold=1, **place
        )
        for n in numbers
    )
    Reservation.objects.bulk_create(
        Reservation(id=f"r{n}", holder="x", expires_at="2026-01-01T00:00Z") for n in numbers
    )
    ReservationLine.objects.bulk_create(
        ReservationLine(reservation_id=f"r{n}", product_id=f"p{n}", variant_id=f"v{n}", quantity=2, **place)
        for n in numbers
    )
    with connection.cursor() as cursor:
        # What it does by itself where it takes a table for empty: join row by row.
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    products_asked = [f"p{n}" for n in numbers]
    return {
        "products": products_asked,
        "variants": [f"v{n}" for n in numbers],
        "asked": json.dumps(products_asked),
    }


def rows_looked_at(plan: dict[str, Any]) -> float:
    """How many rows the steps of a plan have passed on or thrown away."""
    mine = (
        plan["Actual Rows"]
        + plan.get("Rows Removed by Filter", 0)
        + plan.get("Rows Removed by Join Filter", 0)
    )
    return float(mine * plan["Actual Loops"]) + sum(rows_looked_at(one) for one in plan.get("Plans", []))


@pytest.mark.parametrize("statement", [statements._READ, figures._FIGURES, figures._STANDING])
def test_a_read_of_many_products_looks_at_each_row_a_few_times_only(
    ids: dict[str, Any], statement: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, ids)
        found = cursor.fetchone()[0]
    assert rows_looked_at(found[0]["Plan"]) < 40 * MANY


def test_what_is_read_is_the_same_with_every_plan(ids: dict[str, Any]) -> None:
    found = figures.variant_figures(ids["variants"])
    assert {(one.available, one.locations[0].on_hand) for one in found.values()} == {(5, 5)}
    assert figures.product_standing(ids["products"]).figures == found
    reading = statements.read_book(ids["products"])
    assert len(reading.shelves) == len(reading.expired) == MANY
    assert {shelf.available for shelf in reading.shelves} == {3}
    assert statements.read_book(ids["products"]).expired == []
