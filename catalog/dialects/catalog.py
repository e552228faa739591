"""The catalog dialect: ``/products``, ``/ws``, ``/events``. snake_case; stock by place, as on the shelf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.records import PriceRecord, ProductRecord
from catalog.stock_port import VariantFigures
from config.kernel.clock import iso
from config.kernel.money import to_number

Figures = Mapping[str, VariantFigures]


def catalog_product(record: ProductRecord, figures: Figures, *, version: int) -> dict[str, Any]:
    """The whole product. One without variants has its stock at the top, where it also takes it."""
    described = record.made.get("catalog")
    if described is None:
        described = record.made["catalog"] = _described(record)
    product = {**described, "variants": [], "version": version}
    for variant in record.variants:
        stock = _stock(figures.get(variant.id))
        if variant.implicit:
            product["stock"] = stock
            break
        shown: dict[str, Any] = {
            "id": variant.id,
            "sku": variant.sku,
            "attributes": dict(variant.attributes),
            "stock": stock,
        }
        if variant.prices:
            shown["prices"] = _prices(variant.prices)
        product["variants"].append(shown)
    return product


def _described(record: ProductRecord) -> dict[str, Any]:
    """The product, every field in its place; its version and its variants, which have stock, are empty."""
    return {
        "id": record.id,
        "sku": record.sku,
        "base_title": record.title,
        "description": record.description,
        "category": record.category,
        "subcategory": record.subcategory,
        "image": record.image,
        "prices": _prices(record.prices),
        "variants": None,
        "options": list(record.options),
        "metadata": [
            {
                "market": market.market,
                "title": market.title,
                "description": market.description,
                "keywords": market.keywords,
            }
            for market in record.markets
        ],
        "available": record.available,
        "featured": record.featured,
        "version": None,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
    }


def _prices(prices: Sequence[PriceRecord]) -> list[dict[str, Any]]:
    return [
        {"currency": price.currency, "amount": to_number(price.amount, price.currency)} for price in prices
    ]


def _stock(figures: VariantFigures | None) -> list[dict[str, Any]]:
    if figures is None:
        return []
    return [{"location_id": place.location_id, "quantity": place.on_hand} for place in figures.locations]
