"""What of the catalog is in the audit trail. A sale's `units_taken` is not: its takes say more."""

from __future__ import annotations

from config.audit.watching import Watched

_PRODUCT = "catalog.product"
_SALE = "catalog.flashsale"

WATCHED = (
    Watched(
        table="catalog_product",
        kind=_PRODUCT,
        subject=(_PRODUCT, "id"),
        columns=(
            "sku", "title", "description", "category", "subcategory", "image", "options", "available",
            "featured", "archived_at",
        ),
    ),
    Watched(
        table="catalog_variant",
        kind="catalog.variant",
        subject=(_PRODUCT, "product_id"),
        columns=("sku", "attributes", "archived_at"),
        when="NOT row.implicit",
    ),
    Watched(
        table="catalog_price",
        kind="catalog.price",
        subject=(_PRODUCT, "product_id"),
        columns=("variant_id", "currency", "amount"),
    ),
    Watched(
        table="catalog_markettext",
        kind="catalog.markettext",
        subject=(_PRODUCT, "product_id"),
        columns=("market", "title", "description", "keywords"),
    ),
    Watched(
        table="catalog_flashsale",
        kind=_SALE,
        subject=(_SALE, "id"),
        columns=(
            "name", "description", "discount_percentage", "starts_at", "ends_at", "units",
            "units_per_customer",
        ),
    ),
    Watched(
        table="catalog_flashsaleproduct",
        kind="catalog.flashsaleproduct",
        subject=(_SALE, "sale_id"),
        columns=("product_id", "removed_at"),
    ),
    Watched(
        table="catalog_review",
        kind="catalog.review",
        subject=("catalog.review", "id"),
        columns=("status",),
        rows=False,
    ),
)  # fmt: skip
