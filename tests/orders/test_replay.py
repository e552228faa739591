"""A shop's real invoices, replayed as orders: each once, under its own number, at its own time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from pytest_django import Settings

from config.management.commands.replay_sales import Command
from inventory.models import StockLevel, StockMovement
from inventory.selectors.drift import drifts
from orders.models import Order, OrderLine
from tests.inventory.test_replay import HEADER, REAL, ROWS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_pounds(settings: Settings) -> None:
    settings.STOCKWIRE_CURRENCY = "GBP"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text(f"{HEADER}\n{ROWS.strip()}\n")
    return path


def run(file: Path, *options: str) -> str:
    out = StringIO()
    call_command("replay_sales", str(file), "--as", "orders", *options, stdout=out)
    return out.getvalue()


def test_the_help_says_which_shop_can_have_them_as_orders() -> None:
    said = " ".join(Command().create_parser("manage.py", "replay_sales").format_help().split())
    assert "STOCKWIRE_CURRENCY=GBP" in said


def test_each_invoice_becomes_an_order_and_the_rest_movements(file: Path) -> None:
    said = run(file)
    assert "ledger verified" in said
    orders = Order.objects.order_by("created_at")
    moment = dt.datetime(2010, 12, 1, 8, 26, tzinfo=dt.UTC)
    assert [(one.id, one.number, one.total, one.created_at) for one in orders] == [
        ("536365", "ORD-2010-000001", Decimal("35.64"), moment),
        ("536366", "ORD-2010-000002", Decimal("12.75"), moment.replace(hour=9, minute=0)),
    ]
    lines = OrderLine.objects.order_by("order_id", "position")
    assert list(lines.values_list("order_id", "sku", "quantity")) == [
        ("536365", "85123A", 6),
        ("536365", "71053", 6),
        ("536366", "85123A", 5),
    ]
    kinds = StockMovement.objects.exclude(kind="import").order_by("id")
    assert sorted(kinds.values_list("reference", "kind", "delta")) == sorted(
        [
            ("536365", "sale", -6),
            ("536365", "sale", -6),
            ("536366", "sale", -5),
            ("C536379", "return", 2),
            ("536589", "adjustment", -3),
        ]
    )
    assert drifts() == []


def test_a_second_time_nothing_is_done_again(file: Path) -> None:
    run(file)
    before = (Order.objects.count(), StockMovement.objects.count())
    assert "already done" in run(file)
    assert (Order.objects.count(), StockMovement.objects.count()) == before


def test_what_was_replayed_as_reductions_does_not_become_orders_too(file: Path) -> None:
    call_command("replay_sales", str(file), stdout=StringIO())
    moved = StockMovement.objects.count()
    assert "idempotency_key_reused 2" in run(file)
    assert (Order.objects.count(), StockMovement.objects.count()) == (0, moved)


def test_orders_need_the_files_currency_and_one_process(file: Path, settings: Settings) -> None:
    with pytest.raises(CommandError, match="one after the other"):
        run(file, "--workers", "2")
    settings.STOCKWIRE_CURRENCY = "EGP"
    with pytest.raises(CommandError, match="STOCKWIRE_CURRENCY=GBP"):
        run(file)
    assert not Order.objects.exists()
    assert not StockMovement.objects.exists()


@pytest.mark.skipif(not REAL.exists(), reason="the month of real sales is not on this machine")
def test_a_hundred_real_invoices_become_orders() -> None:
    run(REAL, "--limit", "100")
    sold = -(StockMovement.objects.filter(kind="sale").aggregate(units=Sum("delta"))["units"] or 0)
    assert sold == OrderLine.objects.aggregate(units=Sum("quantity"))["units"] > 0
    assert Order.objects.count() > 80
    assert not StockLevel.objects.filter(on_hand__lt=0).exists()
    assert drifts() == []
