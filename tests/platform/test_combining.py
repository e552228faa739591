"""Who leads, who waits, and what each is told; without a database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from config.kernel import combining
from config.kernel.combining import Combiner, NothingDone
from config.kernel.errors import Conflict, Unavailable

POOL = ThreadPoolExecutor(50)


class Torn(BaseException):
    """A thread that is torn away."""


class Till:
    """What is done, alone and together, noted down. ``hold`` keeps whoever leads until ``let_go``."""

    def __init__(self, *, most: int = 32) -> None:
        self.groups: list[list[str]] = []
        self.alone: list[tuple[str, int]] = []
        self.inside = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.then: Callable[[Sequence[str]], Sequence[str | Exception]] = lambda asked: [
            f"{one} together" for one in asked
        ]
        self.combiner: Combiner[str, str] = Combiner(
            self._together, alone=self._alone, key=lambda one: one.partition("/")[0], most=most
        )
        self.pool = POOL

    def _alone(self, asked: str) -> str:
        self.alone.append((asked, threading.get_ident()))
        self.inside.set()
        assert self.gate.wait(10)
        return f"{asked} alone"

    def _together(self, asked: Sequence[str]) -> Sequence[str | Exception]:
        self.groups.append(list(asked))
        return self.then(asked)

    def ask(self, asked: str) -> Future[str]:
        return self.pool.submit(self.combiner, asked)

    def hold(self) -> Future[str]:
        """Have somebody be at it, until ``let_go``."""
        self.gate.clear()
        leader = self.ask("leader")
        assert self.inside.wait(10)
        return leader

    def waiting(self, *asked: str) -> list[Future[str]]:
        """Those, waiting in this order."""
        futures = []
        for one in asked:
            before = len(self.combiner._waiting)
            futures.append(self.ask(one))
            deadline = time.monotonic() + 10
            while len(self.combiner._waiting) == before:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        return futures

    def let_go(self) -> None:
        self.gate.set()


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Till:
    monkeypatch.setattr(combining, "PATIENCE", 60)  # the tests say when somebody loses it
    return Till()


def results(futures: Sequence[Future[str]]) -> list[str | BaseException]:
    return [one.exception(10) or one.result() for one in futures]


def test_whoever_finds_nobody_at_it_begins_at_once_alone_and_in_their_own_thread(till: Till) -> None:
    assert till.combiner("a") == "a alone"
    assert till.alone == [("a", threading.get_ident())]
    assert till.groups == []


def test_those_who_come_meanwhile_are_done_together_in_the_order_in_which_they_came(till: Till) -> None:
    leader = till.hold()
    futures = till.waiting("a", "b", "c")
    till.let_go()
    assert results([leader, *futures]) == ["leader alone", "a together", "b together", "c together"]
    assert till.groups == [["a", "b", "c"]]
    assert till.combiner("d") == "d alone", "and then nobody is at it"


def test_each_is_answered_for_itself(till: Till) -> None:
    refused = Conflict("b is refused")
    till.then = lambda asked: [refused if one == "b" else f"{one} together" for one in asked]
    till.hold()
    futures = till.waiting("a", "b", "c")
    till.let_go()
    assert results(futures) == ["a together", refused, "c together"]


def test_one_who_waits_alone_is_done_alone(till: Till) -> None:
    till.hold()
    futures = till.waiting("a")
    till.let_go()
    assert results(futures) == ["a alone"]
    assert till.groups == []


def test_where_nothing_was_done_each_goes_alone_in_a_thread_of_its_own(till: Till) -> None:
    def fail(_asked: Sequence[str]) -> Sequence[str | Exception]:
        raise NothingDone from ZeroDivisionError()

    till.then = fail
    till.hold()
    futures = till.waiting("a", "b", "c")
    till.let_go()
    assert results(futures) == ["a alone", "b alone", "c alone"]
    assert len({thread for asked, thread in till.alone if asked in "abc"}) == 3


def test_where_nobody_knows_what_was_done_all_are_told_so_and_nobody_tries_again(till: Till) -> None:
    error = ZeroDivisionError()

    def fail(_asked: Sequence[str]) -> Sequence[str | Exception]:
        raise error

    till.then = fail
    till.hold()
    futures = till.waiting("a", "b")
    till.let_go()
    first, second = results(futures)
    assert first is error
    assert isinstance(second, Unavailable)
    assert [asked for asked, _ in till.alone] == ["leader"]


def test_a_leader_that_is_torn_away_leaves_nobody_waiting(till: Till) -> None:
    def tear(_asked: Sequence[str]) -> Sequence[str | Exception]:
        raise Torn

    till.then = tear
    till.hold()
    futures = till.waiting("a", "b")
    till.let_go()
    first, second = results(futures)
    assert isinstance(first, Torn)
    assert isinstance(second, Unavailable)
    assert till.combiner("c") == "c alone"


def test_two_with_the_same_key_are_never_in_one_group(till: Till) -> None:
    till.hold()
    futures = till.waiting("a/1", "a/2", "b/1", "a/3", "c/1")
    till.let_go()
    results(futures)
    assert till.groups == [["a/1", "b/1", "c/1"]]
    assert [asked for asked, _ in till.alone] == ["leader", "a/2", "a/3"]


def test_a_group_has_a_bounded_size_and_takes_those_who_have_waited_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(combining, "PATIENCE", 60)
    till = Till(most=3)
    till.hold()
    futures = till.waiting(*"abcdefgh")
    till.let_go()
    assert all(str(one).endswith("together") for one in results(futures))
    assert till.groups == [["a", "b", "c"], ["d", "e", "f"], ["g", "h"]]


def test_nobody_waits_for_long_for_a_leader_who_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combining, "PATIENCE", 0.05)
    till = Till()
    leader = till.hold()
    # The leader goes on holding, and these are done all the same.
    till.combiner._alone = lambda asked: f"{asked} alone"
    futures = [till.ask(one) for one in "abcd"]
    assert {str(one)[:1] for one in results(futures)} == set("abcd")
    assert not leader.done()
    till.let_go()
    assert leader.result(10) == "leader alone"
    assert (till.combiner._leaders, till.combiner._waiting) == (0, [])


def test_under_load_everybody_gets_the_answer_to_their_own_question(till: Till) -> None:
    for _ in range(20):
        asked = [f"{number}" for number in range(50)]
        answers = list(till.pool.map(till.combiner, asked))
        assert [answer.split()[0] for answer in answers] == asked
    assert (till.combiner._leaders, till.combiner._waiting) == (0, [])
    assert max(map(len, till.groups), default=0) <= 32
