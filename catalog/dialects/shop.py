"""The shop dialect: ``/api/products`` and Socket.IO. camelCase; stock is what can be sold, in all places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from catalog.dialects.sales import product_sale
from catalog.records import PriceRecord, ProductRecord, VariantRecord
from catalog.sale_records import ProductSale
from catalog.stock_port import VariantFigures
from config.kernel.clock import iso
from config.kernel.money import sign_of, to_number

Figures = Mapping[str, VariantFigures]

#: The options that have a field of their own in this dialect.
OPTION_FIELDS = ("flavors", "sizes", "eggOptions")


def shop_product(
    record: ProductRecord, figures: Figures, *, sale: ProductSale | None = None
) -> dict[str, Any]:
    """The whole product, as it stands in lists. ``sale`` is the flash sale that counts for it."""
    own = f"shop {shop_currency()}"
    described = record.made.get(own)
    if described is None:
        described = record.made[own] = _described(record)
    currency = described["currency"]
    stocks = {v.id: figures[v.id].available if v.id in figures else 0 for v in record.variants}
    variants = [_variant(variant, stocks[variant.id], currency, sale) for variant in record.shown_variants]
    return {
        **described,
        "salePrice": _sale_price(shop_price(record.prices), sale) if sale else None,
        "flashSale": product_sale(sale) if sale else None,
        "sizeVariants": size_variants((v["attributes"], v["stock"]) for v in variants),
        "variants": variants,
        "stock": sum(stocks.values()),
    }


def _described(record: ProductRecord) -> dict[str, Any]:
    """The product, every field in its place; those of stock and sales are empty."""
    price = shop_price(record.prices)
    amount = to_number(price.amount, price.currency) if price else 0
    currency = price.currency if price else shop_currency()
    options = {option["name"]: _choices(option["choices"]) for option in record.options}
    return {
        "_id": record.id,
        "id": record.id,
        "sku": record.sku,
        "title": record.title,
        "name": record.title,
        "description": record.description,
        "category": record.category,
        "subcategory": record.subcategory,
        "image": record.image,
        "price": amount,
        "basePrice": amount,
        "currency": currency,
        "displayCurrency": sign_of(currency),
        "salePrice": None,
        "flashSale": None,
        "sizeVariants": None,
        "variants": None,
        "flavors": options.get("flavors", []),
        "sizes": options.get("sizes", []),
        "eggOptions": options.get("eggOptions", []),
        "options": [
            {"name": name, "choices": choices}
            for name, choices in options.items()
            if name not in OPTION_FIELDS
        ],
        "rating": record.rating,
        "reviewCount": record.review_count,
        "available": record.available,
        "featured": record.featured,
        "stock": None,
        "createdAt": iso(record.created_at),
        "updatedAt": iso(record.updated_at),
    }


def shop_currency() -> str:
    """The shop's own currency."""
    return str(settings.STOCKWIRE_CURRENCY)


def shop_price(prices: Sequence[PriceRecord]) -> PriceRecord | None:
    """The price in the shop's own currency; where there is none, the first price (and its currency)."""
    own = shop_currency()
    return next((price for price in prices if price.currency == own), prices[0] if prices else None)


def size_variants(stocks: Iterable[tuple[Mapping[str, str], int]]) -> list[dict[str, Any]]:
    """Variants' stocks by size, then color; what is equal in both is one entry."""
    sizes: dict[str, dict[str, int]] = {}
    for attributes, stock in stocks:
        colors = sizes.setdefault(attributes.get("size", ""), {})
        color = attributes.get("color", "")
        colors[color] = colors.get(color, 0) + stock
    return [
        {"size": size, "colorVariants": [{"color": color, "stock": stock} for color, stock in colors.items()]}
        for size, colors in sizes.items()
    ]


def _variant(variant: VariantRecord, stock: int, currency: str, sale: ProductSale | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": variant.id,
        "sku": variant.sku,
        "attributes": dict(variant.attributes),
        "stock": stock,
    }
    own = next((price for price in variant.prices if price.currency == currency), None)
    if own is not None:
        shown["price"] = to_number(own.amount, own.currency)
        if (paid := _sale_price(own, sale)) is not None:
            shown["salePrice"] = paid
    return shown


def _sale_price(price: PriceRecord | None, sale: ProductSale | None) -> int | float | None:
    paid = sale.price(price.amount) if sale and price else None
    return to_number(paid, price.currency) if paid is not None and price else None


def _choices(choices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": choice["name"],
            **{key: value for key, value in choice.items() if key not in ("name", "price_multiplier")},
            "priceMultiplier": choice["price_multiplier"],
        }
        for choice in choices
    ]
