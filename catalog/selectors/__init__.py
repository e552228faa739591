"""Reads of the catalog. Nothing here writes, locks are taken only where a name says so."""

from catalog.selectors.records import live_products, product_records, revivable_variants

__all__ = ["live_products", "product_records", "revivable_variants"]
