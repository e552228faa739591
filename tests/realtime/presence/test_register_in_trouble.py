"""A Redis that forgets, is away or has not heard the last: who came and went is said once all the same."""

from __future__ import annotations

from typing import Any

import pytest
import redis.asyncio
from django.conf import settings

from realtime.presence.shared import key_of
from tests.realtime.presence.processes import House


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
