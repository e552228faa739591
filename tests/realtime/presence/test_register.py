"""Who came and who went, over all processes: said once, by one of them, whatever is killed; and limits."""

from __future__ import annotations

import redis.asyncio
from django.conf import settings

from realtime.presence.shared import IN_ONE_CALL, key_of
from tests.realtime.presence.processes import BEGIN, House, Process

# ---------------------------------------------------------------------------------- one process


async def test_a_users_first_connection_is_said_and_no_other(one: tuple[House, Process]) -> None:
    house, process = one
    process.come("user:1")
    await house.rounds()
    assert house.announced() == ["+user:1"]
    process.come("user:1", "user:2")
    process.go("user:1")
    await house.wait(30)
    assert house.announced() == ["+user:2"]


async def test_a_user_has_gone_ten_seconds_after_the_last_connection(one: tuple[House, Process]) -> None:
    house, process = one
    process.come("user:1", "user:1", "user:2")
    await house.rounds()
    house.announced()
    process.go("user:1")
    await house.wait(30)
    assert house.announced() == []
    process.go("user:1")
    await house.rounds()
    await house.wait(9.5)
    assert house.announced() == []
    await house.wait(0.5)
    assert house.announced() == ["-user:1"]
    await house.wait(60)
    assert house.announced() == []


async def test_a_user_who_is_back_within_ten_seconds_was_never_away(one: tuple[House, Process]) -> None:
    house, process = one
    process.come("user:1")
    await house.rounds()
    assert house.announced() == ["+user:1"]
    for _each in range(3):
        process.go("user:1")
        await house.wait(9)
        process.come("user:1")
        await house.wait(9)
    assert house.announced() == []
    process.go("user:1")
    await house.wait(11)
    process.come("user:1")
    await house.wait(1)
    assert house.announced() == ["-user:1", "+user:1"]


async def test_who_comes_and_goes_between_two_rounds_was_not_here(one: tuple[House, Process]) -> None:
    house, process = one
    process.come("user:1")
    process.go("user:1")
    await house.wait(30)
    assert house.announced() == []


async def test_figures_are_of_connections_and_of_different_users(one: tuple[House, Process]) -> None:
    _house, process = one
    process.come("user:1", "user:1", "user:2", address="10.0.0.1")
    process.staff = 1
    heard = await process.round()
    assert heard is not None
    assert (heard.total, heard.users, heard.staff, heard.now) == (4, 2, 1, BEGIN)
    process.go("user:2")
    heard = await process.round()
    assert heard is not None
    # Who has just gone is not counted, though nobody was told yet.
    assert (heard.total, heard.users) == (3, 1)


# ---------------------------------------------------------------------------------- several


async def test_a_second_process_says_nothing_of_whom_the_first_has(house: House) -> None:
    first, second = house.open(), house.open()
    first.come("user:1")
    await house.rounds()
    second.come("user:1")
    await house.wait(2)
    first.go("user:1")
    await house.wait(30)
    assert house.announced() == ["+user:1"]
    second.go("user:1")
    await house.wait(30)
    assert house.announced() == ["-user:1"]


async def test_a_user_who_goes_over_to_another_process_was_never_away(house: House) -> None:
    first, second = house.open(), house.open()
    first.come("user:1")
    await house.rounds()
    first.go("user:1")
    await house.wait(9)
    second.come("user:1")
    await house.wait(60)
    assert house.announced() == ["+user:1"]


async def test_the_users_of_a_killed_process_have_gone_ten_to_twelve_seconds_later(house: House) -> None:
    first, second, killed = house.open(), house.open(), house.open()
    first.come("user:both")
    killed.come("user:1", "user:2", "user:both")
    await house.wait(1)
    assert sorted(house.announced()) == ["+user:1", "+user:2", "+user:both"]
    house.kill(killed)
    await house.wait(10)
    assert house.announced() == []
    await house.wait(2)
    assert sorted(house.announced()) == ["-user:1", "-user:2"]
    await house.wait(60)
    assert house.announced() == []
    heard = await second.round()
    assert heard is not None
    assert (heard.total, heard.users) == (1, 1)


async def test_a_user_who_leaves_another_process_after_the_kill_has_gone_since_then(house: House) -> None:
    killed, other = house.open(), house.open()
    killed.come("user:1")
    other.come("user:1")
    await house.wait(1)
    house.announced()
    house.kill(killed)
    await house.wait(4)
    other.go("user:1")
    await house.rounds()
    await house.wait(9.5)
    assert house.announced() == []
    await house.wait(1)
    assert house.announced() == ["-user:1"]


