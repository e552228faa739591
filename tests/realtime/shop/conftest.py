"""The door of the shop's Socket.IO clients, served in the test's own loop; and a guest's token."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from orders.owners import new_cart_token
from tests.realtime.door import FRAMES, Door, serving
from tests.realtime.log import LiveHalf


@pytest.fixture
async def door(live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving(FRAMES) as door:
        yield door


@pytest.fixture
def a_token() -> str:
    """A guest's, for its cart."""
    return new_cart_token()
