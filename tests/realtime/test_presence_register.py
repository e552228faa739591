"""Who came and who went, over all processes: said once, by one of them, whatever is killed or forgotten."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio
from django.conf import settings

from realtime.presence.alone import OwnRegister
from realtime.presence.shared import IN_ONE_CALL, SharedRegister, key_of
from tests.realtime.processes import BEGIN, House, Process


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


# ---------------------------------------------------------------------------------- Redis in trouble


async def test_a_redis_that_has_forgotten_everything_costs_no_announcement(house: House) -> None:
    first, second, _third = house.open(), house.open(), house.open()
    first.come("user:1", "user:2", "user:both")
    second.come("user:3", "user:both")
    await house.wait(1)
    house.announced()
    await house.forget_everything()
    await house.wait(60)
    assert house.announced() == []
    heard = await second.round()
    assert heard is not None
    assert (heard.total, heard.users) == (5, 4)


async def test_who_went_while_redis_was_forgetting_has_gone_and_who_came_has_come(house: House) -> None:
    first, second = house.open(), house.open()
    first.come("user:stays", "user:goes", "user:goes over")
    second.come("user:other")
    await house.wait(1)
    house.announced()
    await house.forget_everything()
    first.go("user:goes", "user:goes over")
    second.come("user:goes over", "user:comes", "user:looks in")
    # The second is there first: it can't know who was here before.
    await second.round()
    second.go("user:looks in")
    await house.wait(4)
    assert house.announced() == []
    await house.wait(2)
    assert house.announced() == ["+user:comes"]
    await house.wait(60)
    assert house.announced() == ["-user:goes"]


async def test_a_redis_that_is_away_for_long_and_has_forgotten_nothing_costs_no_announcement(
    house: House,
) -> None:
    first, second = house.open(), house.open()
    first.come("user:1")
    second.come("user:2")
    await house.wait(1)
    house.announced()
    house.clock.now += 40
    # The first is back a good deal before the second.
    await house.wait(3, but=[second])
    await house.wait(60)
    assert house.announced() == []


async def test_a_process_alone_in_the_house_that_is_started_again_finds_its_users(house: House) -> None:
    first = house.open()
    first.come("user:1", "user:2")
    await house.wait(1)
    house.announced()
    house.kill(first)
    house.clock.now += 7
    again = house.open()
    await house.wait(1)
    again.come("user:1")
    await house.wait(4)
    assert house.announced() == []
    await house.wait(30)
    assert house.announced() == ["-user:2"]


async def test_what_is_said_twice_counts_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.open(), house.open()
    await house.rounds()
    register = house.registers[0]
    call = register._call

    async def unheard(**words: Any) -> dict[str, Any]:
        await call(**words)
        raise redis.ConnectionError("the answer was lost")

    monkeypatch.setattr(register, "_call", unheard)
    first.come("user:1", "user:1", address="10.0.0.1")
    assert await first.round() is None
    monkeypatch.undo()
    heard = await first.round()
    assert heard is not None
    assert (heard.total, heard.users) == (3, 1)
    first.go("user:1", "user:1")
    heard = await first.round()
    assert heard is not None
    assert heard.users == 0
    heard = await second.round()
    assert heard is not None
    assert heard.users == 0


async def test_a_redis_that_has_not_heard_the_last_of_a_process_is_put_right(house: House) -> None:
    first, second = house.open(), house.open()
    first.come("user:stays", "user:lost", "user:more", "user:more")
    second.come("user:more")
    await house.wait(1)
    house.announced()
    # As after a failover: one that is here is not known there, one that has gone still is.
    async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client:
        its = key_of(settings.REDIS_PREFIX, "of:process-0")
        holders = key_of(settings.REDIS_PREFIX, "holders")
        await client.hdel(its, "huser:lost")
        await client.zrem(holders, "user:lost")
        await client.hset(its, mapping={"huser:ghost": "1", "huser:ghosts friend": "2"})
        await client.zadd(holders, {"user:ghost": 1, "user:ghosts friend": 2})
    await house.wait(5)
    assert house.announced() == []
    heard = await second.round()
    assert heard is not None
    assert (heard.total, heard.users) == (5, 3)
    await house.wait(30)
    assert sorted(house.announced()) == ["-user:ghost", "-user:ghosts friend"]


async def test_who_comes_and_goes_while_redis_is_away_is_not_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = house.open()
    process.come("user:stays", "user:goes")
    await house.wait(1)
    house.announced()
    register = house.registers[0]

    async def away(**words: Any) -> dict[str, Any]:
        raise redis.ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(register, "_call", away)
        process.go("user:goes")
        for number in range(1_000):
            process.come(f"user:{number}")
            process.go(f"user:{number}")
            if number % 10 == 0:
                assert await process.round() is None
        process.come("user:comes")
        assert await process.round() is None
        assert register._holders == {"user:goes", "user:comes"}
    await house.wait(1)
    assert house.announced() == ["+user:comes"]
    await house.wait(15)
    assert house.announced() == ["-user:goes"]


async def test_nothing_is_left_in_redis_for_long(house: House) -> None:
    process = house.open()
    process.come("user:1", address="10.0.0.1")
    await house.rounds()
    async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client:
        names = [name async for name in client.scan_iter(f"{settings.REDIS_PREFIX}*")]
        assert len(names) == 4
        for name in names:
            assert name.startswith(key_of(settings.REDIS_PREFIX, "").encode())
            assert 0 < await client.ttl(name) <= 60


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


# ---------------------------------------------------------------------------------- races


async def _three_look_for_who_went(house: House) -> list[str]:
    """Three processes look at the same moment, ten seconds after everybody has gone."""
    first, _second, _third = house.open(), house.open(), house.open()
    users = [f"user:{number}" for number in range(20)]
    first.come(*users)
    await house.rounds()
    first.go(*users)
    await house.rounds()
    house.announced()
    await house.wait(9)
    house.clock.now += 1.5
    await asyncio.gather(*(process.round() for process in house.processes))
    return sorted(house.announced())


async def test_control_processes_that_look_and_then_take_all_say_who_went(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = SharedRegister._call
    looking = asyncio.Barrier(3)

    async def in_two_steps(self: SharedRegister, **words: Any) -> dict[str, Any]:
        """As one would do it without a script: look who has been gone for long enough; then take them out."""
        gone = key_of(settings.REDIS_PREFIX, "gone")
        async with redis.asyncio.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
            found = await client.zrangebyscore(gone, "-inf", house.clock.now - 10)
            if found:
                async with asyncio.timeout(5):
                    await looking.wait()
                await client.zrem(gone, *found)
        answer = await call(self, **words)
        if answer:
            answer["offline"] = found
        return answer

    monkeypatch.setattr(SharedRegister, "_call", in_two_steps)
    assert len(await _three_look_for_who_went(house)) == 3 * 20


async def test_of_three_processes_that_look_at_once_one_says_who_went(house: House) -> None:
    assert await _three_look_for_who_went(house) == sorted(f"-user:{number}" for number in range(20))


async def test_of_three_processes_to_which_a_user_comes_at_once_one_says_so(house: House) -> None:
    for _each in range(3):
        house.open()
    await house.rounds()
    for number in range(50):
        for process in house.processes:
            process.come(f"user:{number}")
        await asyncio.gather(*(process.round() for process in house.processes))
    assert sorted(house.announced()) == sorted(f"+user:{number}" for number in range(50))


# ---------------------------------------------------------------------------------- anything


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_what_was_said_last_is_so(house: House, seed: int) -> None:
    """Users come and go over processes that are started, killed, ended and held up, and a Redis that forgets:
    of each user is said in turn that it came and that it went, and in the end that which is so."""
    chance = random.Random(seed)
    users = [f"user:{number}" for number in range(12)]
    trouble = 0.0
    house.open()
    for _step in range(250):
        what = chance.random()
        process = chance.choice(house.processes)
        if what < 0.45:
            process.come(*chance.sample(users, chance.randrange(1, 4)))
        elif what < 0.8:
            its = [user for user, count in process.connections.items() if count]
            process.go(*chance.sample(its, min(len(its), 2)))
        elif what < 0.84 and len(house.processes) < 4:
            house.open()
        elif what < 0.87 and len(house.processes) > 1:
            house.kill(process)
            trouble = house.clock.now
        elif what < 0.89 and len(house.processes) > 1:
            await house.end(process)
            trouble = house.clock.now
        elif what < 0.9:
            # Of those who went with their process only the register knew; and one trouble at a time.
            await house.wait(20 - min(20, house.clock.now - trouble))
            await house.forget_everything()
            trouble = house.clock.now
            await house.wait(1)
        # A process is held up for less than it takes to think that the register was away.
        await house.wait(chance.random() * 2, but=chance.sample(house.processes, chance.randrange(2)))
        await house.rounds()
    await house.wait(40)
    here = {user for process in house.processes for user, count in process.connections.items() if count}
    for user in users:
        told = [said[0] for said in house.said if said[1:] == user]
        assert told == ["+", "-"] * (len(told) // 2) + ["+"] * (len(told) % 2), user
        assert bool(len(told) % 2) == (user in here), user
