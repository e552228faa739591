"""A house of processes that share a register, and one process with each kind of register."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from realtime.presence.alone import OwnRegister
from tests.realtime.presence.processes import House, Process


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.close()


@pytest.fixture(params=["alone", "shared"])
async def one(request: pytest.FixtureRequest, house: House) -> AsyncIterator[tuple[House, Process]]:
    """One process: with Redis, and without."""
    if request.param == "shared":
        yield house, house.open()
    else:
        process = Process(OwnRegister(clock=house.clock), house.said)
        house.processes.append(process)
        yield house, process
