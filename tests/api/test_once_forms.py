"""A form's key at the same moment: with the guard one effect, without it (the control) several."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from config.api.idempotency import do_once
from config.api.models import IdempotencyKey
from config.identity.models import User
from config.identity.services import create_user
from config.kernel.errors import InvalidInput, SentBefore, StockwireError
from tests.api.test_idempotency_races import no_lock, no_unique_key, together

__all__ = ["no_lock", "no_unique_key"]

pytestmark = pytest.mark.django_db(transaction=True)


def send(number: int, before: Callable[[], object] = lambda: None, key: str = "k", who: str = "a") -> str:
    def effect() -> str:
        before()
        create_user(email=f"u{number}@example.com", password=None)
        return "done"

    try:
        return do_once(caller=f"user:{who}", endpoint="console.return", key=key, effect=effect)
    except StockwireError as refusal:
        return refusal.code


def test_control_without_the_guard_one_form_has_several_effects(no_lock: None, no_unique_key: None) -> None:
    meeting = threading.Barrier(4)
    assert together(4, lambda number: send(number, lambda: meeting.wait(timeout=30))) == ["done"] * 4
    assert User.objects.count() == 4


def test_a_form_that_comes_often_at_once_has_one_effect() -> None:
    said = Counter(together(20, send))
    assert said["done"] == 1
    assert said["sent_before"] + said["in_progress"] == 19
    assert (User.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


def test_a_key_is_its_callers_and_is_free_again_after_a_refusal() -> None:
    def refuse() -> None:
        raise InvalidInput("No", code="no")

    assert send(1, refuse) == "no"
    assert (User.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert [send(1), send(2), send(3, who="b"), send(4, key="other")] == [
        "done",
        "sent_before",
        "done",
        "done",
    ]
    with pytest.raises(SentBefore, match="This form was sent before"):
        do_once(caller="user:a", endpoint="console.return", key="k", effect=lambda: None)
    assert send(5, key="ключ") == "invalid_idempotency_key"
    assert User.objects.count() == 3
