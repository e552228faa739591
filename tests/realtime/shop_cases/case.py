"""What a case is: an event, and each message that Socket.IO clients get of it; and the rooms of most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from config.kernel.events import DomainEvent

STOREFRONT, PRODUCT, ADMIN = "storefront", "product:prod_1", "admin"
CART, ORDER, CUSTOMER = "cart:cart_1", "order:ord_1", "user:usr_1"
#: Of those who wished for the product, some.
WISHERS = ("user:usr_1", "user:usr_2")

Messages = list[tuple[str, tuple[str, ...], dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Case:
    """An event, and each message of it: its name, the rooms that hear it, its payload."""

    event: DomainEvent
    messages: Messages


Cases = dict[str, Case]
