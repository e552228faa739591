"""A shop to order from: goods with prices, options and stock, made through the services."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.models import Variant
from catalog.services import (
    ChoiceDraft,
    CountDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
    change_product,
)
from catalog.services import archive_product as archive
from inventory.lines import StockLine
from inventory.models import StockLevel
from tests.catalog.goods import ACTOR, draft, made


@dataclass(frozen=True, slots=True)
class Goods:
    """One product, and the ids of its variants in their order."""

    id: str
    variants: tuple[str, ...]

    def item(self, quantity: int = 1, **more: Any) -> dict[str, Any]:
        """As a client asks for it."""
        return {"productId": self.id, "quantity": quantity, **more}

    def line(self, quantity: int, *, variant: int = 0, at: str | None = None) -> StockLine:
        return StockLine(
            product_id=self.id, variant_id=self.variants[variant], quantity=quantity, location_id=at
        )

    def on_hand(self, variant: int = 0) -> int:
        levels = StockLevel.objects.filter(variant_id=self.variants[variant])
        return sum(levels.values_list("on_hand", flat=True))

    def archive(self) -> None:
        archive(product_id=self.id)

    def change(self, **fields: Any) -> None:
        change_product(product_id=self.id, draft=ProductDraft(**fields), actor=ACTOR)


def sell(**fields: Any) -> Goods:
    (product_id,) = made(draft(**fields))
    variants = Variant.objects.filter(product_id=product_id, archived_at__isnull=True).order_by("position")
    return Goods(product_id, tuple(variants.values_list("id", flat=True)))


def mug(stock: int = 10, price: str = "100", **fields: Any) -> Goods:
    """Something without variants and options."""
    return sell(
        **{
            "title": "Mug",
            "image": "/mug.svg",
            "stock": (CountDraft(stock),) if stock else (),
            "prices": (PriceDraft("EGP", Decimal(price)),),
            **fields,
        }
    )


def shirt(stock: int = 10, price: str = "250", dearer: str = "300", **fields: Any) -> Goods:
    """M in red and blue, and L in red, which has a price of its own."""
    looks = [{"size": "M", "color": "Red"}, {"size": "M", "color": "Blue"}, {"size": "L", "color": "Red"}]
    variants = tuple(
        VariantDraft(
            attributes=look,
            stock=(CountDraft(stock),) if stock else (),
            prices=(PriceDraft("EGP", Decimal(dearer)),) if look["size"] == "L" else (),
        )
        for look in looks
    )
    return sell(title="Shirt", variants=variants, prices=(PriceDraft("EGP", Decimal(price)),), **fields)


FLAVORS = OptionDraft("flavors", (ChoiceDraft("Vanilla"), ChoiceDraft("Hazelnut", Decimal("1.15"))))
SIZES = OptionDraft("sizes", (ChoiceDraft("1/2 kg"), ChoiceDraft("1 kg", Decimal("1.8"))))
EGGS = OptionDraft("eggOptions", (ChoiceDraft("With egg"), ChoiceDraft("Eggless", Decimal("1.1"))))


def cake(stock: int = 10, price: str = "420", **fields: Any) -> Goods:
    """Something with choices that multiply its price, over one stock figure."""
    return sell(
        **{
            "title": "Cake",
            "stock": (CountDraft(stock),) if stock else (),
            "options": (FLAVORS, SIZES, EGGS),
            "prices": (PriceDraft("EGP", Decimal(price)),),
            **fields,
        }
    )


#: What goes with every order that is placed through REST.
WHERE = {"shippingAddress": "12 Nile St, Cairo", "phone": "0123"}


def place(call: Any, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An order of these items, placed through REST; its JSON."""
    answer = call("POST", "/api/orders", {"items": list(items), **WHERE, **more})
    assert answer.status_code == 201, answer.content
    order: dict[str, Any] = answer.data
    return order


def ship(staff: Any, order_id: str, *, to: str = "shipped") -> None:
    """Bring an order through the house, up to ``to``."""
    for status in ("processing", "shipped", "delivered"):
        answer = staff("PUT", f"/api/orders/{order_id}/status", {"status": status})
        assert answer.status_code == 200, answer.content
        if status == to:
            return
