"""What the tests of chats share: people, callers of every kind, and a chat."""

from __future__ import annotations

from tests.orders.conftest import (
    Person,
    callers,
    customer,
    delivery,
    guest,
    other,
    server,
    staff,
    tailor,
)

__all__ = ["Person", "callers", "customer", "delivery", "guest", "other", "server", "staff", "tailor"]
