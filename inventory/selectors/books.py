"""A book to look at: the present figures in the form that requests are decided on, without any lock."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.models import Product, Variant
from inventory.defaults import book_of
from inventory.ledger.book import Book, Level, Shelf
from inventory.selectors.figures import levels_with_available


def look_at(product_ids: Sequence[str]) -> Book:
    """The book of these products as it is now, expired holds taken off; three queries."""
    titles = dict(Product.objects.filter(id__in=set(product_ids)).values_list("id", "title"))
    shelves = {
        variant_id: Shelf(variant_id, product_id, titles[product_id], sku, attributes, archived_at is None)
        for variant_id, product_id, sku, attributes, archived_at in Variant.objects.filter(
            product_id__in=titles
        ).values_list("id", "product_id", "sku", "attributes", "archived_at")
    }
    rows = (
        levels_with_available()
        .filter(variant_id__in=shelves)
        .order_by("location__priority", "location_id")
        .values_list(
            "variant_id",
            "product_id",
            "location_id",
            "location__priority",
            "low_stock_threshold",
            "on_hand",
            "sellable",
            "safety",
            "id",
        )
    )
    for variant_id, product_id, location_id, priority, threshold, on_hand, sellable, safety, row_id in rows:
        shelves[variant_id].levels[location_id] = Level(
            variant_id,
            product_id,
            location_id,
            priority,
            threshold,
            on_hand=on_hand,
            reserved=on_hand - safety - sellable,
            safety=safety,
            id=row_id,
        )
    return book_of(shelves.values())
