"""Offers of many variants at once, archived ones included: whoever has one in a cart is told so."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.db.models import Q

from catalog.models import Price, Product, Variant
from catalog.offers import Offer
from catalog.selectors.sales import read_sale_offer, sale_offer


def offers_of(
    variant_ids: Collection[str], *, currency: str, customer: str | None = None
) -> dict[str, Offer]:
    """The offers of these variants in ``currency``, by variant; ids that are no variant's are left out.

    Two queries. A variant's own price stands in place of its product's, currency by currency. A flash sale
    counts if it runs at this statement and has something left, for ``customer`` too.
    """
    offered = Variant.objects.annotate(sale=sale_offer("product_id", customer=customer))
    rows = list(
        offered.filter(id__in=list(variant_ids)).values_list(
            "id",
            "product_id",
            "sku",
            "attributes",
            "archived_at",
            "product__title",
            "product__image",
            "product__options",
            "product__available",
            "product__archived_at",
            "sale",
        )
    )
    prices = _prices([row[0] for row in rows], {row[1] for row in rows}, currency)
    return {
        variant_id: Offer(
            product_id=product_id,
            variant_id=variant_id,
            sku=sku,
            title=title,
            image=image,
            attributes=attributes,
            options=options,
            for_sale=available and archived_at is None and product_archived_at is None,
            currency=currency,
            price=prices.get((product_id, variant_id), prices.get((product_id, None))),
            sale=read_sale_offer(sale),
        )
        for (
            variant_id, product_id, sku, attributes, archived_at,
            title, image, options, available, product_archived_at, sale,
        ) in rows
    }  # fmt: skip


def options_of(product_ids: Collection[str]) -> dict[str, set[str]]:
    """The names of these products' options, by product; one query."""
    rows = Product.objects.filter(id__in=list(product_ids)).values_list("id", "options")
    return {product_id: {option["name"] for option in options} for product_id, options in rows}


def _prices(
    variant_ids: Collection[str], product_ids: Collection[str], currency: str
) -> dict[tuple[str, str | None], Decimal]:
    if not variant_ids:
        return {}
    rows = Price.objects.filter(
        Q(variant__isnull=True) | Q(variant_id__in=list(variant_ids)),
        product_id__in=list(product_ids),
        currency=currency,
    )
    return {
        (product_id, variant_id): amount
        for product_id, variant_id, amount in rows.values_list("product_id", "variant_id", "amount")
    }
