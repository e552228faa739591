"""Presence of live processes: several hubs, one Redis, and a Redis that is taken away."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import pytest

from config.embedded.redis import Redis
from realtime import connections
from realtime.announcer import PROCESS
from realtime.presence.alone import OwnRegister
from realtime.presence.register import Heard, Said
from tests.realtime.people import away
from tests.realtime.presence.live_processes import QUICK, came, figures, processes
from tests.realtime.waiting import until


async def test_a_users_way_through_three_processes_is_told_of_once() -> None:
    async with processes(3) as (said, (first, second, third)):
        session = came(first.come("1"))
        await until(lambda: said == ["+1"])
        again = came(second.come("1"))
        first.hub.leave(session)
        await asyncio.sleep(1.5)
        second.hub.leave(again)
        last = came(third.come("1"))
        await asyncio.sleep(1.5)
        assert said == ["+1"]
        left = time.monotonic()
        third.hub.leave(last)
        await until(lambda: len(said) == 2)
        assert time.monotonic() - left > 0.9
        assert said == ["+1", "-1"]


async def test_a_guest_who_signs_in_is_online_and_whoever_signs_in_as_another_has_gone() -> None:
    async with processes(1) as (said, (process,)):
        session = came(process.come())
        await asyncio.sleep(0.3)
        assert said == []
        assert process.hub.belong(session, holder="user:1")
        await until(lambda: said == ["+1"])
        assert process.hub.belong(session, holder="user:2")
        await until(lambda: said == ["+1", "+2", "-1"])


async def test_a_killed_process_is_found_out_and_told_of_once() -> None:
    async with processes(3) as (said, (killed, _second, _third)):
        for number in range(20):
            killed.come(str(number))
        await until(lambda: len(said) == 20)
        await killed.kill()
        await until(lambda: len(said) == 40)
        await asyncio.sleep(1)
        assert sorted(said[20:]) == sorted(f"-{number}" for number in range(20))


async def test_a_redis_that_is_started_again_costs_no_announcement_and_the_next_ones_are_made(
    own_redis: Redis,
) -> None:
    async with processes(2, url=own_redis.url) as (said, (first, second)):
        stays, goes = came(first.come("stays")), came(first.come("goes"))
        came(second.come("other"))
        await until(lambda: len(said) == 3)
        said.clear()
        await away(own_redis.stop)
        first.hub.leave(goes)
        came(second.come("comes"))
        await asyncio.sleep(2)
        await away(own_redis.start)
        await until(lambda: len(said) == 2)
        assert sorted(said) == ["+comes", "-goes"]
        await asyncio.sleep(2.5)
        assert len(said) == 2
        first.hub.leave(stays)
        await until(lambda: said[2:] == ["-stays"])


async def test_nobody_waits_for_a_redis_that_is_away(own_redis: Redis) -> None:
    await away(own_redis.stop)
    async with processes(1, url=own_redis.url, per_holder=2) as (said, (process,)):
        ear = process.staff()
        began = time.thread_time()
        sessions = [came(process.come(str(number))) for number in range(500)]
        assert process.come("0") is not None
        assert process.come("0") is None
        for session in sessions:
            process.hub.leave(session)
        # There is nothing in it that could wait; and this is what it costs, whoever else has the machine.
        assert time.thread_time() - began < 0.5
        # Staff hear of this process alone.
        await until(lambda: (2, 2, 1) in figures(ear))
        assert said == []
        await away(own_redis.start)
        await until(lambda: sorted(said) == ["+0", "+staff"])


async def test_without_redis_a_single_process_does_the_same() -> None:
    async with processes(1, register=OwnRegister(timing=QUICK)) as (said, (process,)):
        ear = process.staff()
        session = came(process.come("1"))
        await until(lambda: sorted(said) == ["+1", "+staff"])
        await until(lambda: (2, 2, 1) in figures(ear))
        process.hub.leave(session)
        await until(lambda: said[2:] == ["-1"])
        await until(lambda: figures(ear)[-1] == (1, 1, 1))


async def test_a_round_that_fails_in_a_way_that_nobody_thought_of_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    register = OwnRegister(timing=QUICK)
    tell, failed = register.tell, 0

    async def fail_first(said: Said) -> Heard:
        nonlocal failed
        failed += 1
        if failed == 1:
            raise KeyError("now")
        return await tell(said)

    monkeypatch.setattr(register, "tell", fail_first)
    async with processes(1, register=register) as (said, (process,)):
        await until(lambda: failed > 1)
        came(process.come("1"))
        await until(lambda: said == ["+1"])


async def test_connections_are_counted_over_all_processes_also_from_synchronous_code() -> None:
    async with processes(2) as (_said, (first, second)):
        for _each in range(3):
            came(first.come())
        session = came(second.come("1"))

        async def counted(number: int) -> None:
            async with asyncio.timeout(5):
                while await away(partial(connections.count, None)) != number:  # noqa: ASYNC110  Redis tells nobody
                    await asyncio.sleep(0.05)

        await counted(4)
        second.hub.leave(session)
        await counted(3)
        said = {"gone": "1000.0 7 0 9", "there": "1004.5 2 1 9", PROCESS: "1005.0 7 0 9"}
        heard = list(connections._read(said, now=1005))
        assert [(one.name, one.connections, one.staff, one.is_here) for one in heard] == [
            ("there", 2, 1, False),
            (PROCESS, 7, 0, True),
        ]
