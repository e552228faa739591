"""How many are here: counted over all processes, and told to staff."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection

import pytest

from config.identity.models import Role
from realtime.events import ConnectionStats
from realtime.hub.session import Session
from realtime.presence.figures import Figures, FiguresForStaff
from realtime.presence.register import Heard, RegisterAwayError, Said
from realtime.principals import Principal
from realtime.records import Record
from tests.realtime.imaginary import Ear
from tests.realtime.presence.live_processes import PAYLOADS, came, figures, processes
from tests.realtime.waiting import until


async def test_staff_hear_figures_of_all_processes_when_they_come_and_when_they_change() -> None:
    async with processes(2) as (_said, (first, second)):
        came(first.come("1"))
        came(second.come("1"))
        came(second.come())
        await until(lambda: first.presence._heard is not None and first.presence._heard.total == 3)
        first_ear = first.staff()
        # Whoever comes while a round is under way hears first what it was asked before.
        await until(lambda: figures(first_ear)[-1:] == [(4, 2, 1)])
        second_ear = second.staff("other")
        await until(lambda: figures(second_ear)[-1:] == [(5, 3, 2)])
        await until(lambda: figures(first_ear)[-2:] == [(4, 2, 1), (5, 3, 2)])
        heard = figures(first_ear), figures(second_ear)
        await asyncio.sleep(1.5)
        assert (figures(first_ear), figures(second_ear)) == heard
        assert set(heard[1]) <= {(4, 2, 1), (5, 3, 2)}


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
