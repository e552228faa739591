"""The file of invoice lines, pure: rows in, invoices out, and what was left out and why.

The format is that of the UCI data set "Online Retail": InvoiceNo, StockCode, Description, Quantity,
InvoiceDate, UnitPrice, CustomerID, Country; one row for each line of an invoice.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice")

#: Codes that are no goods: postage, carriage, discounts, samples, fees, manual entries, commissions.
NO_GOODS = frozenset(
    {"POST", "DOT", "C2", "C3", "D", "M", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "ADJUST"}
)
#: Gift vouchers are money, not goods.
NO_GOODS_PREFIXES = ("GIFT_", "TEST")

_DATE_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M")
_MAX_QUANTITY = 1_000_000
_LONGEST_CODE = 100
_LONGEST_INVOICE = 100
_MAX_PRICE = Decimal("1e12")


class BadFile(ValueError):
    """The file as a whole can't be read as invoice lines."""


@dataclass(slots=True)
class Invoice:
    """One invoice. ``sold``, ``returned`` and ``written_off`` are its lines: SKU and units."""

    number: str
    occurred_at: dt.datetime
    lines: int = 0
    sold: list[tuple[str, int]] = field(default_factory=list)
    returned: list[tuple[str, int]] = field(default_factory=list)
    written_off: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class Goods:
    """What the file tells of one SKU: its name, a price, and how much of it leaves the shop in all."""

    sku: str
    title: str = ""
    price: Decimal = Decimal(0)
    leaving: int = 0


@dataclass(slots=True)
class Book:
    """A file, read. ``no_goods`` counts lines by code; ``bad_rows`` names rows that can't be read."""

    invoices: list[Invoice]
    goods: Mapping[str, Goods]
    no_goods: Counter[str]
    bad_rows: list[str]

    @property
    def begins_at(self) -> dt.datetime:
        """The first moment in the file."""
        return min((invoice.occurred_at for invoice in self.invoices), default=dt.datetime.now(dt.UTC))


def read_file(path: Path) -> Book:
    """Read ``path`` (``.gz`` or plain). Raises ``BadFile``, and ``OSError`` where there is none."""
    with _opened(path) as text:
        try:
            return read_rows(csv.DictReader(text))
        except (csv.Error, EOFError, gzip.BadGzipFile) as error:
            raise BadFile(f"{path.name}: {error}") from error


def read_rows(rows: csv.DictReader[str]) -> Book:
    """Group rows into invoices, in the order in which the invoices begin."""
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise BadFile(f"these columns are missing: {', '.join(missing)}")
    invoices: dict[str, Invoice] = {}
    goods: dict[str, Goods] = {}
    no_goods: Counter[str] = Counter()
    bad_rows: list[str] = []
    for number, row in enumerate(rows, start=2):
        try:
            line = _line(row)
        except ValueError as error:
            bad_rows.append(f"row {number}: {error}")
            continue
        if is_no_goods(line.code):
            no_goods[line.code.upper()] += 1
            continue
        _add(line, invoices, goods)
    return Book(list(invoices.values()), goods, no_goods, bad_rows)


def is_no_goods(code: str) -> bool:
    """Whether a StockCode is postage, a fee, a manual entry, … and nothing that lies on a shelf."""
    upper = code.upper()
    return upper in NO_GOODS or upper.startswith(NO_GOODS_PREFIXES)


@dataclass(frozen=True, slots=True)
class _Line:
    invoice: str
    code: str
    description: str
    quantity: int
    moment: dt.datetime
    price: Decimal


def _line(row: Mapping[str, str | None]) -> _Line:
    texts = {name: (row.get(name) or "").strip() for name in COLUMNS}
    invoice, code = texts["InvoiceNo"], texts["StockCode"]
    if not invoice or len(invoice) > _LONGEST_INVOICE or not invoice.isprintable():
        raise ValueError("InvoiceNo: missing or unreadable")
    if not code or len(code) > _LONGEST_CODE or not code.isprintable():
        raise ValueError("StockCode: missing or unreadable")
    quantity = _whole(texts["Quantity"])
    if invoice.upper().startswith("C") and quantity > 0:
        raise ValueError("Quantity: a cancellation takes back")
    return _Line(
        invoice, code, _printable(texts["Description"]), quantity, _moment(texts["InvoiceDate"]),
        _price(texts["UnitPrice"]),
    )  # fmt: skip


def _add(line: _Line, invoices: dict[str, Invoice], goods: dict[str, Goods]) -> None:
    invoice = invoices.setdefault(line.invoice, Invoice(line.invoice, line.moment))
    invoice.occurred_at = min(invoice.occurred_at, line.moment)
    invoice.lines += 1
    told = goods.setdefault(line.code, Goods(line.code))
    told.title = told.title or line.description
    told.price = told.price or line.price
    if line.quantity > 0:
        invoice.sold.append((line.code, line.quantity))
        told.leaving += line.quantity
    elif line.invoice.upper().startswith("C"):
        invoice.returned.append((line.code, -line.quantity))
    else:
        invoice.written_off.append((line.code, -line.quantity))
        told.leaving -= line.quantity


def _whole(text: str) -> int:
    try:
        quantity = int(text)
    except ValueError:
        raise ValueError(f"Quantity: {text[:40]!r} is not a whole number") from None
    if quantity == 0 or abs(quantity) > _MAX_QUANTITY:
        raise ValueError(f"Quantity: {quantity} is not between 1 and {_MAX_QUANTITY}")
    return quantity


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = _moment_by_format(text)
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _moment_by_format(text: str) -> dt.datetime:
    for form in _DATE_FORMATS:
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007  the caller says UTC
        except ValueError:
            continue
    raise ValueError(f"InvoiceDate: {text[:40]!r} is no date")


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
    return price.quantize(Decimal("0.01")) if price.is_finite() and 0 < price < _MAX_PRICE else Decimal(0)


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable())[:300]


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    # Older files of this kind are in Latin-1; a name with a replaced letter is better than no sale.
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text


def batches(invoices: Iterable[Invoice], *, lines: int) -> Iterator[list[Invoice]]:
    """The invoices in their order, in batches of about so many lines."""
    batch: list[Invoice] = []
    size = 0
    for invoice in invoices:
        batch.append(invoice)
        size += invoice.lines
        if size >= lines:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
