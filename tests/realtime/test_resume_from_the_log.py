"""Coming back for more than the ring still has: the missed events are read from the real log."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from config.identity.models import Role
from realtime import runtime
from realtime.dialects.catalog import CATALOG
from realtime.hub.hub import HubLimits
from realtime.source import PostgresSource
from tests.realtime.door import Door, serving
from tests.realtime.happenings.orders import assigned, changed_cart
from tests.realtime.log import caught_up, publish_soon, stock_low, stock_reduced, stock_updated
from tests.realtime.people import a_person

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


async def test_whoever_resumes_what_is_their_own_is_not_charged_with_what_is_others(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr((await runtime.hub())._replay, "_most_events", 10)
    person, tailor = await a_person(), await a_person(Role.TAILOR)
    own, almost = person.user.pk, person.user.pk.replace("_", "x")
    here = await door.call("?topics=me", additional_headers=person.bearer)
    start = (await here.hear_of("subscribed"))["cursor"]
    for number in range(MISSED):
        # Nobody is notified of an assignment, so its users may be invented.
        # Somebody else's; what only mentions them; and at times their own.
        await publish_soon(
            assigned(user_id=almost, order_id=f"ord_a{number}"),
            assigned(user_id="usr_other", order_id=f"ord_b{number}"),
            changed_cart(user_id="usr_other", cart_id=f"cart_{number}"),
            assigned(user_id="usr_other", tailor_id=tailor.user.pk, order_id=f"ord_c{number % 5}"),
            *([assigned(user_id=own, order_id=f"ord_{number}")] if number % 10 == 0 else []),
        )
    await publish_soon(changed_cart(user_id=own))
    await caught_up()
    back = await door.call(f"?topics=me&cursor={start}", additional_headers=person.bearer)
    await back.hear_of("subscribed")
    heard = [await back.hear() for _event in range(5)]
    assert [event["data"].get("order_id", "the cart") for event in heard] == [
        "ord_0", "ord_10", "ord_20", "ord_30", "the cart"
    ]  # fmt: skip
    assert (await back.hear_of("resumed"))["replayed"] == 5
    # Control: of what is their own there may be too much.
    much = await door.call(f"?topics=me&cursor={start}", additional_headers=tailor.bearer)
    await much.hear_of("subscribed")
    assert (await much.hear_of("resumed"))["reason"] == "too_many"


@pytest.mark.parametrize("identity", ["usr_77", "100%", 'a"b', "back\\slash", "é„“", "_", "\\%"])
async def test_an_id_is_found_however_it_is_written_and_no_other(door: Door, identity: str) -> None:
    await publish_soon(
        assigned(user_id=identity),
        assigned(user_id=f"{identity}x"),
        assigned(user_id=f"x{identity}"),
        # As it would match, were its signs wildcards.
        assigned(
            user_id=identity.replace("_", "x").replace("%", "yy") + ("" if {"_", "%"} & {*identity} else "z")
        ),
    )
    await caught_up()
    source = PostgresSource()
    await source.open()
    try:
        interest = CATALOG.interest([f"user:{identity}"])
        found = await source.read(epoch="e", after=0, upto=100, limit=100, interest=interest)
        count = await source.count(after=0, upto=100, limit=100, interest=interest)
    finally:
        await source.close()
    assert [record.parsed()["user_id"] for record in found] == [identity]
    assert count == 1
