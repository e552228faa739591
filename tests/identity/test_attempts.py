"""Wrong passwords are counted: by account and address, by address, by account; and nobody is locked out."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings

from config.identity.models import AttemptCount, User
from config.identity.services import create_user, update_user
from config.identity.services.attempts import PER_ACCOUNT, PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, WINDOW
from tests.api.answers import refused
from tests.identity.visitors import ADA, PASSWORD, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_paths")]

LIMIT = PER_ACCOUNT_AND_ADDRESS


@pytest.fixture(autouse=True)
def ada(db: None) -> User:
    return create_user(email=ADA["email"], password=PASSWORD)


def let_time_pass(by: dt.timedelta) -> None:
    AttemptCount.objects.update(until=F("until") - by)


@contextmanager
def counted_hashes() -> Iterator[list[str]]:
    """The passwords that are hashed meanwhile, for whatever purpose."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def noted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    with patch.object(MD5PasswordHasher, "encode", noted):
        yield hashed


def test_after_some_failures_not_even_the_right_password_is_looked_at() -> None:
    visitor = Visitor()
    assert visitor.fails(LIMIT) == [401] * LIMIT
    with counted_hashes() as hashed:
        for password in ("wrong", PASSWORD):
            answer = visitor.login(password=password)
            said = refused(answer, 429, "rate_limited", "retryAfter")
            assert answer.headers["Retry-After"] == str(said["retryAfter"])
            assert 0 < said["retryAfter"] <= WINDOW.total_seconds()
    assert hashed == []


def test_the_wait_ends_when_it_was_said_to() -> None:
    visitor = Visitor()
    visitor.fails(LIMIT)
    let_time_pass(WINDOW - dt.timedelta(seconds=30))
    assert 29 <= visitor.login().json()["retryAfter"] <= 30
    let_time_pass(dt.timedelta(seconds=31))
    assert visitor.login(password="wrong").status_code == 401
    assert visitor.login().status_code == 200


def test_a_refused_attempt_does_not_prolong_the_wait() -> None:
    visitor = Visitor()
    visitor.fails(LIMIT)
    before = list(AttemptCount.objects.order_by("key").values_list("key", "count", "until"))
    assert visitor.fails(20) == [429] * 20
    assert list(AttemptCount.objects.order_by("key").values_list("key", "count", "until")) == before


def test_a_success_takes_the_accounts_failures_off() -> None:
    visitor = Visitor()
    for _ in range(3):
        assert visitor.fails(LIMIT - 1) == [401] * (LIMIT - 1)
        assert visitor.login().status_code == 200
    visitor.fails(LIMIT)
    assert visitor.login().status_code == 429


def test_successes_are_not_counted() -> None:
    visitor = Visitor()
    assert {visitor.login().status_code for _ in range(LIMIT * 3)} == {200}
    assert set(AttemptCount.objects.values_list("count", flat=True)) <= {0}


def test_whoever_fails_elsewhere_locks_nobody_out() -> None:
    assert Visitor("8.8.8.8").fails(LIMIT + 5)[-1] == 429
    assert Visitor("8.8.4.4").login().status_code == 200
    assert Visitor("8.8.8.8").login().status_code == 429


def test_an_account_that_there_is_not_is_counted_like_any_other() -> None:
    visitor = Visitor()
    assert visitor.fails(LIMIT + 1, "nobody@example.com") == [401] * LIMIT + [429]
    assert visitor.fails(1, " NOBODY@example.com") == [429]
    assert visitor.fails(1) == [401]


@pytest.mark.parametrize(
    "email", ["ada@example.com", "nobody@example.com", "gone@example.com", "t@example.com"]
)
def test_everybody_costs_one_hash(email: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    create_user(email="t@example.com", password=None)
    update_user(user=create_user(email="gone@example.com", password=PASSWORD), is_active=False)
    visitor = Visitor()
    with counted_hashes() as hashed, django_assert_num_queries(4):  # three counts, and the user
        visitor.login(email, "wrong")
    assert len(hashed) == 1


def test_one_address_has_so_many_failures_whatever_the_account() -> None:
    visitor = Visitor()
    statuses = [visitor.fails(1, f"user{n}@example.com")[0] for n in range(PER_ADDRESS)]
    assert statuses == [401] * PER_ADDRESS
    refused(visitor.login(), 429, "rate_limited", "retryAfter")
    assert Visitor("8.8.8.8").login().status_code == 200


def test_a_success_takes_nothing_but_itself_off_the_address() -> None:
    visitor = Visitor()
    for number in range(PER_ADDRESS):
        visitor.fails(1, f"user{number}@example.com")
        if number == PER_ADDRESS // 2:
            assert visitor.login().status_code == 200
    assert visitor.login().status_code == 429


def test_an_address_that_says_nothing_is_no_limit() -> None:
    visitor = Visitor("127.0.0.1")
    for number in range(PER_ADDRESS + 5):
        assert visitor.fails(1, f"user{number}@example.com") == [401]
    assert visitor.login().status_code == 200
    assert visitor.fails(LIMIT + 1)[-1] == 429


def fail_from_many_addresses(count: int) -> list[int]:
    return [Visitor(f"9.9.{n // 200}.{n % 200 + 1}").fails(1)[0] for n in range(count)]


def test_guesses_from_many_addresses_come_to_an_end_and_the_owner_stays_welcome_where_they_were_before() -> (
    None
):
    home = Visitor("8.8.8.8")
    assert home.login().status_code == 200
    assert fail_from_many_addresses(PER_ACCOUNT + 3) == [401] * PER_ACCOUNT + [429] * 3
    assert Visitor("8.8.4.4").login().status_code == 429
    assert home.login().status_code == 200  # which also begins the count anew
    assert Visitor("8.8.4.4").login().status_code == 200


def test_at_a_known_address_guesses_are_counted_all_the_same() -> None:
    home = Visitor("8.8.8.8")
    home.login()
    fail_from_many_addresses(PER_ACCOUNT)
    assert home.fails(LIMIT + 1) == [401] * LIMIT + [429]


def test_an_address_is_known_for_the_accounts_that_signed_in_there_only() -> None:
    create_user(email="eve@example.com", password=PASSWORD)
    eve = Visitor("8.8.8.8")
    assert eve.login("eve@example.com").status_code == 200
    fail_from_many_addresses(PER_ACCOUNT)
    assert eve.login().status_code == 429


def test_ipv6_is_counted_by_the_network_of_a_subscriber() -> None:
    for host in range(LIMIT):
        assert Visitor(f"2001:4860:1:2::{host + 1}").fails(1) == [401]
    assert Visitor("2001:4860:1:2:ffff::1").login().status_code == 429
    assert Visitor("2001:4860:1:3::1").login().status_code == 200


def test_the_table_tells_neither_addresses_nor_accounts() -> None:
    Visitor("8.8.8.8").fails(1)
    assert AttemptCount.objects.count() == 3
    rows = str(list(AttemptCount.objects.values_list())) + str(list(AttemptCount.objects.all()))
    assert "ada" not in rows
    assert "8.8.8.8" not in rows


def test_a_count_of_another_secret_is_another_count(settings: Settings) -> None:
    visitor = Visitor()
    visitor.fails(1)
    settings.SECRET_KEY = "another-key-of-enough-characters-for-hmac"
    visitor.fails(1)
    assert AttemptCount.objects.count() == 6
