"""How often staff hear of product views, and of users' activity: clocks that are made, no view left out."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from realtime.events import ProductViewed, UserActive
from realtime.presence.activity import Activity, Recently
from realtime.records import Record
from realtime.views_told import ViewsTold
from realtime.whispers import whisper_of


class Loop:
    """A clock, and what is to be done later."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.todo: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> None:
        self.todo.append((self.now + delay, callback))

    def go(self, until: float) -> None:
        self.todo.sort(key=lambda entry: entry[0])
        while self.todo and self.todo[0][0] <= until:
            self.now, callback = self.todo.pop(0)
            callback()
            self.todo.sort(key=lambda entry: entry[0])
        self.now = until


class Ears:
    """Processes, each with a throttle for what it tells and one for what it hears; and what staff hear at
    each of them."""

    def __init__(self, loop: Loop, processes: int) -> None:
        self.loop = loop
        self.heard: list[list[tuple[float, ProductViewed]]] = [[] for _each in range(processes)]
        self._hearing = [
            ViewsTold(self._staff(number), clock=loop.time, later=loop.call_later)
            for number in range(processes)
        ]
        self.telling = [
            ViewsTold(self._tell_all, clock=loop.time, later=loop.call_later) for _each in range(processes)
        ]

    def _tell_all(self, view: ProductViewed, timestamp: str) -> None:
        for hearing in self._hearing:
            hearing.tell(view, timestamp)

    def _staff(self, number: int) -> Callable[[ProductViewed, str], None]:
        return lambda view, _timestamp: self.heard[number].append((self.loop.now, view))


def a_view(number: int = 1) -> ProductViewed:
    return ProductViewed(f"prod_{number}", "mugs", 1_000, None)


def test_a_view_is_told_at_once_and_those_that_follow_closely_with_the_next() -> None:
    loop = Loop()
    ears = Ears(loop, 1)
    for number in range(1, 5):
        ears.telling[0].tell(a_view(number), "")
        loop.now += 0.01
    assert [view.product_id for _, view in ears.heard[0]] == ["prod_1"]
    loop.go(1_010.0)
    told = [(view.product_id, view.count) for _, view in ears.heard[0]]
    # The newest, which stands for three; nothing of it waits for a view that may never come.
    assert told == [("prod_1", 1), ("prod_4", 3)]
    ears.telling[0].tell(a_view(5), "")
    assert ears.heard[0][-1] == (1_010.0, a_view(5))


def test_staff_hear_ten_a_second_of_any_number_of_processes_and_each_view_is_counted_once() -> None:
    loop, chance = Loop(), random.Random(7)
    ears = Ears(loop, 4)
    views = 0
    for _each in range(3_000):
        loop.go(loop.now + chance.random() * 0.004)
        ears.telling[chance.randrange(4)].tell(a_view(chance.randrange(9)), "")
        views += 1
    loop.go(loop.now + 1)
    for heard in ears.heard:
        times = [at for at, _ in heard]
        assert all(sum(1 for at in times if since <= at < since + 0.999) <= 10 for since in times)
        assert len(heard) > 40
        assert sum(view.count for _, view in heard) == views


def test_control_without_the_second_throttle_staff_hear_ten_a_second_of_each_process() -> None:
    loop = Loop()
    ears = Ears(loop, 4)
    heard: list[float] = []
    ears._hearing = []
    for telling in ears.telling:
        telling._send = lambda _view, _timestamp: heard.append(loop.now)
    for _each in range(2_000):
        loop.go(loop.now + 0.0005)
        for telling in ears.telling:
            telling.tell(a_view(), "")
    assert len(heard) > 35


# ---------------------------------------------------------------------------------- activity


def test_a_users_activity_is_told_every_ten_seconds_however_many_processes_say_so() -> None:
    loop = Loop()
    told: list[tuple[float, str]] = []
    processes: list[Activity] = []

    def announce(records: Sequence[Record]) -> None:
        for process in processes:
            for record in records:
                process.hear(record)

    def whisper(record: Record) -> None:
        told.append((loop.now, record.subject))

    processes += [Activity(announce=announce, whisper=whisper, clock=loop.time)]
    processes += [Activity(announce=announce, whisper=lambda _record: None, clock=loop.time)]
    for second in range(31):
        loop.now = 1_000.0 + second
        for process in processes:
            process.active("usr_1")
        if second == 3:
            processes[1].active("usr_2")
    assert told == [
        (1_000.0, "usr_1"),
        (1_003.0, "usr_2"),
        (1_010.0, "usr_1"),
        (1_020.0, "usr_1"),
        (1_030.0, "usr_1"),
    ]


def test_an_activity_that_two_processes_say_is_whispered_once() -> None:
    loop = Loop()
    told: list[Record] = []
    process = Activity(announce=lambda _records: None, whisper=told.append, clock=loop.time)
    for _each in range(2):
        process.hear(whisper_of(UserActive("usr_1")))
    assert len(told) == 1


def test_what_was_recent_is_forgotten() -> None:
    loop = Loop()
    recently = Recently(10.0, clock=loop.time)
    for number in range(5_000):
        loop.now += 0.1
        assert recently.is_new(str(number))
        assert not recently.is_new(str(number))
    assert len(recently) <= 101
