"""Shopify's product CSV: one row for each variant and for each further image, in the order of the product.

The first row of a product has its title and its options' names; the rows below with the same Handle go on
with it. After Shopify's own description, https://help.shopify.com/en/manual/products/import-export/using-csv.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import groupby

from catalog.importing.candidates import Candidate, RefusedRowsError
from catalog.importing.markup import text_of
from catalog.importing.rows import Row
from catalog.services import CountDraft, PriceDraft, ProductDraft, VariantDraft
from catalog.services.rules import MAX_CATEGORY, MAX_VARIANT_SKU
from config.kernel.errors import StockwireError

REQUIRED = ("Handle", "Title")

_OPTIONS = (1, 2, 3)
_ALONE = "Default Title"
_AMERICAN = {"colour": "color"}
# Which column a place of a draft comes from.
_COLUMNS = (
    (r"sku$", "Variant SKU"),
    (r"amount$", "Variant Price"),
    (r"quantity$", "Variant Inventory Qty"),
    (r"attributes", "Option values"),
    (r"^title$", "Title"),
    (r"^description$", "Body (HTML)"),
    (r"^category$", "Type"),
    (r"^image$", "Image Src"),
)
_HIDDEN_STATES = frozenset({"draft", "archived"})


def reason_of(refusal: StockwireError) -> str:
    """Why a service refused a product, in this format's own words."""
    for place, texts in refusal.details.items():
        column = next((column for part, column in _COLUMNS if re.search(part, place)), place)
        return f"{column}: {texts[0]}"
    return refusal.message


def groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows of one product each, as they follow each other."""
    for _, group in groupby(rows, key=lambda row: row.text("Handle")):
        yield list(group)


def candidate(rows: Sequence[Row], *, file: str, currency: str, location_id: str | None) -> Candidate:
    """The product of these rows. Raises ``RefusedRowsError``."""
    first = rows[0]
    handle = first.text("Handle")
    if not handle:
        raise RefusedRowsError(*((row.number, "Handle is empty") for row in rows))
    if not first.text("Title"):
        raise RefusedRowsError((first.number, f"Title is empty, and no row above has the Handle {handle!r}"))
    reader = _Variants(rows, handle, currency, location_id)
    lowest = min(reader.amounts)
    alone = reader.alone
    draft = ProductDraft(
        sku=(reader.skus[0] if alone else "") or handle,
        title=first.text("Title"),
        description=text_of(first.text("Body (HTML)")),
        category=_category(first),
        image=_image(rows),
        available=first.text("Published").lower() != "false"
        and first.text("Status").lower() not in _HIDDEN_STATES,
        price=PriceDraft(currency, lowest),
        variants=() if alone else tuple(reader.drafts(lowest)),
        stock=reader.counts[0] if alone else (),
    )
    numbers = tuple(row.number for row in reader.rows)
    return Candidate(handle, file, first.number, draft, () if alone else numbers, tuple(reader.notes))


class _Variants:
    """The variants of one product, column by column. Rows that have only a further image are none."""

    def __init__(self, rows: Sequence[Row], handle: str, currency: str, location_id: str | None) -> None:
        self._handle = handle
        self._currency = currency
        self._location_id = location_id
        self.notes: list[tuple[int, str]] = []
        self._mistakes: list[tuple[int, str]] = []
        self.names = self._names(rows[0])
        self.rows = [row for row in rows if self._is_variant(row)] or [rows[0]]
        self.attributes = [self._attributes(row) for row in self.rows]
        self.alone = len(self.rows) == 1 and (not self.names or list(self.attributes[0].values()) == [_ALONE])
        self.amounts = [self._amount(row) for row in self.rows]
        self.counts = [self._counts(row) for row in self.rows]
        # A leading apostrophe keeps spreadsheets from taking a sku for a number.
        self.skus = [row.text("Variant SKU").removeprefix("'").strip() for row in self.rows]
        if not self.alone and not self.names:
            self._mistakes.append((self.rows[1].number, "a second variant, but the product has no options"))
        if self._mistakes:
            raise RefusedRowsError(*self._mistakes)

    def drafts(self, lowest: Decimal) -> Iterator[VariantDraft]:
        """One draft for each row; a price of its own where it isn't the product's."""
        used = {sku for sku in self.skus if sku}
        for row_skus, attributes, amount, counts in zip(
            self.skus, self.attributes, self.amounts, self.counts, strict=True
        ):
            sku = row_skus or _made_sku(self._handle, attributes.values(), used)
            used.add(sku)
            own = () if amount == lowest else (PriceDraft(self._currency, amount),)
            yield VariantDraft(sku=sku, attributes=attributes, prices=own, stock=counts)

    def _names(self, first: Row) -> dict[int, str]:
        names: dict[int, str] = {}
        for number in _OPTIONS:
            name = first.text(f"Option{number} Name").lower()
            name = _AMERICAN.get(name, name)
            if name in names.values():
                self._mistakes.append((first.number, f"two options are called {name!r}"))
            if name:
                names[number] = name
        return names

    def _is_variant(self, row: Row) -> bool:
        columns = [f"Option{number} Value" for number in _OPTIONS]
        return any(row.text(column) for column in (*columns, "Variant SKU", "Variant Price"))

    def _attributes(self, row: Row) -> dict[str, str]:
        found = {}
        for number, name in self.names.items():
            value = row.text(f"Option{number} Value")
            if not value:
                self._mistakes.append((row.number, f"Option{number} Value is empty"))
            found[name] = value
        return found

    def _amount(self, row: Row) -> Decimal:
        text = row.text("Variant Price")
        try:
            amount = Decimal(text)
        except InvalidOperation:
            self._mistakes.append(
                (row.number, f"Variant Price {text!r} is no amount" if text else "Variant Price is empty")
            )
            return Decimal(0)
        if not amount.is_finite() or amount < 0:
            self._mistakes.append((row.number, f"Variant Price {text!r} is no amount"))
            return Decimal(0)
        return amount

    def _counts(self, row: Row) -> tuple[CountDraft, ...]:
        text = row.text("Variant Inventory Qty")
        if not text:
            return ()
        if not re.fullmatch(r"[+-]?\d{1,12}", text, re.ASCII):
            self._mistakes.append((row.number, f"Variant Inventory Qty {text!r} is no whole number"))
            return ()
        quantity = int(text)
        if quantity < 0:
            # It was sold before it was there; what is on the shelf is none.
            self.notes.append((row.number, f"Variant Inventory Qty {quantity} counted as 0"))
        return (CountDraft(max(quantity, 0), self._location_id),)


def _made_sku(handle: str, values: Iterable[str], used: set[str]) -> str:
    """A sku for a row without one: the same each time the same file is read."""
    words = (re.sub(r"[^\w.]+", "-", value).strip("-").lower() for value in values)
    sku = "-".join([handle, *(word for word in words if word)])
    if len(sku) > MAX_VARIANT_SKU or sku in used:
        digest = hashlib.sha256("\0".join([handle, *values]).encode()).hexdigest()[:8]
        sku = f"{sku[: MAX_VARIANT_SKU - 9]}-{digest}"
    return sku


def _category(first: Row) -> str:
    """The Type; where a shop leaves that empty, the last step of the standard category, or the first tag."""
    standard = first.text("Product Category") or first.text("Google Shopping / Google Product Category")
    tags = [tag.strip() for tag in first.text("Tags").split(",")]
    return (first.text("Type") or standard.split(">")[-1].strip() or tags[0])[:MAX_CATEGORY]


def _image(rows: Sequence[Row]) -> str:
    images = [(row.text("Image Position"), row.text("Image Src")) for row in rows if row.text("Image Src")]
    return next((source for position, source in images if position == "1"), images[0][1] if images else "")
