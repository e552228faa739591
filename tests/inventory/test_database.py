"""What the database itself refuses, whatever the code does."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from inventory.models import ProductStock, StockLevel, StockMovement
from tests.emptying import SWITCH_ON
from tests.inventory.shop import make_goods

pytestmark = pytest.mark.django_db


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_stockmovement SET delta = 1",
        "UPDATE inventory_stockmovement SET reason = 'x' WHERE id = -1",
        "DELETE FROM inventory_stockmovement",
        "TRUNCATE inventory_stockmovement",
        "TRUNCATE inventory_stockoperation CASCADE",
    ],
)
def test_the_ledger_is_append_only(statement: str) -> None:
    make_goods(stock=5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(SWITCH_ON)  # only within this test's transaction
    with pytest.raises(IntegrityError, match="append-only"):
        run(statement)
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("on_hand = -1", "level_never_oversold"),
        ("on_hand = -1, allow_backorder = true", "level_on_hand_not_negative"),
        ("reserved = -1", "level_reserved_not_negative"),
        ("safety = -1", "level_safety_not_negative"),
        ("reserved = 6", "level_never_oversold"),
        ("reserved = 3, safety = 3", "level_never_oversold"),
        ("on_hand = 1, reserved = 2", "level_never_oversold"),
    ],
)
def test_a_level_never_says_more_is_sold_or_held_than_is_there(change: str, constraint: str) -> None:
    goods = make_goods(stock=5)
    with pytest.raises(IntegrityError, match=constraint):
        run(f"UPDATE inventory_stocklevel SET {change} WHERE id = {goods.level().id}")  # noqa: S608  our own text


def test_a_level_with_a_ledger_stays() -> None:
    goods = make_goods(stock=5)
    with pytest.raises(IntegrityError, match="movement_has_level"):
        run(f"DELETE FROM inventory_stocklevel WHERE id = {goods.level().id}")  # noqa: S608  as above


def test_every_change_of_a_level_bears_a_newer_version_of_its_head() -> None:
    goods = make_goods(stock=5)
    head = ProductStock.objects.get(product=goods.product)
    level = StockLevel.objects.get(product=goods.product)
    # What came in is announced twice: as a change, and as back.
    assert (head.version, level.version) == (2, 1)
    assert head.changed_at == level.updated_at
