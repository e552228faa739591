"""When figures are asked for, and who is told of them: with a clock that the test turns."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Collection, Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config.kernel.clock import iso, parse_iso
from realtime.analytics.dashboard import APART, REST, Dashboard
from realtime.analytics.figures import BY_NAME, FIGURES, Number, Reading
from realtime.hub.session import Session
from realtime.records import Record
from tests.realtime.imaginary import a_session, a_wire
from tests.realtime.waiting import until

NAMES = [figure.name for figure in FIGURES]
ORDERS = {"orders_today", "revenue_today"}
NOON = parse_iso("2026-11-21T12:00:00Z")


def an_event(kind: str) -> Record:
    return Record(1, "evt_1", kind, "x", None, "{}", "", iso(NOON), "abcd1234")


class Staff:
    """Somebody who listens, and what they have heard: each with when that was."""

    def __init__(self) -> None:
        self.session: Session = a_session(a_wire())[0]
        self.session.rooms["admin"] = 0
        self.heard: list[tuple[float, str, Number]] = []

    def take(self) -> list[tuple[str, Number]]:
        heard, self.heard = self.heard, []
        return [(name, value) for _at, name, value in heard]


class Office:
    """A dashboard, the values that the database would give, and a clock. ``asked`` is what it was asked."""

    def __init__(self) -> None:
        self.values: dict[str, Number] = dict.fromkeys(NAMES, 0)
        self.costs: dict[str, float] = dict.fromkeys(NAMES, 0.001)
        self.asked: list[list[str]] = []
        self.at = 100.0
        self.started = NOON
        self.people: dict[Session, Staff] = {}
        self.failure: Exception | None = None
        self.dashboard = Dashboard(self.whisper_to, read=self.read, steady=lambda: self.at, now=self.now)

    def now(self) -> dt.datetime:
        return self.started + dt.timedelta(seconds=self.at - 100)

    async def read(self, names: Collection[str], _now: dt.datetime) -> Mapping[str, Reading]:
        if self.failure is not None:
            raise self.failure
        self.asked.append(list(names))
        return {name: Reading(self.values[name], self.costs[name]) for name in names}

    def whisper_to(self, sessions: Collection[Session], record: Record) -> None:
        told = json.loads(record.data)
        assert record.type == "metric"
        for session in sessions:
            self.people[session].heard.append((self.at, told["metric"], told["value"]))

    def join(self) -> Staff:
        staff = Staff()
        self.people[staff.session] = staff
        self.dashboard.joined(staff.session, "admin")
        return staff

    def happens(self, kind: str, **values: Number) -> None:
        self.values.update(values)
        self.dashboard.happened(an_event(kind))

    async def look(self) -> list[str]:
        """One look; what was asked."""
        before = len(self.asked)
        await self.dashboard.look()
        return [name for names in self.asked[before:] for name in names]

    async def go_on(self, seconds: float) -> list[str]:
        """As its task does: look whenever it is time. What was asked meanwhile."""
        before, end = len(self.asked), self.at + seconds
        while True:
            await self.dashboard.look()
            rest = self.dashboard.rest()
            if rest is None or self.at + rest > end:
                self.at = end
                return [name for names in self.asked[before:] for name in names]
            self.at += max(rest, 0.001)


@pytest.fixture
async def office() -> Office:
    return Office()


# ---------------------------------------------------------------------------------- who begins to listen


async def test_nothing_is_asked_while_nobody_listens(office: Office) -> None:
    office.happens("order.placed", orders_today=1)
    assert await office.look() == []
    assert office.dashboard.rest() is None
    staff = office.join()
    assert await office.look() == NAMES
    assert staff.take() == [(name, office.values[name]) for name in NAMES]
    office.dashboard.left(staff.session)
    assert await office.go_on(600) == []


async def test_a_room_that_is_not_the_staffs_is_none_of_its_business(office: Office) -> None:
    someone = Staff()
    office.dashboard.joined(someone.session, "storefront")
    assert await office.look() == []


async def test_whoever_has_left_the_room_hears_nothing_more(office: Office) -> None:
    leaving, staying = office.join(), office.join()
    await office.look()
    leaving.take()
    del leaving.session.rooms["admin"]
    office.at += APART
    office.happens("order.placed", orders_today=1)
    await office.look()
    assert leaving.take() == []
    assert staying.take()[-1] == ("orders_today", 1)


async def test_who_comes_a_moment_later_shares_the_answer_if_nothing_has_happened(office: Office) -> None:
    office.join()
    await office.look()
    office.at += APART / 2
    second = office.join()
    assert await office.look() == []
    assert second.take() == [(name, 0) for name in NAMES]


async def test_who_comes_later_hears_what_is_true_then(office: Office) -> None:
    first = office.join()
    await office.look()
    first.take()
    office.at += 5
    # Carts that were forgotten by the clock: nothing was announced.
    office.values["active_carts"] = 7
    second = office.join()
    assert await office.look() == NAMES
    assert dict(second.take())["active_carts"] == 7
    assert first.take() == [("active_carts", 7)]


async def test_who_comes_right_after_an_event_hears_what_it_changed(office: Office) -> None:
    first = office.join()
    await office.look()
    first.take()
    office.at += 0.1
    office.happens("order.placed", orders_today=1, revenue_today=99.5)
    second = office.join()
    assert set(await office.look()) == ORDERS
    assert second.take() == [(name, office.values[name]) for name in NAMES]
    # The first was told 0.1 s ago.
    assert first.take() == []
    await office.go_on(APART)
    assert first.take() == [("orders_today", 1), ("revenue_today", 99.5)]


async def test_what_happened_while_nobody_listened_is_seen_by_the_next_who_does(office: Office) -> None:
    staff = office.join()
    await office.look()
    office.dashboard.left(staff.session)
    office.happens("order.placed", orders_today=1)
    office.at += 0.05
    assert dict(await told(office, office.join()))["orders_today"] == 1


async def told(office: Office, staff: Staff) -> list[tuple[str, Number]]:
    await office.look()
    return staff.take()


# ---------------------------------------------------------------------------------- what changes


@pytest.mark.parametrize("event", sorted({event for figure in FIGURES for event in figure.events}))
async def test_an_event_has_those_figures_asked_for_that_it_may_change(office: Office, event: str) -> None:
    office.join()
    await office.look()
    office.at += APART
    office.happens(event)
    assert await office.look() == [figure.name for figure in FIGURES if event in figure.events]


async def test_an_event_of_something_else_is_no_reason_to_ask(office: Office) -> None:
    office.join()
    await office.look()
    office.at += APART
    office.happens("stock.reduced")
    assert await office.look() == []


async def test_a_figure_that_is_the_same_is_not_told_again(office: Office) -> None:
    staff = office.join()
    await office.look()
    staff.take()
    office.at += APART
    office.happens("cart.updated")
    assert await office.look() == ["active_carts"]
    assert staff.take() == []


async def test_a_crowd_of_events_is_told_once_a_second_and_the_last_of_them_too(office: Office) -> None:
    staff = office.join()
    await office.look()
    staff.heard.clear()
    for number in range(1, 501):
        office.happens("order.placed", orders_today=number, revenue_today=number * 10)
        await office.go_on(0.01)
    await office.go_on(2)
    orders = [(at, value) for at, name, value in staff.heard if name == "orders_today"]
    assert len(orders) <= 6
    assert orders[-1][1] == 500
    assert all(later[0] - earlier[0] >= APART for earlier, later in pairwise(orders))
    assert len([names for names in office.asked if "orders_today" in names]) <= 8


async def test_what_happens_while_it_is_being_asked_is_asked_again(office: Office) -> None:
    staff = office.join()
    await office.look()
    staff.take()
    office.at += APART
    office.happens("order.placed", orders_today=1)
    answer = office.read

    async def meanwhile(names: Collection[str], now: dt.datetime) -> Mapping[str, Reading]:
        found = await answer(names, now)
        office.happens("order.placed", orders_today=2)
        return found

    office.dashboard._read = meanwhile
    await office.look()
    assert ("orders_today", 1) in staff.take()
    office.dashboard._read = answer
    await office.go_on(APART)
    assert ("orders_today", 2) in staff.take()


async def test_each_figure_is_looked_at_by_the_clock_too(office: Office) -> None:
    office.join()
    asked = await office.go_on(119)
    counts = {name: asked.count(name) for name in NAMES}
    assert counts == {
        "orders_today": 2, "revenue_today": 2, "active_carts": 12, "low_stock_count": 12,
        "open_support_chats": 2, "views_last_hour": 60,
    }  # fmt: skip


# ---------------------------------------------------------------------------------- midnight


async def test_at_midnight_the_days_figures_begin_anew_without_an_event(
    office: Office, settings: Settings
) -> None:
    settings.STOCKWIRE_TIME_ZONE = ZoneInfo("Africa/Cairo")
    office.started = parse_iso("2026-11-21T21:59:55Z")
    office.values.update(orders_today=12, revenue_today=900)
    staff = office.join()
    await office.go_on(4.9)
    staff.heard.clear()
    office.values.update(orders_today=0, revenue_today=0)
    await office.go_on(1)
    assert {name for _at, name, _value in staff.heard} == ORDERS
    assert {value for _at, _name, value in staff.heard} == {0}
    assert all(105 <= at < 105.1 for at, _name, _value in staff.heard)


async def test_control_a_figure_that_knew_no_days_would_tell_of_yesterday_for_a_minute(
    office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STOCKWIRE_TIME_ZONE = ZoneInfo("Africa/Cairo")
    office.started = parse_iso("2026-11-21T21:59:55Z")
    office.values.update(orders_today=12)
    staff = office.join()
    await office.look()
    for known in office.dashboard._known.values():
        known.holds_until = None
    staff.heard.clear()
    office.values.update(orders_today=0)
    await office.go_on(50)
    assert staff.heard == []


# ---------------------------------------------------------------------------------- what it costs


async def test_what_takes_long_is_asked_for_more_rarely(office: Office) -> None:
    office.costs["revenue_today"] = 0.3
    office.join()
    await office.look()
    before = len(office.asked)
    for number in range(1, 1_201):
        office.happens("order.placed", orders_today=number, revenue_today=number)
        await office.go_on(0.05)
    asked = [name for names in office.asked[before:] for name in names]
    assert 55 <= asked.count("orders_today") <= 60
    assert 9 <= asked.count("revenue_today") <= 60 / (0.3 * REST)


async def test_newcomers_do_not_have_it_asked_more_often_either(office: Office) -> None:
    office.costs = dict.fromkeys(NAMES, 0.05)
    office.join()
    await office.look()
    before = len(office.asked)
    late = []
    for _each in range(100):
        late.append(office.join())
        office.happens("order.placed")
        await office.go_on(0.1)
    await office.go_on(2)
    assert len([names for names in office.asked[before:] if "orders_today" in names]) <= 12
    assert all({name for name, _value in staff.take()} == set(NAMES) for staff in late)


# ---------------------------------------------------------------------------------- any order of things


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.floats(0, 3)),
            st.tuples(st.just("join"), st.just(0.0)),
            st.tuples(st.just("leave"), st.just(0.0)),
            st.tuples(st.sampled_from(["order.placed", "cart.updated", "stock.low"]), st.just(0.0)),
        ),
        max_size=60,
    )
)
def test_whatever_happens_everybody_ends_with_what_is_true_and_hears_nothing_twice_a_second(
    steps: list[tuple[str, float]],
) -> None:
    async def play() -> None:
        office = Office()
        present: list[Staff] = []
        everybody: list[Staff] = []
        for number, (what, seconds) in enumerate(steps):
            if what == "wait":
                await office.go_on(seconds)
            elif what == "join":
                present.append(office.join())
                everybody.append(present[-1])
            elif what == "leave" and present:
                office.dashboard.left(present.pop(0).session)
            elif what != "leave":
                office.happens(what, **{one.name: number + 1 for one in FIGURES if what in one.events})
        await office.go_on(3)
        for staff in present:
            assert {name: value for _at, name, value in staff.heard} == office.values
        for staff in everybody:
            for name in BY_NAME:
                times = [at for at, heard, _value in staff.heard if heard == name]
                assert all(b - a >= APART - 1e-9 for a, b in pairwise(times))
                values = [value for _at, heard, value in staff.heard if heard == name]
                assert all(a != b for a, b in pairwise(values))

    asyncio.run(play())


# ---------------------------------------------------------------------------------- its task


async def test_a_database_that_is_away_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    office = Office()
    office.dashboard._steady = asyncio.get_running_loop().time
    office.failure = OperationalError("away")
    office.dashboard.start()
    staff = office.join()
    await until(lambda: office.dashboard._is_failing)
    assert staff.heard == []
    office.failure = None
    await until(lambda: len(staff.heard) == len(NAMES))
    await office.dashboard.stop()
    assert office.dashboard._task is not None
    assert office.dashboard._task.done()
    assert office.dashboard._task.exception() is None


async def test_what_can_not_be_told_does_not_end_it() -> None:
    office = Office()
    office.dashboard._steady = asyncio.get_running_loop().time
    office.failure = KeyError("a mistake of ours")
    office.dashboard.start()
    staff = office.join()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    office.failure = None
    await until(lambda: len(staff.heard) == len(NAMES))
    await office.dashboard.stop()
