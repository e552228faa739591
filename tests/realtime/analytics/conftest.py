"""The door, served in the test's own loop; and people to ask with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.orders.conftest import bank, customer, guest, no_money_call_inside_a_transaction, staff
from tests.realtime.door import FRAMES, Door, serving
from tests.realtime.log import LiveHalf

__all__ = ["bank", "customer", "guest", "no_money_call_inside_a_transaction", "staff"]


@pytest.fixture
async def door(live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving(FRAMES) as door:
        yield door
