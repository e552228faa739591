"""What the catalog announces. Each is published by a service, inside the transaction of its change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
