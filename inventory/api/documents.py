"""Stock as JSON, shop dialect: plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.dialects.shop import size_variants
from config.api.json import write_json
from config.kernel.clock import iso
from inventory.ledger.requests import Want
from inventory.lines import CountLine, StockLine
from inventory.models import StockMovement
from inventory.selectors.history import VariantThen
from inventory.selectors.stock import ProductStockRecord, VariantStock
from inventory.services.writing import Told


def product_document(
    record: ProductStockRecord, narrowing: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A product's stock; ``narrowing`` leaves the variants that bear these attributes."""
    variants = [
        variant
        for variant in record.variants
        if all(variant.attributes.get(name, "") == value for name, value in (narrowing or {}).items())
    ]
    return {
        "productId": record.id,
        "title": record.title,
        "stock": sum(variant.figures.available for variant in variants),
        "sizeVariants": size_variants(
            (variant.attributes, variant.figures.available) for variant in variants if not variant.implicit
        ),
        "variants": [_variant(variant) for variant in variants],
        "updatedAt": iso(record.changed_at),
    }


def _variant(variant: VariantStock) -> dict[str, Any]:
    return {
        "variantId": variant.id,
        "sku": variant.sku,
        "attributes": dict(variant.attributes),
        "stock": variant.figures.available,
        "locations": [
            {"locationId": place.location_id, "stock": place.available} for place in variant.figures.locations
        ],
    }


def variant_then(variant: VariantThen) -> dict[str, Any]:
    """A variant as it was: on hand, by the ledger."""
    return {
        "variantId": variant.id,
        "sku": variant.sku,
        "attributes": variant.attributes,
        "stock": variant.on_hand,
        "locations": [
            {"locationId": location_id, "stock": quantity} for location_id, quantity in variant.locations
        ],
    }


def movement_document(movement: StockMovement) -> dict[str, Any]:
    """An entry of the ledger."""
    return {
        "id": str(movement.pk),
        "productId": movement.product_id,
        "variantId": movement.variant_id,
        "sku": movement.variant.sku,
        "locationId": movement.location_id,
        "delta": movement.delta,
        "balanceAfter": movement.balance_after,
        "kind": movement.kind,
        "reason": movement.reason,
        "reference": movement.reference or None,
        "actor": movement.actor,
        "source": movement.source,
        "occurredAt": iso(movement.occurred_at),
        "recordedAt": iso(movement.recorded_at),
    }


def echoed(lines: Sequence[StockLine | CountLine], figures: Sequence[int], name: str) -> list[dict[str, Any]]:
    """Each item as it was sent, with its figure."""
    return [{**line.item, name: figure} for line, figure in zip(lines, figures, strict=True)]


def done_text(told: Told, lines: Sequence[StockLine | CountLine], order_id: str | None) -> str:
    """The answer to a change, as text: it is remembered, and given again byte for byte."""
    figures = [told.available(line.variant_id, line.location_id) for line in lines]
    return _text(echoed(lines, figures, "stock"), told, order_id)


def committed_text(told: Told, held: Sequence[Want], order_id: str | None) -> str:
    """The same for a committed hold, whose items are read from what was held."""
    quantities: dict[str, int] = {}
    for want in held:
        quantities[want.variant_id] = quantities.get(want.variant_id, 0) + want.quantity
    items = []
    for variant_id, quantity in sorted(quantities.items()):
        shelf = told.book.shelf(variant_id)
        items.append(
            {
                "productId": shelf.product_id,
                "variantId": variant_id,
                "sku": shelf.sku,
                **{name: shelf.attributes[name] for name in ("size", "color") if name in shelf.attributes},
                "quantity": quantity,
                "stock": told.available(variant_id),
            }
        )
    return _text(items, told, order_id)


def _text(items: list[dict[str, Any]], told: Told, order_id: str | None) -> str:
    answer = {"success": True, "orderId": order_id, "items": items, "timestamp": iso(told.moment)}
    return write_json(answer).decode()
