"""What a flash sale would make of prices, shown before it is saved. Counts as services do; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from catalog.dialects.shop import shop_price
from catalog.records import PriceRecord, ProductRecord
from catalog.sale_records import reduced
from catalog.selectors import products_shown
from config.kernel.money import quantize, sign_of, to_number

MOST_PRODUCTS = 100
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class PreviewedPrice:
    """A price of a product, or of one of its variants that has its own."""

    name: str
    before: str
    after: str


def read_percentage(text: str) -> Decimal | None:
    """What a sale could take off; ``None`` for what it could not."""
    try:
        percentage = Decimal(text.strip())
    except InvalidOperation:
        return None
    return percentage if percentage.is_finite() and 0 < percentage <= _WHOLE else None


def preview(product_ids: Sequence[str], percentage: Decimal) -> list[PreviewedPrice]:
    """The prices of these products in the shop's currency, before and then; a fixed number of queries."""
    found: list[PreviewedPrice] = []
    for shown in products_shown(product_ids[:MOST_PRODUCTS]):
        record = shown.record
        if (price := shop_price(record.prices)) is not None:
            found.append(_previewed(record.title, price, percentage))
        found += _of_variants(record, percentage)
    return found


def _of_variants(record: ProductRecord, percentage: Decimal) -> list[PreviewedPrice]:
    return [
        _previewed(f"{record.title} ({', '.join(variant.attributes.values())})", price, percentage)
        for variant in record.variants
        if (price := shop_price(variant.prices)) is not None
    ]


def _previewed(name: str, price: PriceRecord, percentage: Decimal) -> PreviewedPrice:
    then = quantize(reduced(price.amount, percentage), price.currency)
    sign = sign_of(price.currency)
    return PreviewedPrice(
        name, f"{to_number(price.amount, price.currency)} {sign}", f"{to_number(then, price.currency)} {sign}"
    )
