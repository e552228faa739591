"""People, and a live half that nobody pokes."""

from __future__ import annotations

from tests.orders.conftest import bank, customer, guest, no_money_call_inside_a_transaction, staff

__all__ = ["bank", "customer", "guest", "no_money_call_inside_a_transaction", "staff"]
