"""Offers of many variants at once, archived ones included: whoever has one in a cart is told so."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import orjson

from catalog.models import Product
from catalog.offers import Offer
from catalog.sale_records import SaleOffer
from config.kernel.statements import Prepared, rows

# By hand and not through the ORM: every cart that is shown and every order asks this, and to make up the SQL
# took longer than to answer it. The two prices are looked up each by its own unique index. Of the sales that
# run at this statement the best counts that has something left (`left` is null where a sale has no limit),
# for whoever asks too.
_OFFERS = Prepared(
    """
SELECT asked.asker, variant.id, variant.product_id, variant.sku, variant.attributes, product.title,
       product.image, product.options,
       product.available AND product.archived_at IS NULL AND variant.archived_at IS NULL,
       coalesce(
           (SELECT amount FROM catalog_price AS price
            WHERE price.variant_id = variant.id AND price.currency = %(currency)s),
           (SELECT amount FROM catalog_price AS price
            WHERE price.product_id = variant.product_id AND price.variant_id IS NULL
              AND price.currency = %(currency)s)),
       best.id, best.discount_percentage, best.units_left
FROM unnest(%(askers)s::int[], %(customers)s::text[], %(variants)s::text[]) AS asked(asker, customer, variant)
JOIN catalog_variant AS variant ON variant.id = asked.variant
JOIN catalog_product AS product ON product.id = variant.product_id
LEFT JOIN LATERAL (
    SELECT sale.id, sale.discount_percentage, bound.units_left
    FROM catalog_flashsaleproduct AS goods
    JOIN catalog_flashsale AS sale ON sale.id = goods.sale_id
    CROSS JOIN LATERAL (
        SELECT least(
            sale.units - sale.units_taken,
            sale.units_per_customer - coalesce(
                (SELECT share.taken FROM catalog_flashsaleshare AS share
                 WHERE share.sale_id = sale.id AND share.customer = asked.customer), 0)
        ) AS units_left
    ) AS bound
    WHERE goods.product_id = product.id AND goods.removed_at IS NULL
      AND sale.starts_at <= statement_timestamp() AND sale.ends_at > statement_timestamp()
      AND (bound.units_left IS NULL OR bound.units_left > 0)
    ORDER BY sale.discount_percentage DESC, sale.ends_at DESC, sale.id LIMIT 1
) AS best ON true
"""
)


def offers_of(
    variant_ids: Collection[str], *, currency: str, customer: str | None = None
) -> dict[str, Offer]:
    """The offers of these variants in ``currency``, by variant; ids that are no variant's are left out.

    One query. A variant's own price stands in place of its product's, currency by currency. A flash sale
    counts if it runs at this statement and has something left, for ``customer`` too; without one, for
    somebody who has bought nothing yet.
    """
    (offers,) = offers_for([(customer, variant_ids)], currency=currency)
    return offers


def offers_for(
    asked: Sequence[tuple[str | None, Collection[str]]], *, currency: str
) -> list[dict[str, Offer]]:
    """``offers_of`` for each of several: a customer, and which variants they ask for. One query for all, and
    none for nothing."""
    offers: list[dict[str, Offer]] = [{} for _ in asked]
    pairs = [
        (asker, customer or "", variant_id)
        for asker, (customer, variant_ids) in enumerate(asked)
        for variant_id in sorted(variant_ids)
    ]
    if not pairs:
        return offers
    askers, customers, variants = (list(column) for column in zip(*pairs, strict=True))
    given = {"askers": askers, "customers": customers, "variants": variants, "currency": currency}
    for (
        asker, variant_id, product_id, sku, attributes,
        title, image, options, for_sale, price, sale, off, left,
    ) in rows(_OFFERS, given):  # fmt: skip
        offers[asker][variant_id] = Offer(
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
            sale=None if sale is None else SaleOffer(sale, off, left),
        )
    return offers


def options_of(product_ids: Collection[str]) -> dict[str, set[str]]:
    """The names of these products' options, by product; one query."""
    found = Product.objects.filter(id__in=list(product_ids)).values_list("id", "options")
    return {product_id: {option["name"] for option in options} for product_id, options in found}
