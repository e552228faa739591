"""What the catalog asks of stock, answered by the ledger. Handed in by ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from django.db.models import QuerySet

from catalog.stock_port import RecordedCounts, Standing, StockCount, StockStamp, VariantFigures
from config.kernel.actors import Actor
from inventory import services
from inventory.lines import CountLine
from inventory.selectors import figures
from inventory.services.statements import advance_heads, lock_heads


class LedgerStock:
    """``catalog.stock_port.StockPort``."""

    def figures(self, variant_ids: Sequence[str]) -> Mapping[str, VariantFigures]:
        return figures.variant_figures(variant_ids)

    def stamps(self, product_ids: Sequence[str]) -> Mapping[str, StockStamp]:
        return figures.product_stamps(product_ids)

    def standing(self, product_ids: Sequence[str]) -> Standing:
        return figures.product_standing(product_ids)

    def lock(self, product_ids: Sequence[str]) -> None:
        lock_heads(product_ids)

    def advance(self, product_ids: Sequence[str]) -> Mapping[str, int]:
        return advance_heads(product_ids)

    def record_counts(
        self,
        counts: Sequence[StockCount],
        *,
        actor: Actor,
        kind: Literal["recount", "import"],
        reason: str,
        new_products: Collection[str] = (),
    ) -> RecordedCounts:
        lines = [
            CountLine(
                product_id=count.product_id,
                variant_id=count.variant_id,
                location_id=count.location_id,
                quantity=count.quantity,
                reason=reason,
                for_sale=count.for_sale,
                item={
                    "product_id": count.product_id,
                    "variant_id": count.variant_id,
                    "location_id": count.location_id,
                    "quantity": count.quantity,
                },
            )
            for count in counts
        ]
        locations = {count.location_id for count in counts if count.location_id is not None}
        return services.write_counts(
            lines=lines, actor=actor, kind=kind, open_locations=locations, new_products=new_products
        )

    def products_in_stock(self) -> QuerySet[Any, Any]:
        return figures.products_in_stock()
