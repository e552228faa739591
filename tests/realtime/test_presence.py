"""Presence of live processes: several hubs, one Redis, and a Redis that is taken away."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import secrets
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest
from django.conf import settings

from config.embedded.redis import Redis
from config.identity.models import Role
from realtime import connections
from realtime.announcer import PROCESS
from realtime.dialects.catalog import CATALOG
from realtime.events import ConnectionStats
from realtime.hub.hub import Hub, HubLimits
from realtime.hub.session import CloseCode, Session
from realtime.hub.wire import Wire
from realtime.presence.alone import OwnRegister
from realtime.presence.figures import Figures, FiguresForStaff
from realtime.presence.presence import Presence
from realtime.presence.register import TIMING, Heard, Register, RegisterAwayError, Said
from realtime.presence.shared import SharedRegister
from realtime.principals import GUEST, Principal
from realtime.records import Record
from realtime.transport.frames import as_it_is
from tests.realtime.imaginary import Ear, ImaginaryLog, a_record, a_session, a_wire
from tests.realtime.people import away
from tests.realtime.waiting import until

#: As in earnest, and ten times as fast; a loop that is late by a second is none to be taken for dead.
QUICK = dataclasses.replace(TIMING, grace=1.0, beat=0.1, fresh=0.5, dead=1.5, gap=1.5, settle=1.0)
PAYLOADS = Wire(CATALOG, as_it_is, joins=False)


class LiveProcess:
    """What is of presence in a live process."""

    def __init__(
        self, said: list[str], *, register: Register | None = None, url: str = "", **limits: int
    ) -> None:
        self.said = said
        self.hub = Hub(source=ImaginaryLog(), limits=HubLimits(**limits), silence=60)
        self.register = register or SharedRegister(
            url or settings.REDIS_URL,
            prefix=settings.REDIS_PREFIX,
            process=secrets.token_hex(6),
            per_holder=self.hub.limits.per_holder,
            per_address=self.hub.limits.per_address,
            timing=QUICK,
        )
        self.presence = Presence(self.hub, register=self.register, announce=self._announce, timing=QUICK)
        self.hub.observer = self.presence

    def _announce(self, records: Sequence[Record]) -> None:
        for record in records:
            sign = "+" if json.loads(record.data)["online"] else "-"
            self.said.append(f"{sign}{record.subject}")

    async def start(self) -> None:
        self.hub.start()
        assert await self.hub.ready()
        self.presence.start()

    async def kill(self) -> None:
        """It says nothing any more, not even goodbye."""
        self.presence._register = OwnRegister()

    async def end(self) -> None:
        await self.hub.stop()
        await self.presence.stop()
        await self.register.leave()

    def come(
        self, user: str = "", *, role: Role = Role.CUSTOMER, address: str = ""
    ) -> tuple[Session, Ear] | None:
        """A connection; nothing where it is refused."""
        ear = Ear()
        principal = Principal("user", id=user, role=role) if user else GUEST
        session = Session(
            wire=PAYLOADS, writer=ear, principal=principal, holder=principal.holder, address=address
        )
        return (session, ear) if self.hub.open(session) else None

    def staff(self, user: str = "staff") -> Ear:
        """One of the staff, who listens."""
        came = self.come(user, role=Role.ADMIN)
        assert came is not None
        self.hub.join(came[0], ["admin"])
        return came[1]


@asynccontextmanager
async def processes(number: int, **options: object) -> AsyncIterator[tuple[list[str], list[LiveProcess]]]:
    said: list[str] = []
    async with AsyncExitStack() as stack:
        started = []
        for _each in range(number):
            process = LiveProcess(said, **options)  # type: ignore[arg-type]
            await process.start()
            stack.push_async_callback(process.end)
            started.append(process)
        yield said, started


def figures(ear: Ear) -> list[tuple[int, int, int]]:
    """Connections, different users, staff's connections."""
    told = [json.loads(payload) for payload in ear.writes]
    assert all(message["type"] == "stats" and "cursor" not in message for message in told)
    names = ("total_connections", "authenticated_users", "admin_connections")
    return [tuple(message["data"][name] for name in names) for message in told]


def came(connection: tuple[Session, Ear] | None) -> Session:
    assert connection is not None
    return connection[0]


# ---------------------------------------------------------------------------------- what the hub tells


class Watcher:
    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def entered(self, session: Session) -> None:
        self.seen.append(("entered", session.holder))

    def left(self, session: Session) -> None:
        self.seen.append(("left", session.holder, ",".join(session.rooms)))

    def belongs_to(self, session: Session, before: str) -> None:
        self.seen.append(("belongs to", session.holder, before))

    def joined(self, session: Session, room: str) -> None:
        self.seen.append(("joined", session.holder, room))

    def happened(self, record: Record) -> None:
        self.seen.append(("happened", record.type))


