"""Products as a CSV file and back, a row each, in the words of the catalog dialect.

A row is judged and written as a body of `/products` would be: by the same serializer, by the services, in
batches. `updated_at` is the row's version: whoever changed the product since the file was written is not
overwritten. Empty cells of lists leave what is there; stock is in no column.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import tablib
from django.db import transaction
from django.db.models import QuerySet
from import_export import fields, resources
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import Result, RowResult
from rest_framework.exceptions import ValidationError

from catalog.api.catalog_serializers import NewProductSerializer, ProductPartSerializer, draft_of
from catalog.dialects import catalog_product
from catalog.models import Product
from catalog.records import ProductRecord
from catalog.selectors import product_records
from catalog.services import ProductChange, ProductDraft, change_products, create_products
from catalog.services.outcomes import Outcome
from catalog.stamps import ProductStamp
from config.api.errors import place_message
from config.api.json import read_json
from config.kernel.actors import Actor
from config.kernel.clock import iso
from config.kernel.errors import InvalidInput, PreconditionFailed, StockwireError
from config.kernel.transactions import in_transaction

BATCH = 200
_TEXTS = ("sku", "base_title", "description", "category", "subcategory", "image")
_FLAGS = ("available", "featured")
_LISTS = ("variants", "options", "metadata")
COLUMNS = ("id", *_TEXTS, *_FLAGS, "prices", *_LISTS, "updated_at")
#: Columns of which an empty cell says something.
FILLED = frozenset({"id", *_TEXTS})

#: Rows of a file that is tried, on one page; what is more is only counted.
MOST_PREVIEWED = 200

Row = Mapping[str, str]


class PreviewedResult(Result):  # type: ignore[misc]  # the library has no types
    """What became of a file's rows. Those that do something come first, and a page full is shown."""

    def valid_rows(self) -> list[RowResult]:
        rows: list[RowResult] = super().valid_rows()
        rows.sort(key=lambda row: row.import_type == RowResult.IMPORT_TYPE_SKIP)
        return rows[:MOST_PREVIEWED]

    def left_out(self) -> int:
        """How many are not shown."""
        return max(0, len(super().valid_rows()) - MOST_PREVIEWED)


