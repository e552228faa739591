"""Processes that look at the register at the same moment, and whatever else can happen in any order.

The race has a control, in which the script is taken apart and the race happens, and a proof.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
import redis.asyncio
from django.conf import settings

from realtime.presence.shared import SharedRegister, key_of
from tests.realtime.presence.processes import House


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
                async with asyncio.timeout(30):
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
