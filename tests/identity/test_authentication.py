"""Credentials at the door: which are taken, and that a wrong one is never served as a stranger."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.identity.models import Role, Scope, User
from config.identity.services import change_role, revoke_api_key, update_user
from config.identity.tokens import issue_token
from tests.api.answers import refused

pytestmark = pytest.mark.django_db


def get(client: Client, path: str = "/guarded", authorization: str | None = None) -> Any:
    return client.get(path, headers={"Authorization": authorization} if authorization is not None else {})


def bearer(user: User) -> str:
    return f"Bearer {issue_token(user=user)}"


def test_nobody_is_asked_who_they_are(client: Client) -> None:
    answer = get(client)
    refused(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="stockwire", Api-Key realm="stockwire"'


def test_staff_come_in_by_token(client: Client, staff: User) -> None:
    assert get(client, authorization=bearer(staff)).json() == {"actor": f"user:{staff.pk}"}


@pytest.mark.parametrize("spelling", ["Bearer", "bearer", "BEARER"])
def test_the_schemes_name_has_no_case(client: Client, staff: User, spelling: str) -> None:
    assert get(client, authorization=f"{spelling}   {issue_token(user=staff)} ").status_code == 200


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.TAILOR, Role.DELIVERY])
def test_another_role_is_known_and_may_not(
    client: Client, user_in: Callable[[Role], User], role: Role
) -> None:
    answer = get(client, authorization=bearer(user_in(role)))
    refused(answer, 403, "not_permitted")
    assert "WWW-Authenticate" not in answer.headers


def test_a_key_with_the_scope_comes_in(client: Client, key_with: Callable[..., str]) -> None:
    answer = get(client, authorization=f"Api-Key {key_with(Scope.STOCK_WRITE, Scope.ORDERS_READ)}")
    assert answer.json()["actor"].startswith("service:key_")


def test_a_key_without_the_scope_is_known_and_may_not(client: Client, key_with: Callable[..., str]) -> None:
    key = key_with(Scope.CATALOG_WRITE, Scope.ORDERS_READ, Scope.EVENTS_READ)
    refused(get(client, authorization=f"Api-Key {key}"), 403, "insufficient_scope")
    refused(get(client, "/staff", f"Api-Key {key}"), 403, "insufficient_scope")


def test_a_revoked_key_is_a_401_that_says_so(client: Client, key_with: Callable[..., str]) -> None:
    key = key_with(Scope.STOCK_WRITE)
    revoke_api_key(name="shop")
    answer = get(client, authorization=f"Api-Key {key}")
    refused(answer, 401, "key_revoked")
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("path", ["/guarded", "/staff", "/echo", "/versioned"])
@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer nonsense", "invalid_token"),
        ("Bearer", "invalid_token"),
        ("Bearer a b", "invalid_token"),
        ("Bearer \x00", "invalid_token"),
        ("Api-Key nonsense", "invalid_key"),
        ("Api-Key", "invalid_key"),
        ("api-key swk_x y", "invalid_key"),
        ("Basic dXNlcjpwYXNz", "unsupported_credentials"),
        ("Token abc", "unsupported_credentials"),
        ("", "unsupported_credentials"),
        ("BearerX", "unsupported_credentials"),
    ],
)
def test_a_wrong_credential_is_a_401_even_where_none_is_needed(
    client: Client, path: str, authorization: str, code: str
) -> None:
    answer = get(client, path, authorization)
    refused(answer, 401, code)
    assert "WWW-Authenticate" in answer.headers


def test_an_inactive_user_is_a_401(client: Client, staff: User) -> None:
    token = bearer(staff)
    update_user(user=staff, is_active=False)
    refused(get(client, authorization=token), 401, "invalid_token")


def test_a_token_in_the_url_counts_for_nothing(client: Client, staff: User) -> None:
    refused(get(client, f"/guarded?token={issue_token(user=staff)}"), 401, "not_authenticated")


# ------------------------------------------------------------------------------------ the session


def csrf_of(client: Client) -> str:
    client.get("/admin/identity/user/add/")
    return client.cookies["csrftoken"].value


def test_the_admins_session_reads(client: Client, staff: User) -> None:
    client.force_login(staff)
    assert get(client).json() == {"actor": f"user:{staff.pk}"}


def test_the_admins_session_writes_with_its_csrf_token_only(client: Client, staff: User) -> None:
    client.force_login(staff)
    refused(client.post("/guarded", {}, "application/json"), 403, "csrf_failed")
    refused(
        client.post("/guarded", {}, "application/json", headers={"X-CSRFToken": "x" * 32}), 403, "csrf_failed"
    )
    token = csrf_of(client)
    answer: Any = client.post("/guarded", {}, "application/json", headers={"X-CSRFToken": token})
    assert answer.json() == {"actor": f"user:{staff.pk}"}


def test_a_token_needs_no_csrf(client: Client, staff: User) -> None:
    answer = client.post("/guarded", {}, "application/json", headers={"Authorization": bearer(staff)})
    assert answer.status_code == 200


def test_a_wrong_token_is_not_made_good_by_a_session(client: Client, staff: User) -> None:
    client.force_login(staff)
    refused(get(client, authorization="Bearer nonsense"), 401, "invalid_token")
    refused(get(client, authorization="Basic x"), 401, "unsupported_credentials")


def test_a_token_stands_before_a_session(client: Client, staff: User, customer: User) -> None:
    client.force_login(staff)
    refused(get(client, authorization=bearer(customer)), 403, "not_permitted")


def test_a_session_of_somebody_who_is_no_staff_is_no_credential(client: Client, customer: User) -> None:
    client.force_login(customer)
    refused(get(client), 401, "not_authenticated")


def test_a_session_ends_with_the_role(client: Client, staff: User) -> None:
    client.force_login(staff)
    change_role(user=staff, role=Role.CUSTOMER)
    refused(get(client), 401, "not_authenticated")


def test_an_answer_to_a_stranger_depends_on_no_cookie(client: Client, staff: User) -> None:
    assert "Cookie" not in get(client, "/echo").headers.get("Vary", "")
    client.force_login(staff)
    assert "Cookie" in get(client, "/echo").headers["Vary"]


def test_a_cookie_that_is_none_is_a_stranger(client: Client) -> None:
    client.cookies["sessionid"] = "nonsense"
    assert get(client, "/echo").status_code == 200
    refused(get(client), 401, "not_authenticated")


# --------------------------------------------------------------------------------------- open mode


@pytest.fixture
def open_mode(settings: Settings) -> None:
    settings.STOCKWIRE_OPEN_WRITES = True


def test_open_mode_takes_marked_writes_from_anyone(client: Client, open_mode: None) -> None:
    assert get(client).json() == {"actor": "open"}


def test_open_mode_opens_nothing_else(client: Client, open_mode: None) -> None:
    refused(get(client, "/staff"), 401, "not_authenticated")


def test_open_mode_still_refuses_wrong_credentials(client: Client, open_mode: None) -> None:
    refused(get(client, authorization="Bearer nonsense"), 401, "invalid_token")


def test_in_open_mode_who_says_who_they_are_is_held_to_it(
    client: Client, open_mode: None, customer: User, key_with: Callable[..., str]
) -> None:
    refused(get(client, authorization=bearer(customer)), 403, "not_permitted")
    key = key_with(Scope.ORDERS_READ)
    refused(get(client, authorization=f"Api-Key {key}"), 403, "insufficient_scope")


def test_without_open_mode_a_stranger_is_a_guest_where_strangers_are_welcome(client: Client) -> None:
    from rest_framework.request import Request

    from config.identity.callers import actor_of, caller_key

    request = Request(get(client, "/echo").wsgi_request)
    assert (str(actor_of(request)), caller_key(request)) == ("guest", "guest")