@asynccontextmanager
async def a_hub(**limits: int) -> AsyncIterator[Hub]:
    hub = Hub(source=ImaginaryLog(), limits=HubLimits(**limits), silence=60)
    hub.start()
    assert await hub.ready()
    yield hub
    await hub.stop()


async def test_an_observer_is_told_of_every_change_once_and_of_nothing_that_is_none() -> None:
    async with a_hub(per_holder=1) as hub:
        watcher = hub.observer = Watcher()
        session, _ = a_session(a_wire())
        refused, _ = a_session(a_wire(), holder="user:1")
        hub.open(session)
        hub.join(session, ["stock"])
        hub.join(session, ["stock", "products"])
        hub.belong(session, holder="user:1")
        hub.belong(session, holder="user:1")
        assert not hub.open(refused)
        hub.close(session, CloseCode.NOT_ALLOWED)
        hub.leave(session)
        hub.join(session, ["stock"])
        assert watcher.seen == [
            ("entered", ""),
            ("joined", "", "stock"),
            ("joined", "", "products"),
            ("belongs to", "user:1", ""),
            ("left", "user:1", ""),
        ]


async def test_whoever_has_gone_before_its_new_token_was_read_is_counted_no_more() -> None:
    async with a_hub(per_holder=1) as hub:
        session, _ = a_session(a_wire(), holder="user:1")
        hub.open(session)
        hub.leave(session)
        assert hub.belong(session, holder="user:2")
        assert hub.holders() == set()


async def test_a_whisper_to_some_is_heard_by_those_of_them_who_are_in_its_room() -> None:
    async with a_hub() as hub:
        sessions = [a_session(a_wire()) for _each in range(3)]
        for session, _ in sessions:
            hub.open(session)
        (inside, hears), (outside, hears_not), (other, not_meant) = sessions
        hub.join(inside, ["all"])
        hub.join(outside, ["elsewhere"])
        hub.join(other, ["all"])
        hub.whisper_to([inside, outside], a_record(0))
        await until(lambda: hears.heard == ["0"])
        assert (hears_not.heard, not_meant.heard) == ([], [])


# ---------------------------------------------------------------------------------- several processes


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
        third.hub.leave(last)
        left = time.monotonic()
        await until(lambda: len(said) == 2)
        assert 0.9 < time.monotonic() - left < 2
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
        began = time.perf_counter()
        sessions = [came(process.come(str(number))) for number in range(500)]
        assert process.come("0") is not None
        assert process.come("0") is None
        for session in sessions:
            process.hub.leave(session)
        assert time.perf_counter() - began < 0.5
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


# ---------------------------------------------------------------------------------- limits


async def test_a_users_connections_are_limited_over_all_processes() -> None:
    async with processes(2, per_holder=3) as (_said, (first, second)):
        one, _two = came(first.come("1")), came(first.come("1"))
        await until(lambda: second.hub.admission._holders_elsewhere == {"user:1": 2})
        assert second.come("1") is not None
        assert second.come("1") is None
        assert second.come("2") is not None
        await until(lambda: first.hub.admission._holders_elsewhere == {"user:1": 1})
        assert first.come("1") is None
        first.hub.leave(one)
        assert first.come("1") is not None
        guest = came(second.come())
        assert not second.hub.belong(guest, holder="user:1")


async def test_an_addresss_connections_are_limited_over_all_processes() -> None:
    async with processes(2, per_address=4) as (_said, (first, second)):
        for _each in range(3):
            came(first.come(address="192.0.2.1"))
        await until(lambda: second.hub.admission._addresses_elsewhere == {"192.0.2.1": 3})
        assert second.come(address="192.0.2.1") is not None
        assert second.come(address="192.0.2.1") is None
        assert second.come(address="192.0.2.2") is not None


async def test_the_connections_of_a_killed_process_keep_nobody_out_for_long() -> None:
    async with processes(2, per_holder=2) as (_said, (killed, other)):
        came(killed.come("1"))
        came(killed.come("1"))
        await until(lambda: other.hub.admission._holders_elsewhere == {"user:1": 2})
        assert other.come("1") is None
        await killed.kill()
        took = await until(lambda: not other.hub.admission._holders_elsewhere)
        assert took < 1.2
        assert other.come("1") is not None
        assert other.come("1") is not None


async def test_while_redis_is_away_each_process_has_limits_of_its_own(own_redis: Redis) -> None:
    async with processes(2, url=own_redis.url, per_holder=2) as (_said, (first, second)):
        came(first.come("1"))
        came(first.come("1"))
        await until(lambda: second.hub.admission._holders_elsewhere == {"user:1": 2})
        await away(own_redis.stop)
        await until(lambda: not second.hub.admission._holders_elsewhere)
        assert second.come("1") is not None
        await away(own_redis.start)


