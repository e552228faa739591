"""``verify_stock`` finds any drift and repairs it by entries; ``explain_stock`` tells why."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config.kernel.clock import iso
from inventory import services
from inventory.models import ReservationLine, StockLevel, StockMovement
from inventory.services.repairs import REASON
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods, make_location

pytestmark = pytest.mark.django_db


def verify(*options: str) -> tuple[int, str]:
    """Exit code and report."""
    out = StringIO()
    try:
        call_command("verify_stock", *options, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def busy_goods() -> Goods:
    make_location("shop")
    goods = make_goods(stock=10)
    services.reduce_stock(lines=[goods.line(3)], actor=ACTOR)
    services.transfer_stock(lines=[goods.line(2)], source="main", target="shop", actor=ACTOR)
    services.reserve_stock(lines=[goods.line(1)], ttl_seconds=60, actor=ACTOR)
    return goods


def test_a_sound_ledger_is_said_to_hold() -> None:
    busy_goods()
    assert verify() == (0, "The ledger holds: 2 levels against 4 ledger entries\n")


def test_a_level_that_was_changed_past_the_ledger_is_found_and_compensated() -> None:
    goods = busy_goods()
    StockLevel.objects.filter(id=goods.level().id).update(on_hand=4)
    code, report = verify()
    assert (code, report.splitlines()) == (
        1,
        [
            f"{goods.product.sku} at main: on hand is 4, the ledger adds up to 5",
            "1 disagree, of 2 levels against 4 ledger entries",
        ],
    )
    assert verify("--repair")[0] == 0
    assert deltas(goods)[-1] == ("main", -1, 4, "adjustment")
    assert StockMovement.objects.latest("id").reason == REASON
    assert goods.level().on_hand == 4
    assert verify()[0] == 0


def test_an_entry_with_a_wrong_balance_is_found_and_never_edited() -> None:
    goods = busy_goods()
    movement = StockMovement.objects.latest("id")
    StockMovement.objects.create(
        operation=movement.operation,
        product=goods.product,
        variant=goods.variants[0],
        location_id="main",
        delta=-1,
        balance_after=2,
        kind="sale",
        actor="somebody",
        source="api",
        occurred_at=movement.occurred_at,
    )
    code, report = verify()
    assert (code, len(report.splitlines())) == (1, 3)
    assert verify("--repair")[0] == 0
    assert deltas(goods)[-2:] == [("main", -1, 2, "sale"), ("main", 1, 5, "adjustment")]
    assert verify()[0] == 0


def test_a_wrong_sum_of_holds_is_found_and_set_right() -> None:
    goods = busy_goods()
    StockLevel.objects.filter(id=goods.level().id).update(reserved=3)
    code, report = verify()
    assert code == 1
    assert f"{goods.product.sku} at main: reserved is 3, open holds add up to 1" in report
    assert verify("--repair")[0] == 0
    assert goods.level().reserved == 1


def test_what_cannot_be_repaired_stays_an_error() -> None:
    goods = busy_goods()
    ReservationLine.objects.update(quantity=50)
    assert verify("--repair")[0] == 1
    assert verify()[0] == 1
    assert goods.level().on_hand == 5


def explain(*arguments: str) -> str:
    out = StringIO()
    call_command("explain_stock", *arguments, stdout=out)
    return out.getvalue()


def test_a_figure_is_explained_by_the_entries_that_make_it_up() -> None:
    goods = busy_goods()
    told = explain(goods.product.sku)
    assert f"{goods.product.sku} (Mug)" in told
    assert "main: on hand 5, held 1" in told
    assert "shop: on hand 2, held 0" in told
    assert "+10  -> 10  restock" in told
    assert "-3  -> 7  sale" in told
    assert "by service:test (api)" in told
    assert told.endswith("on hand 7, of it held 1\n")


def test_a_figure_of_the_past_is_explained_as_it_was() -> None:
    make_location("main")
    goods = make_goods()
    monday = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
    for day in range(4):
        services.restock(
            lines=[goods.line(5, "main")], actor=ACTOR, occurred_at=monday + dt.timedelta(days=day)
        )
    at = iso(monday + dt.timedelta(days=2, hours=1))
    assert "main: on hand 15" in explain(goods.product.sku, "--at", at)
    short = explain(goods.product.sku, "--at", at, "--last", "1")
    assert "2 earlier entries add up to 10" in short
    assert "not stocked by then" in explain(goods.product.sku, "--at", "2020-01-01")


def test_an_unknown_sku_and_a_bad_time_are_said() -> None:
    with pytest.raises(CommandError, match="No variant has the SKU nothing"):
        explain("nothing")
    with pytest.raises(CommandError, match="--at: not an ISO 8601"):
        explain("nothing", "--at", "soon")
