"""The same key at the same moment: with the guard one effect, without it (the control) several."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from config.api import idempotency
from config.api.models import IdempotencyKey
from config.identity.models import User
from tests.api import endpoints
from tests.api.answers import refused

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50


def together(count: int, send: Callable[[int], Any]) -> list[Any]:
    """Has ``count`` threads, each with its own connection, send at the same moment."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        connection.ensure_connection()
        start.wait(timeout=30)
        try:
            return send(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def once(key: str, body: bytes = b"{}") -> Any:
    return Client(raise_request_exception=False).post(
        "/once", body, "application/json", headers={"Idempotency-Key": key}
    )


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the advisory lock out."""
    monkeypatch.setattr(idempotency, "_lock", lambda onces: [True] * len(onces))


@pytest.fixture
def no_unique_key() -> Iterator[None]:
    """Takes the table's unique constraint out."""
    constraint = "ALTER TABLE api_idempotencykey {} CONSTRAINT idempotency_key_once"
    with connection.cursor() as cursor:
        cursor.execute(constraint.format("DROP"))
    yield
    IdempotencyKey.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(constraint.format("ADD") + " UNIQUE (caller, endpoint, key)")


def meet(count: int) -> None:
    """Has the effects of ``count`` requests wait for each other: the unlucky moment, made certain."""
    meeting = threading.Barrier(count)

    def wait() -> None:
        meeting.wait(timeout=30)

    endpoints.while_running[:] = [wait]


def test_control_without_lock_and_constraint_one_key_has_several_effects(
    no_lock: None, no_unique_key: None
) -> None:
    meet(5)
    answers = together(5, lambda _: once("k1"))
    assert [answer.status_code for answer in answers] == [201] * 5
    assert (User.objects.count(), IdempotencyKey.objects.count()) == (5, 5)


def test_control_without_the_lock_the_constraint_alone_still_undoes_all_but_one(no_lock: None) -> None:
    meet(5)
    answers = together(5, lambda _: once("k1"))
    assert sorted(answer.status_code for answer in answers) == [201, 500, 500, 500, 500]
    assert (User.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


def test_fifty_duplicates_at_once_have_one_effect() -> None:
    answers = together(AT_ONCE, lambda _: once("k1"))
    assert (User.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    by_kind = Counter(
        (answer.status_code, answer.headers.get("Idempotent-Replayed", "first")) for answer in answers
    )
    assert by_kind[201, "first"] == 1
    assert by_kind[201, "true"] + by_kind[409, "first"] == AT_ONCE - 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "in_progress")
            assert answer.headers["Retry-After"] == "1"
    assert once("k1").headers["Idempotent-Replayed"] == "true"


def test_one_key_with_two_bodies_at_once_has_the_effect_of_one() -> None:
    answers = together(AT_ONCE, lambda number: once("k1", b'{"body": %d}' % (number % 2)))
    assert (User.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409, 422}
    winners = {number % 2 for number, answer in enumerate(answers) if answer.status_code == 201}
    assert len(winners) == 1
    losers = {number % 2 for number, answer in enumerate(answers) if answer.status_code == 422}
    assert not winners & losers


def test_while_the_first_runs_the_same_request_hears_so_at_once_and_another_key_goes_through() -> None:
    running, go_on = threading.Event(), threading.Event()

    def wait_once() -> None:
        if not running.is_set():
            running.set()
            assert go_on.wait(30)

    endpoints.while_running[:] = [wait_once]
    with ThreadPoolExecutor(1) as pool:

        def first() -> Any:
            try:
                return once("k1")
            finally:
                connection.close()

        answer = pool.submit(first)
        assert running.wait(30)
        meanwhile = once("k1")
        refused(meanwhile, 409, "in_progress")
        assert meanwhile.headers["Retry-After"] == "1"
        refused(once("k1", b'{"other": 1}'), 409, "in_progress")
        assert once("k2").status_code == 201
        go_on.set()
        assert answer.result(30).status_code == 201
    assert once("k1").content == answer.result().content


def test_different_keys_do_not_wait_for_each_other() -> None:
    meet(8)
    answers = together(8, lambda number: once(f"k{number}"))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert User.objects.count() == 8


def test_after_a_refusal_the_key_is_free_for_whoever_comes_next() -> None:
    answers = together(10, lambda number: once("k1", b'{"outcome": "raise"}' if number % 2 else b"{}"))
    assert User.objects.count() == IdempotencyKey.objects.count() <= 1
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert once("k1").status_code == 201
    assert User.objects.count() == 1