async def test_the_users_of_a_killed_process_who_come_back_were_never_away(house: House) -> None:
    killed, other = house.open(), house.open()
    killed.come("user:1")
    await house.wait(1)
    house.kill(killed)
    await house.wait(8)
    other.come("user:1")
    await house.wait(60)
    assert house.announced() == ["+user:1"]


async def test_a_process_that_ends_is_not_waited_for(house: House) -> None:
    ending, other = house.open(), house.open()
    ending.come("user:1")
    other.come("user:2")
    await house.wait(1)
    house.announced()
    await house.end(ending)
    heard = await other.round()
    assert heard is not None
    assert (heard.total, heard.users) == (1, 1)
    await house.wait(9.5)
    assert house.announced() == []
    await house.wait(1)
    assert house.announced() == ["-user:1"]


async def test_a_process_that_was_held_up_for_a_moment_costs_no_announcement(house: House) -> None:
    held_up, other = house.open(), house.open()
    held_up.come("user:1")
    await house.wait(1)
    house.announced()
    # Long enough to be taken for dead.
    await house.wait(8, but=[held_up])
    heard = await other.round()
    assert heard is not None
    assert heard.total == 0
    await house.wait(60)
    assert house.announced() == []
    heard = await other.round()
    assert heard is not None
    assert (heard.total, heard.users) == (1, 1)


async def test_users_who_were_taken_to_have_gone_with_their_process_are_back_when_it_is(house: House) -> None:
    held_up, _other = house.open(), house.open()
    held_up.come("user:1", "user:2")
    await house.wait(1)
    house.announced()
    await house.wait(15, but=[held_up])
    assert sorted(house.announced()) == ["-user:1", "-user:2"]
    held_up.go("user:2")
    await house.wait(30)
    assert house.announced() == ["+user:1"]


async def test_more_users_than_fit_into_one_call_are_told_of_and_forgotten(house: House) -> None:
    first, second = house.open(), house.open()
    users = [f"user:{number}" for number in range(2 * IN_ONE_CALL + 7)]
    first.come(*users)
    await house.rounds()
    assert sorted(house.announced()) == sorted(f"+{user}" for user in users)
    house.kill(first)
    await house.wait(14)
    assert sorted(house.announced()) == sorted(f"-{user}" for user in users)
    heard = await second.round()
    assert heard is not None
    assert (heard.total, heard.users) == (0, 0)


# ---------------------------------------------------------------------------------- limits


async def test_those_near_a_limit_are_known_with_what_others_have() -> None:
    house = House(per_holder=4, per_address=4)
    first, second, third = house.open(), house.open(), house.open()
    first.come("user:1", address="10.0.0.1")
    second.come("user:1", "user:2")
    for _each in range(2):
        second.come(address="10.0.0.1")
    await house.rounds()
    for process, holders, addresses in (
        (first, {"user:1": 1}, {"10.0.0.1": 2}),
        (second, {"user:1": 1}, {"10.0.0.1": 1}),
        (third, {"user:1": 2}, {"10.0.0.1": 3}),
    ):
        heard = await process.round()
        assert heard is not None
        assert (heard.holders, heard.addresses) == (holders, addresses)
    await house.close()


async def test_a_process_that_may_have_died_keeps_nobody_out() -> None:
    house = House(per_holder=2, per_address=2)
    killed, other = house.open(), house.open()
    killed.come("user:1", "user:1", address="10.0.0.1")
    await house.rounds()
    heard = await other.round()
    assert heard is not None
    assert heard.holders == {"user:1": 2}
    house.kill(killed)
    await house.wait(1.5)
    heard = await other.round()
    assert heard is not None
    assert (heard.holders, heard.addresses) == ({}, {})
    assert heard.total == 3
    await house.close()


async def test_addresses_with_few_connections_are_not_told_of() -> None:
    house = House(per_address=100)
    process = house.open()
    for number in range(50):
        process.come(address=f"10.0.0.{number}")
    for _each in range(5):
        process.come(address="10.0.1.1")
    await house.rounds()
    async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client:
        key = key_of(settings.REDIS_PREFIX, "addresses")
        assert await client.zrange(key, 0, -1, withscores=True) == [(b"10.0.1.1", 5.0)]
    await house.close()
