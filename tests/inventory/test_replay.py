"""Replaying real sales: what a file says, and what the ledger then holds."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import os
from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from catalog.models import Product
from inventory import services
from inventory.models import StockLevel, StockMovement, StockOperation
from inventory.replay.parsing import BadFile, batches, is_no_goods, read_rows
from inventory.selectors.drift import drifts
from tests.hearing import Heard
from tests.inventory.shop import ACTOR, make_goods

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROWS = """
536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.00,17850.0,United Kingdom
536366,85123A,WHITE HEART,4,2010-12-01 09:00:00,2.55,17850.0,United Kingdom
536366,85123A,WHITE HEART,1,2010-12-01 09:00:00,2.55,17850.0,United Kingdom
C536379,85123A,WHITE HEART,-2,2010-12-01 09:41:00,2.55,14527.0,United Kingdom
C536380,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom
536589,71053,,-3,2010-12-01 16:50:00,0.0,,United Kingdom
"""

#: One month of a real shop; where it is, this names it. It is no part of the project.
REAL = Path(os.environ.get("STOCKWIRE_REAL_SALES", "../shared/data/online-retail/2010-12.csv.gz"))


def rows(text: str) -> csv.DictReader[str]:
    return csv.DictReader(StringIO(f"{HEADER}\n{text.strip()}\n"))


# -------------------------------------------------------------------------------------------- parsing


def test_rows_become_invoices_each_with_its_sales_returns_and_adjustments() -> None:
    book = read_rows(rows(ROWS))
    assert [one.number for one in book.invoices] == ["536365", "536366", "C536379", "536589"]
    first, second, cancelled, adjusted = book.invoices
    assert (first.sold, first.occurred_at) == (
        [("85123A", 6), ("71053", 6)],
        dt.datetime(2010, 12, 1, 8, 26, tzinfo=dt.UTC),
    )
    assert (second.sold, second.lines) == ([("85123A", 4), ("85123A", 1)], 2)
    assert cancelled.returned == [("85123A", 2)]
    assert adjusted.written_off == [("71053", 3)]
    assert book.no_goods == {"POST": 1, "D": 1}
    assert book.goods["85123A"].leaving == 11
    assert (book.goods["71053"].title, book.goods["71053"].leaving) == ("LANTERN", 9)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("536365,85123A,X,six,2010-12-01 08:26:00,2.55,,UK", "Quantity: 'six' is not a whole number"),
        ("536365,85123A,X,1.5,2010-12-01 08:26:00,2.55,,UK", "Quantity: '1.5' is not a whole number"),
        ("536365,85123A,X,0,2010-12-01 08:26:00,2.55,,UK", "Quantity: 0 is not between 1 and 1000000"),
        ("536365,85123A,X,1,yesterday,2.55,,UK", "InvoiceDate: 'yesterday' is no date"),
        (",85123A,X,1,2010-12-01 08:26:00,2.55,,UK", "InvoiceNo: missing or unreadable"),
        ("536365,,X,1,2010-12-01 08:26:00,2.55,,UK", "StockCode: missing or unreadable"),
        (
            "C1,85123A,X,1,2010-12-01 08:26:00,2.55,,UK",
            "Quantity: a cancellation takes back",
        ),
        ("536365", "StockCode: missing or unreadable"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_left_out(row: str, reason: str) -> None:
    book = read_rows(rows(row))
    assert (book.invoices, book.bad_rows) == ([], [f"row 2: {reason}"])


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(BadFile, match="these columns are missing: InvoiceNo, StockCode"):
        read_rows(csv.DictReader(StringIO("a,b\n1,2\n")))


@pytest.mark.parametrize("code", ["POST", "m", "BANK CHARGES", "gift_0001_40", "AMAZONFEE", "D", "DOT"])
def test_codes_that_are_no_goods_are_known(code: str) -> None:
    assert is_no_goods(code)


@pytest.mark.parametrize("code", ["85123A", "15056bl", "DCGS0076", "22423"])
def test_codes_of_goods_are_goods(code: str) -> None:
    assert not is_no_goods(code)


def test_batches_keep_invoices_whole_and_in_order() -> None:
    book = read_rows(rows(ROWS))
    assert [[one.number for one in batch] for batch in batches(book.invoices, lines=3)] == [
        ["536365", "536366"],
        ["C536379", "536589"],
    ]


# ------------------------------------------------------------------------------------------ replaying


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{ROWS.strip()}\n".encode()))
    return path


def replay(path: Path, *options: str) -> dict[str, str]:
    """The summary, by its names."""
    out = StringIO()
    call_command("replay_sales", str(path), *options, stdout=out)
    cells = [line.split("│")[1:3] for line in out.getvalue().splitlines() if "│" in line]
    return {name.strip(): value.strip() for name, value in cells if name.strip()}


def on_hand() -> dict[str, int]:
    return dict(StockLevel.objects.values_list("variant__sku", "on_hand"))


@pytest.mark.django_db
def test_each_invoice_is_one_reduction_each_cancellation_a_return(sales: Path, heard: Heard) -> None:
    told = replay(sales)
    assert (told["invoices"], told["lines"], told["refused"]) == ("4", "6", "0")
    assert (told["sales"], told["returns"], told["adjustments"]) == (
        "2 (17 units)",
        "1 (2 units)",
        "1 (3 units)",
    )
    assert told["no goods, left out"] == "2 (D 1, POST 1)"
    assert told["ledger verified"] == "yes"
    # Received was what leaves in all: 11 hearts and 9 lanterns. Two hearts came back.
    assert on_hand() == {"85123A": 2, "71053": 0}
    kinds = StockMovement.objects.values_list("kind", "reference", "delta", "source")
    assert Counter(kinds) == Counter(
        [
            ("import", "", 11, "import"),
            ("import", "", 9, "import"),
            ("sale", "536365", -6, "import"),
            ("sale", "536365", -6, "import"),
            ("sale", "536366", -5, "import"),
            ("return", "C536379", 2, "import"),
            ("adjustment", "536589", -3, "import"),
        ]
    )
    sold = StockMovement.objects.filter(reference="536366").get()
    assert sold.occurred_at == dt.datetime(2010, 12, 1, 9, tzinfo=dt.UTC)
    product = Product.objects.get(sku="85123A")
    assert (product.title, product.prices.get().amount) == ("WHITE HEART", Decimal("2.55"))
    names = Counter(name for name in heard.names if name.startswith(("stock.reduced", "stock.updated")))
    assert names == {"stock.reduced": 3, "stock.updated": 4}


@pytest.mark.django_db
def test_a_second_time_it_replays_as_already_done_and_changes_nothing(sales: Path, heard: Heard) -> None:
    replay(sales)
    before = (on_hand(), StockMovement.objects.count(), StockOperation.objects.count())
    heard.events.clear()
    told = replay(sales)
    assert (told["already done"], told["sales"], told["products made"]) == ("4", "0 (0 units)", "0")
    assert (on_hand(), StockMovement.objects.count(), StockOperation.objects.count()) == before
    assert heard.names == []


@pytest.mark.django_db
def test_a_part_and_then_the_whole_is_the_whole(sales: Path) -> None:
    assert replay(sales, "--limit", "1")["invoices"] == "1"
    told = replay(sales)
    assert (told["already done"], told["refused"]) == ("1", "0")
    assert on_hand() == {"85123A": 2, "71053": 0}


@pytest.mark.django_db
def test_what_the_shop_stocks_already_is_sold_from_and_not_received_again(sales: Path) -> None:
    goods = make_goods(stock=10)
    goods.variants[0].sku = "71053"
    goods.variants[0].save()
    told = replay(sales)
    assert (told["refused"], told["products made"]) == ("0", "1")
    assert on_hand()["71053"] == 1
    services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    assert drifts() == []


@pytest.mark.django_db
def test_an_invoice_that_is_short_is_refused_whole_and_counted(sales: Path) -> None:
    goods = make_goods(stock=5)
    goods.variants[0].sku = "71053"
    goods.variants[0].save()
    told = replay(sales)
    assert told["refused"] == "1 (out_of_stock 1)"
    assert on_hand() == {"71053": 2, "85123A": 8}


@pytest.mark.django_db
def test_at_its_own_pace_each_invoice_has_its_time(sales: Path) -> None:
    told = replay(sales, "--speed", "100000")
    assert (told["invoices"], float(told["seconds"]) >= 0.3) == ("4", True)


@pytest.mark.django_db(transaction=True)
def test_several_processes_come_to_the_same(sales: Path) -> None:
    told = replay(sales, "--workers", "2")
    assert (told["invoices"], told["refused"], told["ledger verified"]) == ("4", "0", "yes")
    assert on_hand() == {"85123A": 2, "71053": 0}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere.csv"], "No such file"),
        (["sales", "--speed", "2", "--workers", "2"], "--workers is for full speed"),
        (["sales", "--speed", "2", "--full-speed"], "not allowed with argument"),
        (["sales", "--speed", "0"], "invalid _positive value"),
        (["sales", "--limit", "0"], "must be at least 1"),
        (["sales", "--workers", "0"], "must be at least 1"),
    ],
)
def test_options_that_make_no_sense_are_said(sales: Path, arguments: list[str], text: str) -> None:
    named = [str(sales) if one == "sales" else one for one in arguments]
    with pytest.raises(CommandError, match=text):
        call_command("replay_sales", *named, stdout=StringIO())


@pytest.mark.django_db
def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "damaged.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{ROWS}".encode())[:60])
    with pytest.raises(CommandError, match=r"damaged\.csv\.gz"):
        call_command("replay_sales", str(path), stdout=StringIO())


@pytest.mark.django_db(transaction=True)  # emptied afterwards, not rolled back: so much would slow the rest
@pytest.mark.timeout(300)
def test_a_month_of_a_real_shop_comes_out_as_its_file_says() -> None:
    if not REAL.exists():
        pytest.skip(f"the real month of sales is not at {REAL} (STOCKWIRE_REAL_SALES names another place)")
    told = replay(REAL)
    assert (told["invoices"], told["lines"], told["refused"]) == ("1993", "42286", "0")
    assert (told["sales"], told["returns"]) == ("1622 (361826 units)", "301 (16009 units)")
    assert told["adjustments"] == "70 (4046 units)"
    assert told["ledger verified"] == "yes"
    # What was received is what leaves: on the shelf is, at the end, what came back.
    assert StockLevel.objects.aggregate(units=Sum("on_hand")) == {"units": 16009}
    again = replay(REAL)
    assert (again["already done"], again["refused"]) == ("1993", "0")
