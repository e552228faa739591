"""Two at the same moment: with the guard one outcome, without it (the control) the race is seen."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.db.models import F
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from config.identity import tokens
from config.identity.models import AttemptCount, SignIn, User
from config.identity.services import attempts, create_user, set_password, sign_ins, update_user
from config.identity.services.attempts import PER_ACCOUNT_AND_ADDRESS
from config.identity.services.sign_ins import GRACE
from config.identity.tokens import RefreshClaims
from tests.identity.visitors import ADA, PASSWORD, Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop_paths")]


def together(*works: Callable[[], Any]) -> list[Any]:
    """Has each of them done in a thread with a connection of its own, all at the same moment."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        start.wait(timeout=30)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def statuses(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


# ------------------------------------------------------------------------ two of one address


@pytest.fixture
def no_unique_address() -> Iterator[None]:
    """Takes the constraint out."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX user_email_once")
    yield
    User.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX user_email_once ON identity_user (lower(email))")


def test_control_without_the_constraint_several_register_with_one_address(no_unique_address: None) -> None:
    answers = together(*[lambda: Visitor().register()] * 4)
    assert statuses(answers) == [201] * 4
    assert User.objects.with_email(ADA["email"]).count() == 4


def test_of_several_who_register_with_one_address_one_does() -> None:
    emails = (ADA["email"], ADA["email"].upper())
    answers = together(*[lambda n=n: Visitor().register(email=emails[n % 2]) for n in range(8)])
    assert statuses(answers) == [201] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"email_taken"}
    assert (User.objects.count(), SignIn.objects.count()) == (1, 1)


# ------------------------------------------------------------------------ one refresh token, twice


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the lock of the sign-in's row out."""

    def look(claims: RefreshClaims) -> SignIn | None:
        return SignIn.objects.living().select_related("user").filter(pk=claims.sign_in).first()

    monkeypatch.setattr(sign_ins, "_locked", look)


