"""Loads the demo shop, through the same service as everybody."""

from __future__ import annotations

from catalog.demo.bakery import BAKERY
from catalog.demo.clothes import CLOTHES
from catalog.demo.shoes import SHOES
from catalog.models import Product
from catalog.services import ProductDraft, create_products
from catalog.services.outcomes import require_done
from config.kernel.actors import Actor

#: All products of the demo shop.
PRODUCTS: tuple[ProductDraft, ...] = (*SHOES, *BAKERY, *CLOTHES)


def load_demo_shop(*, actor: Actor, beside: bool = False) -> int:
    """Make the demo shop's products where there are none yet; answers how many were made.

    ``beside`` others, too; what is there by its sku stays as it is. Announces: as ``create_products``.
    """
    if not beside and Product.objects.live().exists():
        return 0
    skus = [str(draft.sku) for draft in PRODUCTS]
    present = set(Product.objects.live().filter(sku__in=skus).values_list("sku", flat=True))
    missing = [draft for draft in PRODUCTS if draft.sku not in present]
    return len([require_done(outcome) for outcome in create_products(drafts=missing, actor=actor)])
