"""What the catalog needs to know of purchases, stated by the catalog and handed in by whoever sells.

``orders`` stands above ``catalog`` and sets its implementation from ``AppConfig.ready``, as ``inventory``
does with stock: so no import points up.
"""

from __future__ import annotations

from typing import Protocol


class PurchasePort(Protocol):
    def has_received(self, *, user_id: str, product_id: str) -> bool:
        """Whether an order of this customer with this product in it was delivered. One query."""


_port: PurchasePort | None = None


def provide(port: PurchasePort) -> None:
    """Hand in the implementation. Called once, by the app that sells."""
    global _port  # noqa: PLW0603  one slot, filled once at start-up
    _port = port


def purchases() -> PurchasePort:
    """The port. Raises ``RuntimeError`` where no app sells."""
    if _port is None:
        raise RuntimeError("no app knows of purchases")
    return _port
