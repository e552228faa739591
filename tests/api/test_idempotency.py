"""One effect for one key: replays, other requests under the same key, refusals, and what is forgotten."""

import datetime as dt
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from config.api.idempotency import prune_idempotency_keys
from config.api.models import IdempotencyKey
from config.api.tasks import forget_old_idempotency_keys
from config.identity.keys import MARK
from config.identity.models import Role, Scope, User
from config.identity.services import create_user, issue_api_key
from config.identity.tokens import issue_token
from config.kernel import forgetting
from config.kernel.actors import SYSTEM
from tests.api import endpoints
from tests.api.answers import refused

pytestmark = pytest.mark.django_db


def once(
    client: Client, key: str | None, body: bytes = b"{}", path: str = "/once", caller: str | None = None
) -> Any:
    headers = {"Idempotency-Key": key, "Authorization": caller}
    sent = {name: value for name, value in headers.items() if value is not None}
    return client.post(path, body, "application/json", headers=sent)


def effects() -> int:
    return User.objects.filter(email__startswith="user").count()


def test_without_a_key_each_request_has_its_effect(client: Client) -> None:
    first, second = once(client, None), once(client, None)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert (effects(), IdempotencyKey.objects.count()) == (2, 0)


def test_the_same_request_again_gets_the_first_answer_byte_for_byte(client: Client) -> None:
    first, again = once(client, "k1"), once(client, "k1")
    assert effects() == 1
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_the_answer_with_a_key_is_the_answer_without_one(client: Client) -> None:
    with_key, without = once(client, "k1"), once(client, None)
    assert set(with_key.json()) == set(without.json())
    assert set(with_key.headers) == set(without.headers)


def test_another_body_under_the_same_key_is_refused_and_changes_nothing(client: Client) -> None:
    once(client, "k1", b'{"items": [1]}')
    refused(once(client, "k1", b'{"items": [2]}'), 422, "idempotency_key_reused")
    assert effects() == 1
    assert once(client, "k1", b'{"items": [1]}').headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/once?orderId=2", b'{"a": 1}'),
        ("/once/other", b'{"a": 1}'),
        ("/once", b'{"a": 1.5}'),
        ("/once", b""),
    ],
)
def test_all_that_is_asked_for_belongs_to_the_request(client: Client, path: str, body: bytes) -> None:
    once(client, "k1", b'{"a": 1}')
    refused(once(client, "k1", body, path), 422, "idempotency_key_reused")


def test_white_space_and_the_order_of_names_make_no_other_request(client: Client) -> None:
    once(client, "k1", b'{"a": 1, "b": {"c": 2, "d": 3}}')
    again = once(client, "k1", b' {"b":{"d":3,"c":2},"a":1}\n')
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("outcome", "code"), [("raise", "conflict"), ("answer", None)])
def test_a_refusal_undoes_all_and_is_not_remembered(client: Client, outcome: str, code: str | None) -> None:
    for _ in range(2):
        answer = once(client, "k1", b'{"outcome": "%s"}' % outcome.encode())
        assert (answer.status_code, answer.json().get("code")) == (409, code)
        assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
    assert once(client, "k1", b"{}").status_code == 201


def test_an_effect_that_fails_leaves_nothing_behind(client: Client) -> None:
    def fail() -> None:
        raise RuntimeError

    endpoints.while_running[:] = [fail]
    refused(once(client, "k1"), 500, "internal_error")
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)


def test_malformed_json_is_a_400_before_anything_is_remembered(client: Client) -> None:
    refused(once(client, "k1", b"{"), 400, "malformed_json")
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é", "a\x7fb"])
def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    refused(once(client, key), 400, "invalid_idempotency_key")
    assert effects() == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b ~!"])
def test_any_printable_key_is_taken(client: Client, key: str) -> None:
    once(client, key)
    assert once(client, key).headers["Idempotent-Replayed"] == "true"


def test_a_key_belongs_to_its_caller(client: Client) -> None:
    user = create_user(email="a@example.com", password=None)
    other = create_user(email="b@example.com", password=None, role=Role.ADMIN)
    key = issue_api_key(name="shop", scopes=[Scope.STOCK_WRITE], created_by=SYSTEM).secret
    assert key.startswith(MARK)
    callers = (
        None,
        f"Bearer {issue_token(user=user)}",
        f"Bearer {issue_token(user=other)}",
        f"Api-Key {key}",
    )
    for caller in callers:
        assert "Idempotent-Replayed" not in once(client, "k1", caller=caller).headers
        assert once(client, "k1", caller=caller).headers["Idempotent-Replayed"] == "true"
    assert effects() == 4
    assert set(IdempotencyKey.objects.values_list("caller", flat=True)) >= {f"user:{user.pk}", "guest"}


def test_a_fresh_token_of_the_same_user_is_the_same_caller(client: Client) -> None:
    user = create_user(email="a@example.com", password=None)
    once(client, "k1", caller=f"Bearer {issue_token(user=user)}")
    again = once(client, "k1", caller=f"Bearer {issue_token(user=user)}")
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_deadlock_runs_the_effect_again_and_remembers_one(client: Client) -> None:
    tries: list[int] = []

    class DeadlockError(Exception):
        sqlstate = "40P01"

    def quarrel() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("deadlock detected") from DeadlockError()

    endpoints.while_running[:] = [quarrel]
    # Inside the test's own transaction nothing is tried again: there the error passes through, as documented.
    refused(once(client, "k1"), 503, "busy")
    assert (len(tries), effects()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_outside_of_any_transaction_is_tried_again(client: Client) -> None:
    tries: list[int] = []

    class DeadlockError(Exception):
        sqlstate = "40P01"

    def quarrel() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("deadlock detected") from DeadlockError()

    endpoints.while_running[:] = [quarrel]
    assert once(client, "k1").status_code == 201
    assert (len(tries), effects(), IdempotencyKey.objects.count()) == (3, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_effect_runs_inside_the_keys_transaction_and_without_a_key_brings_its_own(client: Client) -> None:
    inside: list[bool] = []
    endpoints.while_running[:] = [lambda: inside.append(connection.in_atomic_block)]
    once(client, "k1")
    once(client, None)
    assert inside == [True, False]


def test_keys_are_forgotten_after_seven_days_and_not_before(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    ages = [dt.timedelta(days=7, minutes=1)] * 5 + [dt.timedelta(days=6, hours=23)] * 2
    for number, age in enumerate(ages):
        once(client, f"k{number}")
        IdempotencyKey.objects.filter(key=f"k{number}").update(created_at=timezone.now() - age)
    assert prune_idempotency_keys() == 5
    assert sorted(IdempotencyKey.objects.values_list("key", flat=True)) == ["k5", "k6"]
    assert prune_idempotency_keys() == 0


def test_the_worker_forgets_them_each_hour(client: Client) -> None:
    once(client, "k1")
    IdempotencyKey.objects.update(created_at=timezone.now() - dt.timedelta(days=8))
    forget_old_idempotency_keys(timestamp=0)
    assert IdempotencyKey.objects.count() == 0
