"""A small shop to test on: goods made straight in the tables, stock through the services."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.models import Product, Variant
from config.kernel.actors import Actor
from inventory import services
from inventory.lines import CountLine, StockLine
from inventory.models import Location, StockLevel, StockMovement

ACTOR = Actor(kind="service", id="test")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Goods:
    """One product and its variants, in the order in which they were asked for."""

    product: Product
    variants: tuple[Variant, ...]

    @property
    def id(self) -> str:
        return self.product.id

    def line(self, quantity: int, at: str | None = None, *, variant: int = 0) -> StockLine:
        return StockLine(
            product_id=self.id,
            variant_id=self.variants[variant].id,
            quantity=quantity,
            location_id=at,
            item={"variantId": self.variants[variant].id, "quantity": quantity},
        )

    def count(
        self, quantity: int, at: str | None = "main", *, expected: int | None = None, variant: int = 0
    ) -> CountLine:
        return CountLine(
            product_id=self.id,
            variant_id=self.variants[variant].id,
            quantity=quantity,
            location_id=at,
            expected=expected,
            item={"variantId": self.variants[variant].id, "quantity": quantity},
        )

    def level(self, at: str = "main", *, variant: int = 0) -> StockLevel:
        return StockLevel.objects.get(variant=self.variants[variant], location=at)


def make_goods(
    *attributes: Mapping[str, str], stock: int | Mapping[str, int] = 0, title: str = "Mug"
) -> Goods:
    """A product with a variant for each set of attributes, or its implicit one; ``stock`` of each variant."""
    number = next(_numbers)
    product = Product.objects.create(sku=f"P-{number}", title=title)
    variants = tuple(
        # Ids in the order of the variants, so that who breaks ties by id does it the same way each time.
        Variant.objects.create(
            id=f"{product.id}-{at}",
            product=product,
            sku=f"P-{number}-{at}",
            attributes=dict(one),
            position=at,
        )
        for at, one in enumerate(attributes)
    ) or (Variant.objects.create(product=product, sku=product.sku, implicit=True),)
    goods = Goods(product, variants)
    stocks = {"main": stock} if isinstance(stock, int) else stock
    for at, quantity in stocks.items():
        if quantity:
            make_location(at)
            lines = [goods.line(quantity, at, variant=index) for index in range(len(variants))]
            services.restock(lines=lines, actor=ACTOR)
    return goods


def make_location(code: str, *, priority: int = 100) -> Location:
    return Location.objects.get_or_create(code=code, defaults={"priority": priority})[0]


def deltas(goods: Goods) -> list[tuple[str, int, int, str]]:
    """The goods' ledger: location, delta, balance and kind, in its order."""
    rows = StockMovement.objects.filter(product=goods.product).order_by("id")
    return list(rows.values_list("location_id", "delta", "balance_after", "kind"))