@pytest.fixture
def look_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the use of a token looked up first and noted afterwards, as the library does by itself; two meet
    in between."""
    meeting = threading.Barrier(2)

    def use(claims: RefreshClaims) -> dt.datetime | None:
        used = BlacklistedToken.objects.filter(token__jti=claims.id).first()
        meeting.wait(timeout=30)
        note = {"user_id": claims.user_id, "token": "", "expires_at": claims.expires_at}
        known, _ = OutstandingToken.objects.get_or_create(jti=claims.id, defaults=note)
        BlacklistedToken.objects.get_or_create(token=known)
        return used.blacklisted_at if used else None

    monkeypatch.setattr(sign_ins, "_use", use)


def refresh_twice_at_once() -> tuple[list[Any], str]:
    body = Visitor().register().json()
    answers = together(*[lambda: Visitor().refresh(body["refreshToken"])] * 2)
    return answers, body["refreshToken"]


def test_control_looked_at_first_and_noted_afterwards_one_token_is_taken_twice(
    no_lock: None, look_first: None
) -> None:
    answers, _ = refresh_twice_at_once()
    assert statuses(answers) == [200, 200]
    assert len({answer.json()["refreshToken"] for answer in answers}) == 2


def test_without_the_lock_the_note_alone_still_lets_only_one_through(no_lock: None) -> None:
    answers, _ = refresh_twice_at_once()
    assert statuses(answers) == [200, 401]


def test_of_two_tabs_that_refresh_at_once_one_is_given_tokens_and_both_stay_signed_in() -> None:
    answers, used = refresh_twice_at_once()
    assert statuses(answers) == [200, 401]
    first, second = sorted(answers, key=lambda answer: answer.status_code)
    assert second.json()["code"] == "token_used"
    assert SignIn.objects.get().ended_at is None
    assert Visitor().me(first.json()["token"]).status_code == 200
    assert Visitor().refresh(first.json()["refreshToken"]).status_code == 200
    assert BlacklistedToken.objects.count() == 2
    assert Visitor().refresh(used).json()["code"] == "token_used"


def test_a_stolen_token_that_comes_back_twice_at_once_ends_the_sign_in_once() -> None:
    body = Visitor().register().json()
    after = Visitor().refresh(body["refreshToken"]).json()
    BlacklistedToken.objects.update(blacklisted_at=F("blacklisted_at") - GRACE)
    answers = together(
        *[lambda: Visitor().refresh(body["refreshToken"])] * 4,
        lambda: Visitor().refresh(after["refreshToken"]),
    )
    # The good one may have come before the stolen ones, and is of no use then either.
    assert [answer.json()["code"] for answer in answers[:4]] == ["token_revoked"] * 4
    assert SignIn.objects.living().count() == 0
    for answer in answers[4:]:
        if answer.status_code == 200:
            assert Visitor().me(answer.json()["token"]).json()["code"] == "token_revoked"


# ------------------------------------------------------------------------ sign-out against refresh


def sign_out_while_refreshing() -> list[str]:
    """Codes that each token of a sign-in gets afterwards, which may still hold (`ok`)."""
    body = Visitor().register().json()
    refreshed, out = together(
        lambda: Visitor().refresh(body["refreshToken"]), lambda: Visitor().logout(body["refreshToken"])
    )
    assert out.status_code == 204
    assert refreshed.status_code in {200, 401}
    access = [body["token"], *([refreshed.json()["token"]] if refreshed.status_code == 200 else [])]
    return [Visitor().me(token).json().get("code", "ok") for token in access]


def test_control_where_tokens_do_not_name_their_sign_in_they_outlive_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_ins, "issue_token", lambda *, user, sign_in: tokens.issue_token(user=user))
    assert set(sign_out_while_refreshing()) == {"ok"}


@pytest.mark.parametrize("_round", range(5))
def test_after_a_sign_out_no_token_holds_whoever_came_first(_round: int) -> None:
    assert set(sign_out_while_refreshing()) == {"token_revoked"}
    assert SignIn.objects.living().count() == 0


# ------------------------------------------------------------------------ sign-in against withdrawal


def change_while_looking_at_the_password(change: Callable[[User], Any]) -> Any:
    """Somebody signs in; while the password is looked at, and found right, ``change`` happens."""
    user = create_user(email=ADA["email"], password=PASSWORD)

    def look(*, username: str, password: str) -> Any:
        found = authenticate(username=username, password=password)
        with ThreadPoolExecutor(1) as pool:

            def elsewhere() -> None:
                try:
                    change(User.objects.get(pk=user.pk))
                finally:
                    connection.close()

            pool.submit(elsewhere).result(30)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_ins, "authenticate", look)
        return Visitor().login()


CHANGES = [
    pytest.param(lambda user: set_password(user=user, password="Blue-kestrel-7"), id="another password"),
    pytest.param(lambda user: update_user(user=user, is_active=False), id="not active"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_control_without_the_second_look_a_sign_in_outlives_its_ending(
    change: Callable[[User], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "_begin_if_unchanged", sign_ins._begin)
    assert change_while_looking_at_the_password(change).status_code == 200
    assert SignIn.objects.living().count() == 1


@pytest.mark.parametrize("change", CHANGES)
def test_a_password_that_changes_while_it_is_looked_at_is_wrong(change: Callable[[User], Any]) -> None:
    answer = change_while_looking_at_the_password(change)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert SignIn.objects.count() == 0


@pytest.mark.parametrize("_round", range(3))
def test_many_who_sign_in_while_the_password_changes_are_all_signed_out_or_refused(_round: int) -> None:
    user = create_user(email=ADA["email"], password=PASSWORD)
    answers = together(
        *[lambda n=n: Visitor(f"8.8.4.{n + 1}").login() for n in range(6)],
        lambda: set_password(user=user, password="Blue-kestrel-7"),
    )[:-1]
    assert set(statuses(answers)) <= {200, 401}
    assert SignIn.objects.living().count() == 0
    assert SignIn.objects.count() == Counter(statuses(answers))[200]


# ------------------------------------------------------------------------ counting guesses


def guess_at_once(count: int) -> list[int]:
    create_user(email=ADA["email"], password=PASSWORD)
    return statuses(together(*[lambda: Visitor().login(password="wrong")] * count))


def test_control_looked_at_first_and_counted_afterwards_all_guesses_are_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meeting = threading.Barrier(12)
    count = attempts._count

    def look_first(limit: Any) -> int:
        if limit.most != PER_ACCOUNT_AND_ADDRESS:
            return 0
        known = AttemptCount.objects.filter(key=limit.key, count__gte=limit.most).exists()
        meeting.wait(timeout=30)
        count(limit)
        return 60 if known else 0

    monkeypatch.setattr(attempts, "_count", look_first)
    assert guess_at_once(12) == [401] * 12


def test_of_many_guesses_at_once_exactly_as_many_are_looked_at_as_may_be() -> None:
    assert guess_at_once(12) == [401] * PER_ACCOUNT_AND_ADDRESS + [429] * (12 - PER_ACCOUNT_AND_ADDRESS)
    assert sorted(AttemptCount.objects.values_list("count", flat=True)) == [PER_ACCOUNT_AND_ADDRESS] * 3
