"""From files into the catalog, batch by batch: what is new is created, what differs changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.db import transaction

from catalog.importing import shopify
from catalog.importing.candidates import Candidate, RefusedRowsError
from catalog.importing.report import Remark, Report
from catalog.importing.rows import Row, UnreadableFileError, read_rows
from catalog.models import Product, Variant
from catalog.services import (
    UNSET,
    Outcome,
    ProductChange,
    ProductDraft,
    change_products,
    create_products,
)
from config.kernel.actors import Actor
from config.kernel.transactions import in_transaction

FORMATS = ("shopify",)
#: Products in one transaction.
BATCH = 250


@dataclass(slots=True, kw_only=True)
class Import:
    """One run over some files.

    A product that is there already is changed to what the file has, but for its stock: since the export
    was made things were sold here, and its figures would bring them back. ``update_stock`` counts all the
    same. ``dry_run`` does everything, and undoes it.
    """

    actor: Actor
    currency: str
    location_id: str | None = None
    update_stock: bool = False
    dry_run: bool = False
    progress: Callable[[int], None] | None = None
    report: Report = field(default_factory=Report)
    _seen: dict[str, str] = field(default_factory=dict)

    def run(self, paths: Sequence[Path]) -> Report:
        """Import the files in their order; what can't be read is in the report, and the next one is read."""
        for path in paths:
            self.report.files += 1
            try:
                self._import_file(path)
            except UnreadableFileError as error:
                self.report.unreadable.append(str(error))
        return self.report

    def _import_file(self, path: Path) -> None:
        batch: list[Candidate] = []
        before = len(self.report.refused)
        try:
            for found in self._candidates(path):
                batch.append(found)
                if len(batch) == BATCH:
                    self._write(batch)
                    batch = []
        finally:
            # What was whole before the file broke off is imported all the same.
            if batch:
                self._write(batch)
            mine = sorted(self.report.refused[before:], key=lambda remark: remark.row)
            self.report.refused[before:] = mine

    def _candidates(self, path: Path) -> Iterator[Candidate]:
        rows = self._counted(read_rows(path, required=shopify.REQUIRED, progress=self.progress))
        for group in shopify.groups(rows):
            try:
                found = shopify.candidate(
                    group, file=str(path), currency=self.currency, location_id=self.location_id
                )
                self._require_first(found)
            except RefusedRowsError as error:
                self.report.refused += [Remark(str(path), row, reason) for row, reason in error.mistakes]
            else:
                self.report.notes += [Remark(str(path), row, reason) for row, reason in found.notes]
                yield found

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self.report.rows += 1
            yield row

    def _require_first(self, found: Candidate) -> None:
        """Two products of one name would overwrite each other at each run."""
        here = f"{found.file}, row {found.row}"
        for name in (f"the Handle {found.key!r}", f"the sku {found.sku!r}"):
            if name in self._seen:
                raise RefusedRowsError((found.row, f"{name} was there already ({self._seen[name]})"))
        self._seen[f"the Handle {found.key!r}"] = here
        self._seen[f"the sku {found.sku!r}"] = here

    # ------------------------------------------------------------------------------------ writing
    def _write(self, batch: Sequence[Candidate]) -> None:
        def work() -> list[tuple[Candidate, Outcome, bool]]:
            with transaction.atomic():
                outcomes = self._store(batch)
                if self.dry_run:
                    transaction.set_rollback(True)
            return outcomes

        for found, outcome, is_new in in_transaction(work):
            if outcome.refusal is not None:
                row = found.row_of(outcome.refusal)
                self.report.refused.append(Remark(found.file, row, shopify.reason_of(outcome.refusal)))
            elif is_new:
                self.report.created += 1
            elif outcome.changed:
                self.report.updated += 1
            else:
                self.report.unchanged += 1

    def _store(self, batch: Sequence[Candidate]) -> list[tuple[Candidate, Outcome, bool]]:
        present = _present(batch)
        new = [found for found in batch if found.key not in present]
        known = [found for found in batch if found.key in present]
        stocked = _stocked([present[found.key] for found in known])
        changes = [
            ProductChange(
                product_id=present[found.key],
                draft=found.draft
                if self.update_stock
                else _without_known_stock(found.draft, stocked.get(present[found.key], set())),
            )
            for found in known
        ]
        created = create_products(drafts=[found.draft for found in new], actor=self.actor)
        changed = change_products(changes=changes, actor=self.actor)
        return [
            *((found, outcome, True) for found, outcome in zip(new, created, strict=True)),
            *((found, outcome, False) for found, outcome in zip(known, changed, strict=True)),
        ]


def _present(batch: Sequence[Candidate]) -> dict[str, str]:
    """The products that are there already: by what the exporting system knows them by, their ids."""
    skus = {found.sku for found in batch} | {found.key for found in batch}
    rows = Product.objects.live().filter(sku__in=sorted(skus)).values_list("sku", "id")
    ids = dict(rows)
    return {
        found.key: product_id
        for found in batch
        if (product_id := ids.get(found.sku) or ids.get(found.key)) is not None
    }


def _stocked(product_ids: Sequence[str]) -> dict[str, set[str]]:
    """The skus of the variants that these products have."""
    found: dict[str, set[str]] = {}
    rows = Variant.objects.filter(product_id__in=product_ids, archived_at__isnull=True)
    for product_id, sku in rows.values_list("product_id", "sku"):
        found.setdefault(product_id, set()).add(sku)
    return found


def _without_known_stock(draft: ProductDraft, known: set[str]) -> ProductDraft:
    if draft.variants is UNSET or not draft.variants:
        return replace(draft, stock=()) if draft.sku in known else draft
    variants = tuple(
        replace(variant, stock=()) if variant.sku in known else variant for variant in draft.variants
    )
    return replace(draft, variants=variants)
