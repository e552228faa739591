"""The door of the shop's Socket.IO clients, served in the test's own loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.realtime.door import FRAMES, Door, serving
from tests.realtime.log import LiveHalf


@pytest.fixture
async def door(live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving(FRAMES) as door:
        yield door