# ---------------------------------------------------------------------------------- figures for staff


async def test_staff_hear_figures_of_all_processes_when_they_come_and_when_they_change() -> None:
    async with processes(2) as (_said, (first, second)):
        came(first.come("1"))
        came(second.come("1"))
        came(second.come())
        await until(lambda: first.presence._heard is not None and first.presence._heard.total == 3)
        first_ear = first.staff()
        await until(lambda: figures(first_ear) == [(4, 2, 1)])
        second_ear = second.staff("other")
        await until(lambda: figures(second_ear) == [(5, 3, 2)])
        await until(lambda: figures(first_ear) == [(4, 2, 1), (5, 3, 2)])
        await asyncio.sleep(1.5)
        assert len(figures(first_ear)) == 2
        assert len(figures(second_ear)) == 1


async def test_who_joins_the_staffs_room_again_hears_figures_again_and_who_left_it_none() -> None:
    async with processes(1) as (_said, (process,)):
        session, ear = process.come("staff", role=Role.ADMIN) or (None, None)
        assert session is not None
        assert ear is not None
        process.hub.join(session, ["admin"])
        await until(lambda: figures(ear) == [(1, 1, 1)])
        process.hub.part(session, ["admin"])
        came(process.come("1"))
        await asyncio.sleep(1.5)
        assert figures(ear) == [(1, 1, 1)]
        process.hub.join(session, ["admin"])
        await until(lambda: figures(ear) == [(1, 1, 1), (2, 2, 1)])


async def test_whoever_is_staff_no_more_is_not_counted_as_staff() -> None:
    async with processes(1) as (_said, (process,)):
        ear = process.staff()
        session, _ = process.come("1", role=Role.ADMIN) or (None, None)
        assert session is not None
        await until(lambda: (2, 2, 2) in figures(ear))
        session.principal = Principal("user", id="1", role=Role.CUSTOMER)
        await until(lambda: figures(ear)[-1] == (2, 2, 1))


class Told:
    """A hub's `whisper_to` that remembers, and a clock."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, Session, int]] = []
        self.now = 100.0

    def __call__(self, sessions: Collection[Session], record: Record) -> None:
        assert record.type == ConnectionStats.name
        total = json.loads(record.data)["total_connections"]
        self.heard += [(self.now, session, total) for session in sessions]

    def of(self, session: Session) -> list[tuple[float, int]]:
        return [(at, total) for at, heard_by, total in self.heard if heard_by is session]


def test_figures_come_at_most_once_a_second_and_the_newest_always() -> None:
    told = Told()
    staff = FiguresForStaff(told)
    early, late = (Session(wire=PAYLOADS, writer=Ear()) for _each in range(2))
    early.rooms["admin"] = late.rooms["admin"] = 0
    staff.joined(early, "admin")
    for tick in range(100):
        told.now = 100.0 + tick / 10
        if tick == 25:
            staff.joined(late, "admin")
        # It changes all the time for six seconds, and then no more.
        staff.tell(Figures(min(tick, 60), 1, 1), told.now)
    assert told.of(early) == [
        (100.0, 0),
        (101.0, 10),
        (102.0, 20),
        (103.0, 30),
        (104.0, 40),
        (105.0, 50),
        (106.0, 60),
    ]
    assert told.of(late) == [(102.5, 25), (103.5, 35), (104.5, 45), (105.5, 55), (106.5, 60)]


def test_figures_are_made_for_nobody_where_nobody_listens() -> None:
    told = Told()
    staff = FiguresForStaff(told)
    session = Session(wire=PAYLOADS, writer=Ear())
    assert not staff.joined(session, "stock")
    staff.tell(Figures(1, 1, 1), 100.0)
    assert staff.joined(session, "admin")
    staff.left(session)
    staff.tell(Figures(2, 1, 1), 101.0)
    assert told.heard == []


async def test_the_others_figures_hold_for_a_moment_while_the_register_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_away = False

    class Fickle:
        async def tell(self, said: Said) -> Heard:
            if is_away:
                raise RegisterAwayError("away")
            return Heard(now=time.time(), total=said.total + 100, users=51, staff=said.staff + 5)

        async def leave(self) -> None:
            pass

    monkeypatch.setattr("realtime.presence.presence.FIGURES_HOLD", 1.5)
    async with processes(1, register=Fickle()) as (_said, (process,)):
        ear = process.staff()
        await until(lambda: figures(ear) == [(101, 51, 6)])
        is_away = True
        late = process.staff("late")
        await until(lambda: figures(late) == [(101, 51, 6)])
        await until(lambda: figures(late)[-1] == (2, 2, 2))
        assert figures(ear) == [(101, 51, 6), (2, 2, 2)]