class ProductResource(resources.Resource):  # type: ignore[misc]  # the library has no types
    """What django-import-export asks of us; the writing is done before it looks at the rows."""

    id = fields.Field(column_name="id")
    sku = fields.Field(column_name="sku")
    base_title = fields.Field(column_name="base_title")
    description = fields.Field(column_name="description")
    category = fields.Field(column_name="category")
    subcategory = fields.Field(column_name="subcategory")
    image = fields.Field(column_name="image")
    available = fields.Field(column_name="available")
    featured = fields.Field(column_name="featured")
    prices = fields.Field(column_name="prices")
    variants = fields.Field(column_name="variants")
    options = fields.Field(column_name="options")
    metadata = fields.Field(column_name="metadata")
    updated_at = fields.Field(column_name="updated_at")

    class Meta:
        instance_loader_class = BaseInstanceLoader  # which is asked for nothing

    def __init__(self, *, actor: Actor | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._actor = actor
        self._outcomes: list[tuple[Outcome | StockwireError, bool]] = []
        self._differences: list[str] = []

    @classmethod
    def get_display_name(cls) -> str:
        return "Products"

    # --------------------------------------------------------------------------------------- out

    def export(self, queryset: QuerySet[Product] | None = None, **kwargs: Any) -> tablib.Dataset:  # noqa: ARG002  the library's
        """All products of a query, in its order; read in chunks."""
        chosen = queryset if queryset is not None else Product.objects.live()
        ids = list(chosen.values_list("pk", flat=True))
        dataset = tablib.Dataset(headers=COLUMNS)
        for start in range(0, len(ids), BATCH):
            records = _records(ids[start : start + BATCH])
            for product_id in ids[start : start + BATCH]:
                if product_id in records:
                    row = row_of(records[product_id])
                    dataset.append([row[column] for column in COLUMNS])
        return dataset

    # ---------------------------------------------------------------------------------------- in

    def import_data(
        self, dataset: tablib.Dataset, dry_run: bool = False, raise_errors: bool = False, **kwargs: Any
    ) -> Result:
        """Write the file, or try to; then tell of each row what became of it."""
        rows = [dict(zip(dataset.headers or (), map(_text, row), strict=False)) for row in dataset]
        for name in ("use_transactions", "collect_failed_rows", "rollback_on_validation_errors"):
            kwargs.pop(name, None)
        self._outcomes, self._differences = [], []
        for start in range(0, len(rows), BATCH):
            self._take(rows[start : start + BATCH], dry_run)
        return self.import_data_inner(dataset, dry_run, raise_errors, False, False, **kwargs)

    def import_row(self, row: Mapping[str, Any], instance_loader: Any, **kwargs: Any) -> RowResult:  # noqa: ARG002  the library's
        result, number = RowResult(), kwargs["row_number"] - 1
        outcome, is_new = self._outcomes[number]
        refusal = outcome if isinstance(outcome, StockwireError) else outcome.refusal
        if refusal is not None:
            named = row.get("sku") or row.get("id") or "?"
            error = ValueError(f"{named}: {refusal.message}")
            result.import_type = RowResult.IMPORT_TYPE_ERROR
            result.errors.append(self.get_error_result_class()(error, row=row, number=kwargs["row_number"]))
            return result
        changed = is_new or (isinstance(outcome, Outcome) and outcome.changed)
        kind = RowResult.IMPORT_TYPE_NEW if is_new else RowResult.IMPORT_TYPE_UPDATE
        result.import_type = kind if changed else RowResult.IMPORT_TYPE_SKIP
        result.diff = [str(row.get("sku", "")), str(row.get("base_title", "")), self._differences[number]]
        return result

    def get_result_class(self) -> type[Result]:
        return PreviewedResult

    def get_diff_headers(self) -> list[str]:
        return ["sku", "base_title", "what changes"]

    def _take(self, rows: Sequence[Row], dry_run: bool) -> None:
        present = _records([row["id"] for row in rows if row.get("id")])
        read = _Reader().read
        drafts = [read(row) for row in rows]
        self._differences += [_differences(row, present.get(row.get("id", ""))) for row in rows]

        def work() -> list[tuple[Outcome | StockwireError, bool]]:
            with transaction.atomic():
                outcomes = self._write(rows, drafts)
                if dry_run:
                    transaction.set_rollback(True)
            return outcomes

        self._outcomes += in_transaction(work)

    def _write(
        self, rows: Sequence[Row], drafts: Sequence[ProductDraft | StockwireError]
    ) -> list[tuple[Outcome | StockwireError, bool]]:
        """Rows with an id change that product, the others make one."""
        actor = self._actor or Actor(kind="system", source="import")
        good = [
            (row, draft) for row, draft in zip(rows, drafts, strict=True) if isinstance(draft, ProductDraft)
        ]
        changes = [
            ProductChange(product_id=row["id"], draft=draft, expect=_expectation(row))
            for row, draft in good
            if row["id"]
        ]
        new = [draft for row, draft in good if not row["id"]]
        changed = iter(change_products(changes=changes, actor=actor) if changes else ())
        created = iter(create_products(drafts=new, actor=actor) if new else ())
        return [
            (draft, False)
            if isinstance(draft, StockwireError)
            else ((next(changed), False) if row["id"] else (next(created), True))
            for row, draft in zip(rows, drafts, strict=True)
        ]


def row_of(record: ProductRecord) -> dict[str, str]:
    """A product as a row."""
    product = catalog_product(record, {}, version=0)
    for variant in product["variants"]:
        del variant["stock"]
    return {
        **{name: str(product[name]) for name in ("id", *_TEXTS)},
        **{name: str(product[name]).lower() for name in _FLAGS},
        "prices": "; ".join(f"{price['currency']} {price['amount']}" for price in product["prices"]),
        **{name: json.dumps(product[name], ensure_ascii=False) if product[name] else "" for name in _LISTS},
        "updated_at": record.updated_at.isoformat(),
    }


def _records(product_ids: Sequence[str]) -> dict[str, ProductRecord]:
    found = product_records(Product.objects.live().filter(id__in=list(product_ids)))
    return {record.id: record for record in found}


def _text(value: object) -> str:
    return "" if value is None else str(value)


class _Reader:
    """Reads rows as bodies are read. A serializer's fields are made once for all of them, not for each."""

    def __init__(self) -> None:
        self._new, self._part = NewProductSerializer(), ProductPartSerializer()

    def read(self, row: Row) -> ProductDraft | StockwireError:
        """The draft of a row, or why it is none."""
        serializer = self._part if row.get("id") else self._new
        try:
            return draft_of(serializer.run_validation(_body(row)))
        except ValidationError as error:
            return InvalidInput(place_message(error.detail))
        except StockwireError as error:
            return error


def _body(row: Row) -> dict[str, Any]:
    """What a client of `/products` would send for this row."""
    body: dict[str, Any] = {name: row[name] for name in _TEXTS if name in row}
    for name in _FLAGS:
        if row.get(name, "").strip():
            body[name] = _flag(name, row[name])
    if row.get("prices", "").strip():
        body["prices"] = [_price(part) for part in row["prices"].split(";") if part.strip()]
    for name in _LISTS:
        if row.get(name, "").strip():
            body[name] = _list(name, row[name])
    return body


def _flag(name: str, text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return words[text.strip().lower()]
    except KeyError:
        raise InvalidInput(f"{name}: must be true or false") from None


def _price(text: str) -> dict[str, Any]:
    currency, _, amount = text.strip().partition(" ")
    try:
        return {"currency": currency.upper(), "amount": read_json(amount.strip().encode())}
    except InvalidInput:
        raise InvalidInput("prices: must be like “EGP 100; SEK 12.50”") from None


def _list(name: str, text: str) -> Any:
    try:
        return read_json(text.encode())
    except InvalidInput:
        raise InvalidInput(f"{name}: is not JSON") from None


def _expectation(row: Row) -> Any:
    known = row.get("updated_at", "").strip()
    return partial(_require_version, known) if known else None


def _require_version(known: str, stamp: ProductStamp) -> None:
    if known not in (stamp.updated_at.isoformat(), iso(stamp.updated_at)):
        raise PreconditionFailed("somebody has changed it since this file was written")


def _differences(row: Row, present: ProductRecord | None) -> str:
    """The columns in which the file has something else than there is."""
    if present is None:
        return ""
    now = row_of(present)
    asked = [name for name in COLUMNS if name in row and name not in ("id", "updated_at")]
    return ", ".join(name for name in asked if (row[name] or name in _TEXTS) and row[name] != now[name])
