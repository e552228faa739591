"""Products as the tests write them: bodies for the doors, drafts for the services."""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from catalog.services import PriceDraft, ProductDraft, VariantDraft, create_products
from catalog.stock_port import stock
from config.kernel.actors import Actor

ACTOR = Actor(kind="service", id="tests")
_numbers = itertools.count(1)


def fresh_sku(prefix: str = "SKU") -> str:
    return f"{prefix}-{next(_numbers)}"


def body(**changes: Any) -> dict[str, Any]:
    """A product of the catalog dialect with two variants; ``None`` takes a field out."""
    sku = changes.pop("sku", None) or fresh_sku()
    product = {
        "sku": sku,
        "base_title": "Basic T-shirt",
        "description": "Cotton.\nSoft.",
        "prices": [{"currency": "SEK", "amount": 299.5}, {"currency": "EGP", "amount": 450}],
        "variants": [
            {
                "sku": f"{sku}-L",
                "attributes": {"color": "black", "size": "L"},
                "stock": [{"location_id": "STH1", "quantity": 100}],
            },
            {"sku": f"{sku}-M", "attributes": {"color": "black", "size": "M"}},
        ],
        "metadata": [{"market": "SE", "title": "Enkel t-shirt", "description": "…", "keywords": "t-shirt"}],
        **changes,
    }
    return {name: value for name, value in product.items() if value is not None}


def draft(*, sizes: Sequence[str] = (), **fields: Any) -> ProductDraft:
    """A draft of a new product, with a variant for each size."""
    sku = fields.pop("sku", None) or fresh_sku()
    variants = tuple(VariantDraft(sku=f"{sku}-{size}", attributes={"size": size}) for size in sizes)
    return ProductDraft(
        **{
            "sku": sku,
            "title": "A mug",
            "prices": (PriceDraft("EGP", Decimal(100)),),
            "variants": variants,
            **fields,
        }
    )


def made(*drafts: ProductDraft) -> list[str]:
    """The ids of these products, made now."""
    outcomes = create_products(drafts=drafts, actor=ACTOR)
    assert [outcome.refusal for outcome in outcomes] == [None] * len(drafts)
    return [outcome.product_id for outcome in outcomes]


def version_of(product_id: str) -> int:
    """The product's version, which its stock's head counts."""
    return stock().stamps([product_id])[product_id].version
