"""What the catalog announces. Each is published by a service, inside the transaction of its change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal

from config.kernel.events import DomainEvent


@dataclasses.dataclass(frozen=True)
class ProductEvent(DomainEvent):
    """``product`` is the whole product in the catalog dialect, ``shop_product`` in the shop dialect.

    ``version`` counts every change of the product, its stock's included: events of both kinds bear the
    next one each.
    """

    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_product", "version"})

    product_id: str
    action: Literal["created", "updated", "deleted"]
    product: Mapping[str, Any]
    shop_product: Mapping[str, Any]
    version: int


@dataclasses.dataclass(frozen=True)
class ProductCreated(ProductEvent):
    """A product was created. It shows its first stock, which follows as ``stock.updated`` of its own too."""

    name: ClassVar[str] = "product.created"


@dataclasses.dataclass(frozen=True)
class ProductUpdated(ProductEvent):
    """Something of a product other than its stock changed."""

    name: ClassVar[str] = "product.updated"


@dataclasses.dataclass(frozen=True)
class ProductDeleted(ProductEvent):
    """A product was archived; ``product`` is how it was before."""

    name: ClassVar[str] = "product.deleted"


@dataclasses.dataclass(frozen=True)
class PriceDropped(DomainEvent):
    """What a product costs in the shop fell: its price itself, or by the flash sale `sale_id`.

    Amounts are in `currency`; `discount_percentage` is a whole number, from 1.
    """

    name: ClassVar[str] = "price.dropped"

    product_id: str
    product_name: str
    old_price: float
    new_price: float
    currency: str
    discount_percentage: int
    version: int
    sale_id: str | None = None


@dataclasses.dataclass(frozen=True)
class ReviewSubmitted(DomainEvent):
    """A customer has said something of a product, and staff are to look at it.

    `review` has `id`, `user`, `rating`, `title`, `comment`, `status`, `verified_purchase`, `created_at`.
    """

    name: ClassVar[str] = "review.submitted"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_review"})

    product_id: str
    product_name: str
    review_id: str
    user_id: str
    user_name: str
    review: Mapping[str, Any]
    shop_review: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class ReviewApproved(DomainEvent):
    """A review is for everybody to read. `rating`, `review_count`, `updated_at` are the product's after it.

    `shop_review` is the review in the shop dialect.
    """

    name: ClassVar[str] = "review.approved"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_review"})

    product_id: str
    review_id: str
    review: Mapping[str, Any]
    rating: float
    review_count: int
    updated_at: str
    shop_review: Mapping[str, Any]
    version: int


WishlistAction = Literal["item_added", "item_removed", "wishlist_created"]


@dataclasses.dataclass(frozen=True)
class WishlistUpdated(DomainEvent):
    """A customer's wishes changed. `wishlist` is all of it, at the prices of that moment.

    `product_id` is what was added or removed. `shop_wishlist` is the wishlist in the shop dialect.
    """

    name: ClassVar[str] = "wishlist.updated"
    subject_field: ClassVar[str] = "wishlist_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_wishlist"})

    wishlist_id: str
    user_id: str
    action: WishlistAction
    product_id: str | None
    wishlist: Mapping[str, Any]
    shop_wishlist: Mapping[str, Any]
    version: int


@dataclasses.dataclass(frozen=True)
class FlashSaleEvent(DomainEvent):
    """``sale`` is the whole flash sale as it is after this, in the catalog dialect: its ``status`` is
    ``scheduled``, ``running`` or ``ended``, its ``products`` are ids, and while it runs
    ``discount_percentage`` goes off their prices, unless it is ``sold_out``. ``version`` grows with each
    event of the sale.
    """

    subject_field: ClassVar[str] = "sale_id"

    sale_id: str
    sale: Mapping[str, Any]
    version: int

    @property
    def product_ids(self) -> Sequence[str]:
        """What it is for."""
        ids: Sequence[str] = self.sale["products"]
        return ids

    @property
    def discount_percentage(self) -> Decimal:
        """What goes off, exact."""
        return Decimal(str(self.sale["discount_percentage"]))


@dataclasses.dataclass(frozen=True)
class FlashSaleStarted(FlashSaleEvent):
    """A flash sale has begun. Prices follow the clock, not this: it may come a moment later."""

    name: ClassVar[str] = "flash_sale.started"


@dataclasses.dataclass(frozen=True)
class FlashSaleEnded(FlashSaleEvent):
    """A flash sale is over, or will never be: it was taken back before it began."""

    name: ClassVar[str] = "flash_sale.ended"


@dataclasses.dataclass(frozen=True)
class FlashSaleUpdated(FlashSaleEvent):
    """A flash sale was planned or changed, or its last unit was sold, or one came back."""

    name: ClassVar[str] = "flash_sale.updated"
