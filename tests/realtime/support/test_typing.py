"""When it is told that somebody types, and when it ends: clocks that are made, processes that die."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson

from realtime.records import Record
from realtime.support.typing import APART, LASTS, Typing


class Handle:
    def __init__(self) -> None:
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop:
    """A clock, and what is to be done later."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.todo: list[tuple[float, Handle, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., None], /, *arguments: object) -> Handle:
        handle = Handle()
        self.todo.append((self.now + delay, handle, lambda: callback(*arguments)))
        return handle

    def go(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((one for one in self.todo if one[0] <= end), key=lambda one: one[0]):
            self.todo.remove(due[0])
            self.now, handle, callback = due[0]
            if not handle.is_cancelled:
                callback()
        self.now = end


class House:
    """Several processes; what is said at one of them is heard at all that live."""

    def __init__(self, processes: int = 2) -> None:
        self.loop = Loop()
        self.began = self.loop.now
        self.heard: list[list[tuple[float, str, bool]]] = [[] for _each in range(processes)]
        self.passed_on = 0
        self.is_alive = [True] * processes
        self.processes = [
            Typing(
                announce=self._announce,
                whisper=self._whisper(number),
                clock=self.loop.time,
                later=self.loop.call_later,
            )
            for number in range(processes)
        ]

    def _announce(self, records: Sequence[Record]) -> None:
        self.passed_on += 1
        for process, is_alive in zip(self.processes, self.is_alive, strict=True):
            if is_alive:
                for record in records:
                    process.hear(record)

    def _whisper(self, number: int) -> Callable[[Record], None]:
        def whisper(record: Record) -> None:
            if self.is_alive[number]:
                data = orjson.loads(record.data)
                at = round(self.loop.now - self.began, 3)
                self.heard[number].append((at, data["user"]["name"], data["is_typing"]))

        return whisper

    def start(self, name: str = "Carla", *, origin: str = "one", at: int = 0, chat: str = "chat_1") -> None:
        user = {"id": f"usr_{name}", "name": name}
        self.processes[at].start(origin=origin, chat_id=chat, user=user)

    def both(self) -> list[tuple[float, str, bool]]:
        """What was heard: the same everywhere."""
        assert all(heard == self.heard[0] for heard in self.heard)
        return self.heard[0]


def test_it_ends_by_itself_five_seconds_after_it_was_last_said() -> None:
    house = House()
    for _each in range(4):
        house.start()
        house.loop.go(2)
    house.loop.go(60)
    assert house.both() == [(0.0, "Carla", True), (6.0 + LASTS, "Carla", False)]


def test_it_ends_when_it_is_said() -> None:
    house = House()
    house.start()
    house.loop.go(1)
    house.processes[0].stop(origin="one", chat_id="chat_1")
    house.loop.go(60)
    assert house.both() == [(0.0, "Carla", True), (1.0, "Carla", False)]


def test_an_end_without_a_beginning_is_told_nobody() -> None:
    house = House()
    house.processes[0].stop(origin="one", chat_id="chat_1")
    house.processes[0].gone("one")
    house.start()
    house.loop.go(60)
    # It has ended by itself; whoever says so now is not repeated.
    house.processes[0].stop(origin="one", chat_id="chat_1")
    assert [is_typing for _at, _name, is_typing in house.both()] == [True, False]


def test_it_ends_with_the_connection() -> None:
    house = House()
    house.start(chat="chat_1")
    house.start(chat="chat_2")
    house.loop.go(1)
    house.processes[0].gone("one")
    assert house.both() == [(0.0, "Carla", True)] * 2 + [(1.0, "Carla", False)] * 2


def test_it_ends_although_the_process_that_said_it_was_killed() -> None:
    house = House()
    house.start(at=0)
    house.loop.go(1)
    house.is_alive[0] = False
    house.loop.go(60)
    assert house.heard[1] == [(0.0, "Carla", True), (LASTS, "Carla", False)]


def test_a_user_who_types_over_two_connections_types_until_both_have_stopped() -> None:
    house = House()
    house.start(origin="one", at=0)
    house.start(origin="two", at=1)
    house.loop.go(1)
    house.processes[0].stop(origin="one", chat_id="chat_1")
    assert house.both() == [(0.0, "Carla", True)]
    house.loop.go(60)
    assert house.both() == [(0.0, "Carla", True), (LASTS, "Carla", False)]


def test_two_users_type_each_for_themselves() -> None:
    house = House()
    house.start("Carla", origin="one")
    house.loop.go(1)
    house.start("Sara", origin="two")
    house.loop.go(60)
    assert house.both() == [
        (0.0, "Carla", True), (1.0, "Sara", True), (5.0, "Carla", False), (6.0, "Sara", False),
    ]  # fmt: skip


def test_what_is_said_again_at_once_is_not_passed_on() -> None:
    house = House()
    for _each in range(100):
        house.start()
        house.loop.go(0.01)
    assert house.passed_on == 1 / APART
    assert house.both() == [(0.0, "Carla", True)]


def test_nothing_is_left_of_those_who_have_stopped() -> None:
    house = House()
    for number in range(20):
        house.start(origin=f"socket-{number}", chat=f"chat_{number}")
        house.start(origin=f"other-{number}", chat=f"chat_{number}")
        house.processes[0].gone(f"other-{number}")
    house.loop.go(60)
    for process in house.processes:
        assert (process._said, process._heard) == ({}, {})
