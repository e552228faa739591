"""Guards that a control takes out, so that the race is shown."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

import pytest

from orders.models import Order
from orders.parties import parties_of


def without_order_lock(patch: pytest.MonkeyPatch, count: int, *modules: ModuleType) -> None:
    """In these modules so many have all looked at the order before the first of them goes on."""
    gate = threading.Barrier(count)

    def look_and_meet(order_id: str, **how: Any) -> Any:
        order = Order.objects.get(id=order_id)
        parties = parties_of(order, actor=how["actor"], role=how["role"])
        gate.wait(timeout=10)
        return order, parties

    for module in modules:
        patch.setattr(module, "lock_order", look_and_meet)
