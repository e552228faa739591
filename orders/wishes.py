"""What somebody wishes for: as it was asked for, and as it was understood (``selectors.wishes``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inventory.selectors.items import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """So many units of what ``item`` names.

    ``options`` are choices by option (``None``: not mentioned). ``size`` was said without saying of what: it
    is the option where the product has one, else the attribute.
    """

    item: Item
    quantity: int = 1
    options: Mapping[str, str] | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A wish for one variant. ``sent`` is the item as it was sent, for what is said about it."""

    product_id: str
    variant_id: str
    quantity: int
    options: Mapping[str, str] | None
    sent: Any

    @property
    def choices(self) -> Mapping[str, str]:
        return self.options or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CartChange:
    """One of a batch: ``add`` so many, ``set`` to so many, ``remove`` all."""

    action: Literal["add", "set", "remove"]
    wish: Wish
