"""API keys: only a digest is kept, a revoked one says so, its use is noted now and then."""

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from config.identity.errors import InvalidKey, KeyNameTaken, KeyRevoked, UnknownKey
from config.identity.keys import MARK, SHOWN, verify_api_key
from config.identity.models import ApiKey, Scope
from config.identity.services import issue_api_key, revoke_api_key
from config.kernel.actors import SYSTEM, Actor
from config.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db


def test_a_key_is_recognised_and_stored_nowhere() -> None:
    actor = Actor(kind="user", id="usr_1", source="admin")
    issued = issue_api_key(
        name="till", scopes=["stock:write", "stock:write", "events:read"], created_by=actor
    )
    record = verify_api_key(issued.secret)
    assert record == issued.record
    assert record.scopes == ["stock:write", "events:read"]
    assert record.created_by == "user:usr_1"
    row = ApiKey.objects.values_list().get(pk=record.pk)
    assert issued.secret not in str(row)
    assert issued.secret.startswith(record.prefix)
    assert len(issued.secret) - len(record.prefix) > 36
    assert issued.secret not in repr(issued)


def test_no_two_keys_are_alike() -> None:
    secrets = {
        issue_api_key(name=f"k{n}", scopes=["orders:read"], created_by=SYSTEM).secret for n in range(20)
    }
    assert len(secrets) == 20
    assert all(len(secret) >= SHOWN + 30 for secret in secrets)


def test_a_key_that_is_none_is_invalid(key_with: Callable[..., str]) -> None:
    key = key_with(Scope.STOCK_WRITE)
    for wrong in (
        "",
        MARK,
        key[:-1],
        key + "x",
        key[len(MARK) :],
        key.swapcase(),
        key[:SHOWN],
        "é",
        key + "\0",
    ):
        with pytest.raises(InvalidKey) as refusal:
            verify_api_key(wrong)
        assert refusal.value.code == "invalid_key"
    with pytest.raises(InvalidKey):
        verify_api_key(ApiKey.objects.get().digest)


@given(st.text() | st.text().map(lambda text: MARK + text))
def test_no_text_is_more_than_invalid(text: str) -> None:
    with pytest.raises(InvalidKey):
        verify_api_key(text)


def test_a_revoked_key_says_so_for_ever(key_with: Callable[..., str]) -> None:
    key = key_with(Scope.STOCK_WRITE)
    first = revoke_api_key(name="shop").revoked_at
    for _ in range(2):
        with pytest.raises(KeyRevoked) as refusal:
            verify_api_key(key)
        assert refusal.value.code == "key_revoked"
        assert revoke_api_key(name="shop").revoked_at == first
    assert ApiKey.objects.get().last_used_at is None


def test_a_key_that_is_unknown_can_not_be_revoked() -> None:
    with pytest.raises(UnknownKey, match='no API key named "x"'):
        revoke_api_key(name="x")


def test_a_name_is_given_once_even_after_revocation(key_with: Callable[..., str]) -> None:
    key_with(Scope.STOCK_WRITE)
    revoke_api_key(name="shop")
    with pytest.raises(KeyNameTaken):
        key_with(Scope.STOCK_WRITE)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\0b"])
def test_a_name_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"^name: "):
        issue_api_key(name=name, scopes=["orders:read"], created_by=SYSTEM)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["orders:read", "x"]])
def test_a_key_needs_scopes_that_there_are(scopes: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"^scopes: must be of stock:write, "):
        issue_api_key(name="k", scopes=scopes, created_by=SYSTEM)
    assert ApiKey.objects.count() == 0


def test_its_use_is_noted_once_a_minute(
    key_with: Callable[..., str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    key = key_with(Scope.STOCK_WRITE)
    with django_assert_num_queries(2):
        verify_api_key(key)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        verify_api_key(key)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - dt.timedelta(seconds=61))
    verify_api_key(key)
    noted = ApiKey.objects.get().last_used_at
    assert noted is not None
    assert timezone.now() - noted < dt.timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
def test_noting_its_use_never_waits_for_whoever_holds_the_row(key_with: Callable[..., str]) -> None:
    key = key_with(Scope.STOCK_WRITE)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ApiKey.objects.select_for_update().get()
            held.set()
            done.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(30)
        assert verify_api_key(key).name == "shop"
        done.set()
        holding.result()
    assert ApiKey.objects.get().last_used_at is None
