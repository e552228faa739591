"""Offers of many variants at once, archived ones included: whoever has one in a cart is told so."""

from __future__ import annotations

from collections.abc import Collection

import orjson
from django.db import connection

from catalog.models import Product
from catalog.offers import Offer

# By hand and not through the ORM: every cart that is shown and every order asks this, and to make up the SQL
# took longer than to answer it. The two prices are looked up each by its own unique index.
_OFFERS = """
SELECT variant.id, variant.product_id, variant.sku, variant.attributes, product.title, product.image,
       product.options,
       product.available AND product.archived_at IS NULL AND variant.archived_at IS NULL,
       coalesce(
           (SELECT amount FROM catalog_price AS price
            WHERE price.variant_id = variant.id AND price.currency = %(currency)s),
           (SELECT amount FROM catalog_price AS price
            WHERE price.product_id = variant.product_id AND price.variant_id IS NULL
              AND price.currency = %(currency)s))
FROM catalog_variant AS variant JOIN catalog_product AS product ON product.id = variant.product_id
WHERE variant.id = ANY(%(variants)s)
"""


def offers_of(variant_ids: Collection[str], *, currency: str) -> dict[str, Offer]:
    """The offers of these variants in ``currency``, by variant; ids that are no variant's are left out.

    One query. A variant's own price stands in place of its product's, currency by currency.
    """
    if not variant_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_OFFERS, {"variants": sorted(variant_ids), "currency": currency})
        rows = cursor.fetchall()
    return {
        variant_id: Offer(
            product_id=product_id,
            variant_id=variant_id,
            sku=sku,
            title=title,
            image=image,
            attributes=orjson.loads(attributes),
            options=orjson.loads(options),
            for_sale=for_sale,
            currency=currency,
            price=price,
        )
        for variant_id, product_id, sku, attributes, title, image, options, for_sale, price in rows
    }


def options_of(product_ids: Collection[str]) -> dict[str, set[str]]:
    """The names of these products' options, by product; one query."""
    rows = Product.objects.filter(id__in=list(product_ids)).values_list("id", "options")
    return {product_id: {option["name"] for option in options} for product_id, options in rows}
