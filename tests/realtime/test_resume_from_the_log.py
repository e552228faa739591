"""Coming back for more than the ring still has: the missed events are read from the real log."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from realtime import runtime
from realtime.hub.hub import HubLimits
from tests.realtime.door import Door, serving
from tests.realtime.log import publish_soon, stock_low, stock_reduced, stock_updated

pytestmark = pytest.mark.django_db(transaction=True)

KEPT, MISSED = 5, 40


@pytest.fixture
async def door(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A live process that keeps only the newest few events at hand, as one does that was just started."""
    monkeypatch.setattr(runtime, "limits", lambda: HubLimits(ring_events=KEPT, preload=KEPT))
    async with runtime.live():
        hub = await runtime.hub()
        assert await hub.ready()
        async with serving() as door:
            yield door


async def test_all_that_was_missed_comes_in_order_and_once(door: Door) -> None:
    here = await door.call("?topics=stock")
    start = (await here.hear_of("subscribed"))["cursor"]
    for version in range(1, MISSED + 1):
        await publish_soon(stock_reduced("prod_1", version), stock_low(), stock_updated("prod_2", version))
    heard = [await here.hear() for _event in range(2 * MISSED)]
    back = await door.call(f"?topics=stock&cursor={start}")
    await back.hear_of("subscribed")
    assert [await back.hear() for _event in range(2 * MISSED)] == heard
    resumed = await back.hear_of("resumed")
    assert (resumed["recovered"], resumed["replayed"]) == (True, 2 * MISSED)
    one = await door.call(f"?topics=product:prod_2&cursor={start}")
    await one.hear_of("subscribed")
    assert [(await one.hear())["data"]["product_id"] for _event in range(MISSED)] == ["prod_2"] * MISSED
    assert (await one.hear_of("resumed"))["replayed"] == MISSED


async def test_who_missed_nothing_of_its_own_is_told_so(door: Door) -> None:
    here = await door.call("?topics=stock")
    start = (await here.hear_of("subscribed"))["cursor"]
    await publish_soon(*(stock_reduced("prod_1", version) for version in range(1, MISSED)))
    for _event in range(1, MISSED):
        await here.hear()
    back = await door.call(f"?topics=products&cursor={start}")
    await back.hear_of("subscribed")
    resumed = await back.hear_of("resumed")
    assert (resumed["recovered"], resumed["replayed"]) == (True, 0)


async def test_too_much_is_refused_whole(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr((await runtime.hub())._replay, "_most_events", 10)
    here = await door.call("?topics=stock")
    start = (await here.hear_of("subscribed"))["cursor"]
    await publish_soon(*(stock_reduced("prod_1", version) for version in range(1, MISSED)))
    for _event in range(1, MISSED):
        await here.hear()
    back = await door.call(f"?topics=stock&cursor={start}")
    await back.hear_of("subscribed")
    resumed = await back.hear_of("resumed")
    assert (resumed["recovered"], resumed["reason"]) == (False, "too_many")
