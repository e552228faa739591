"""Tickets: good once, for moments, and kept nowhere; two who bring the same one are one and a refusal."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken

from config.identity import tickets
from config.identity.errors import InvalidTicket
from config.identity.models import Role, Ticket, User
from config.identity.services import change_role, update_user
from config.identity.tickets import MARK, Admitted, issue_ticket, redeem_ticket
from config.identity.tokens import issue_token
from config.kernel.clock import iso
from tests.identity.visitors import PASSWORD
from tests.inventory.crowds import at_once

pytestmark = pytest.mark.django_db

AT_ONCE = 8


def in_an_hour() -> dt.datetime:
    return timezone.now() + dt.timedelta(hours=1)


def a_ticket(user: User) -> str:
    return issue_ticket(user=user, credentials_expire_at=in_an_hour()).text


def a_token(user: User, *, lasts: dt.timedelta = dt.timedelta(hours=1)) -> str:
    token = AccessToken(issue_token(user=user))  # type: ignore[arg-type]
    token.set_exp(lifetime=lasts)
    return str(token)


# ---------------------------------------------------------------------------------- what holds


def test_a_ticket_lets_its_user_in_once_and_is_stored_nowhere(customer: User) -> None:
    end = in_an_hour()
    issued = issue_ticket(user=customer, credentials_expire_at=end)
    assert issued.text not in repr(issued)
    assert issued.text not in str(Ticket.objects.values_list().get())
    assert redeem_ticket(issued.text) == Admitted(customer, end, "")
    assert Ticket.objects.count() == 0
    with pytest.raises(InvalidTicket):
        redeem_ticket(issued.text)


def test_no_two_tickets_are_alike(customer: User) -> None:
    texts = {a_ticket(customer) for _each in range(20)}
    assert len(texts) == 20
    assert all(len(text) > 40 for text in texts)


def test_a_ticket_is_good_for_thirty_seconds_and_is_used_up_by_coming_late(customer: User) -> None:
    before = timezone.now()
    issued = issue_ticket(user=customer, credentials_expire_at=in_an_hour())
    assert issued.expires_at - before == pytest.approx(dt.timedelta(seconds=30), abs=dt.timedelta(seconds=5))
    Ticket.objects.update(expires_at=timezone.now() - dt.timedelta(milliseconds=1))
    with pytest.raises(InvalidTicket):
        redeem_ticket(issued.text)
    assert Ticket.objects.count() == 0


def test_a_ticket_is_never_good_for_longer_than_what_asked_for_it(customer: User) -> None:
    end = timezone.now() + dt.timedelta(seconds=3)
    assert issue_ticket(user=customer, credentials_expire_at=end).expires_at == end


@pytest.mark.parametrize(
    "text", ["", MARK, MARK + "x", "x", "swk_x", MARK + "\0", MARK + "☃", MARK + "x" * 9_000]
)
def test_what_is_no_ticket_is_refused_and_uses_up_nobody_elses(customer: User, text: str) -> None:
    ticket = a_ticket(customer)
    with pytest.raises(InvalidTicket) as refusal:
        redeem_ticket(text)
    assert refusal.value.code == "invalid_ticket"
    assert redeem_ticket(ticket).user == customer


def test_a_ticket_of_somebody_who_is_not_active_is_refused(customer: User) -> None:
    ticket = a_ticket(customer)
    update_user(user=customer, is_active=False)
    with pytest.raises(InvalidTicket):
        redeem_ticket(ticket)


def test_a_ticket_of_somebody_who_is_gone_is_gone_too(customer: User) -> None:
    ticket = a_ticket(customer)
    customer.delete()
    with pytest.raises(InvalidTicket):
        redeem_ticket(ticket)


def test_a_ticket_gives_the_role_that_its_user_has_now(staff: User) -> None:
    ticket = a_ticket(staff)
    change_role(user=staff, role=Role.TAILOR)
    assert redeem_ticket(ticket).user.role == "tailor"


def test_new_tickets_remove_those_that_have_expired(customer: User) -> None:
    for _each in range(5):
        a_ticket(customer)
    Ticket.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    ticket = a_ticket(customer)
    assert Ticket.objects.count() == 1
    assert redeem_ticket(ticket).user == customer


# ---------------------------------------------------------------------------------- races


def let_in(results: list[Admitted | Exception]) -> int:
    assert all(isinstance(result, Admitted | InvalidTicket) for result in results), results
    return sum(isinstance(result, Admitted) for result in results)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_the_same_ticket_at_once_one_is_let_in(customer: User) -> None:
    for _each in range(20):
        ticket = a_ticket(customer)
        results = at_once([lambda ticket=ticket: redeem_ticket(ticket)] * AT_ONCE)  # type: ignore[misc]
        assert let_in(results) == 1


@pytest.mark.django_db(transaction=True)
def test_control_a_ticket_that_is_looked_at_and_then_removed_lets_in_several(
    customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_looked = threading.Barrier(AT_ONCE)

    def look_and_then_remove(digest: str) -> tuple[str, str, dt.datetime] | None:
        found = Ticket.objects.filter(pk=digest, expires_at__gt=timezone.now()).first()
        all_have_looked.wait(timeout=30)
        Ticket.objects.filter(pk=digest).delete()
        return None if found is None else (found.user_id, found.sign_in, found.credentials_expire_at)

    monkeypatch.setattr(tickets, "_take", look_and_then_remove)
    ticket = a_ticket(customer)
    assert let_in(at_once([lambda: redeem_ticket(ticket)] * AT_ONCE)) == AT_ONCE


@pytest.mark.django_db(transaction=True)
def test_who_asks_for_a_ticket_never_waits_for_old_ones_that_somebody_else_removes(customer: User) -> None:
    a_ticket(customer)
    Ticket.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT FROM identity_ticket FOR UPDATE")
            holding.set()
            done.wait(timeout=30)
            cursor.execute("ROLLBACK")

    def ask() -> None:
        holding.wait(timeout=30)
        try:
            a_ticket(customer)
        finally:
            done.set()

    # Waiting would end after five seconds, with an error.
    assert at_once([hold, ask]) == [None, None]
    assert Ticket.objects.count() == 2


# ---------------------------------------------------------------------------------- over REST


@pytest.fixture
def served(settings: Settings, client: Client) -> Callable[..., Any]:
    """Give a function that asks for a ticket over REST."""
    settings.ROOT_URLCONF = "config.urls"

    def ask(authorization: str | None = None, *, method: str = "post") -> Any:
        headers = {} if authorization is None else {"Authorization": authorization}
        return getattr(client, method)("/api/auth/ticket", headers=headers)

    return ask


@pytest.mark.parametrize("role", Role.values)
def test_whoever_has_signed_in_is_given_a_ticket(
    served: Callable[..., Any], user_in: Callable[[Role], User], role: str
) -> None:
    user = user_in(Role(role))
    before = timezone.now()
    answer = served(f"Bearer {a_token(user)}")
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"ticket", "expiresAt"}
    assert iso(before + dt.timedelta(seconds=29)) < body["expiresAt"] < iso(before + dt.timedelta(seconds=40))
    assert redeem_ticket(body["ticket"]).user == user


def test_a_connection_by_ticket_ends_when_the_token_does_that_asked_for_it(
    served: Callable[..., Any], customer: User
) -> None:
    token = a_token(customer, lasts=dt.timedelta(seconds=700))
    answer = served(f"Bearer {token}")
    admitted = redeem_ticket(answer.json()["ticket"])
    end = AccessToken(token, verify=False)["exp"]  # type: ignore[arg-type]
    assert admitted.credentials_expire_at.timestamp() == end


def test_staff_in_the_admin_are_given_one_that_ends_with_their_session(
    served: Callable[..., Any], client: Client, staff: User
) -> None:
    assert client.login(username=staff.email, password=PASSWORD)
    refused = served()
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    client.get("/admin/")
    client.handler.enforce_csrf_checks = False
    admitted = redeem_ticket(served().json()["ticket"])
    session_end = client.session.get_expiry_date()
    assert admitted.user == staff
    assert abs(admitted.credentials_expire_at - session_end) < dt.timedelta(seconds=10)


def test_nobody_else_is(served: Callable[..., Any], key_with: Callable[..., str]) -> None:
    key = key_with("events:read")
    for authorization, status, code in (
        (None, 401, "not_authenticated"),
        ("Bearer nonsense", 401, "invalid_token"),
        (f"Api-Key {key}", 403, "insufficient_scope"),
    ):
        answer = served(authorization)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Ticket.objects.count() == 0


def test_open_mode_gives_strangers_no_ticket(served: Callable[..., Any], settings: Settings) -> None:
    settings.STOCKWIRE_OPEN_WRITES = True
    assert served().status_code == 401


def test_a_ticket_is_asked_for_by_post_only(served: Callable[..., Any], customer: User) -> None:
    answer = served(f"Bearer {a_token(customer)}", method="get")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
