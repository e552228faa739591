"""`/api/auth/me`: oneself, read and changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from config.identity.models import Role, Scope, SignIn, User
from config.identity.services import create_user
from config.identity.tokens import issue_token
from tests.api.answers import refused
from tests.identity.visitors import ADA, PASSWORD, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_paths")]

NEW = "Blue-kestrel-7"


@pytest.fixture
def token(ada: dict[str, Any]) -> str:
    return str(ada["token"])


def state_of_users() -> list[Any]:
    return list(User.objects.order_by("pk").values_list("email", "name", "phone", "role", "password"))


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_itself(visitor: Visitor, user_in: Callable[[Role], User], role: Role) -> None:
    user = user_in(role)
    answer = visitor.me(issue_token(user=user))
    assert answer.status_code == 200
    assert answer.json() == {
        "_id": user.pk,
        "id": user.pk,
        "name": "",
        "email": user.email,
        "phone": "",
        "role": role.value,
    }
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_nobody_is_nobody(visitor: Visitor, key_with: Callable[..., str]) -> None:
    refused(visitor.me(), 401, "not_authenticated")
    refused(visitor.patch_me({"name": "x"}), 401, "not_authenticated")
    key = {"Authorization": f"Api-Key {key_with(*Scope)}"}
    refused(visitor.me(**key), 403, "insufficient_scope")


def test_what_is_given_is_changed_and_the_rest_stays(visitor: Visitor, token: str) -> None:
    changes = {"name": "Ada L.", "phone": "", "email": "countess@example.com", "role": "admin", "id": "usr_x"}
    answer = visitor.patch_me(changes, token)
    assert answer.status_code == 200
    user = User.objects.get()
    assert (user.name, user.phone, user.email, user.role) == (
        "Ada L.",
        "",
        "countess@example.com",
        "customer",
    )
    assert answer.json() == visitor.me(token).json()
    assert visitor.patch_me({}, token).json() == answer.json()
    assert visitor.patch_me({"phone": "1"}, token).json() == {**answer.json(), "phone": "1"}
    assert visitor.login("countess@example.com").status_code == 200


@pytest.mark.parametrize(
    ("body", "place", "text"),
    [
        *(({name: None}, name, "must not be null") for name in ("name", "email", "phone", "password")),
        *(({name: 5}, name, "must be a string") for name in ("name", "email", "phone", "password")),
        ({"name": ""}, "name", "must not be empty"),
        ({"email": "ada"}, "email", "must be an e-mail address"),
        ({"password": NEW}, "currentPassword", "required"),
        ({"password": NEW, "currentPassword": "wrong"}, "currentPassword", "is not the present password"),
        ({"password": NEW, "currentPassword": NEW}, "currentPassword", "is not the present password"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_changes_nothing(
    visitor: Visitor, token: str, body: dict[str, Any], place: str, text: str
) -> None:
    before = state_of_users()
    code = "wrong_password" if text.startswith("is not") else "invalid"
    said = refused(visitor.patch_me({"name": "Eve", **body}, token), 400, code, "details")
    assert said["details"] == {place: [text]}
    assert said["message"] == f"{place}: {text}"
    assert state_of_users() == before


def test_a_weak_password_changes_nothing_else_either(visitor: Visitor, token: str) -> None:
    before = state_of_users()
    body = {"name": "Eve", "password": "12345678", "currentPassword": PASSWORD}
    said = refused(visitor.patch_me(body, token), 400, "invalid", "details")
    assert list(said["details"]) == ["password"]
    assert state_of_users() == before
    assert SignIn.objects.living().count() == 1


def test_an_address_that_somebody_has_is_taken(visitor: Visitor, token: str) -> None:
    create_user(email="bob@example.com", password=None)
    before = state_of_users()
    refused(visitor.patch_me({"name": "Eve", "email": "BOB@example.com"}, token), 409, "email_taken")
    assert state_of_users() == before
    assert visitor.patch_me({"email": "ADA@example.com"}, token).json()["email"] == "ADA@example.com"


def test_another_password_signs_one_out_everywhere_but_here(visitor: Visitor, ada: dict[str, Any]) -> None:
    other = visitor.login().json()
    answer = visitor.patch_me({"password": NEW, "currentPassword": PASSWORD}, ada["token"])
    assert (answer.status_code, answer.json()) == (200, ada["user"])
    assert visitor.me(ada["token"]).status_code == 200
    assert visitor.refresh(ada["refreshToken"]).status_code == 200
    refused(visitor.me(other["token"]), 401, "token_revoked")
    refused(visitor.login(), 401, "invalid_credentials")
    assert visitor.login(password=NEW).status_code == 200


def test_another_password_by_a_token_without_a_sign_in_ends_them_all(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    token = issue_token(user=User.objects.get())
    assert visitor.patch_me({"password": NEW, "currentPassword": PASSWORD}, token).status_code == 200
    refused(visitor.me(ada["token"]), 401, "token_revoked")


def test_a_present_password_alone_asks_for_nothing(visitor: Visitor, token: str) -> None:
    assert visitor.patch_me({"currentPassword": "wrong"}, token).status_code == 200


def test_who_has_no_password_can_not_set_one(visitor: Visitor) -> None:
    user = create_user(email="t@example.com", password=None)
    body = {"password": NEW, "currentPassword": "!"}
    refused(visitor.patch_me(body, issue_token(user=user)), 400, "wrong_password", "details")


def test_guesses_at_the_present_password_are_counted_with_those_at_the_door(
    visitor: Visitor, token: str
) -> None:
    guess = {"password": NEW, "currentPassword": "wrong"}
    assert [visitor.patch_me(guess, token).status_code for _ in range(3)] == [400] * 3
    assert visitor.fails(3) == [401, 401, 429]
    answer = visitor.patch_me({"password": NEW, "currentPassword": PASSWORD}, token)
    refused(answer, 429, "rate_limited", "retryAfter")
    assert visitor.patch_me({"name": "Ada"}, token).status_code == 200
    assert authenticate(username=ADA["email"], password=PASSWORD) is not None


def test_reading_again_what_has_not_changed_is_a_304(visitor: Visitor, token: str) -> None:
    first = visitor.me(token)
    known = {"If_None_Match": first.headers["ETag"]}
    assert visitor.me(token, **known).status_code == 304
    assert visitor.me(token, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    visitor.login()  # changes the user's row, and nothing that is shown
    assert visitor.me(token, **known).status_code == 304
    changed = visitor.patch_me({"phone": "2"}, token)
    assert changed.headers["ETag"] != first.headers["ETag"]
    again = visitor.me(token, **known)
    assert (again.status_code, again.headers["ETag"]) == (200, changed.headers["ETag"])


def test_a_change_of_what_was_changed_meanwhile_is_a_412(visitor: Visitor, token: str) -> None:
    old = visitor.me(token).headers["ETag"]
    present = visitor.patch_me({"name": "Ada L."}, token, If_Match=old).headers["ETag"]
    answer = visitor.patch_me({"name": "Eve"}, token, If_Match=old)
    refused(answer, 412, "precondition_failed")
    assert answer.headers["ETag"] == present
    assert User.objects.get().name == "Ada L."


def test_staff_in_the_admin_are_themselves_too_with_csrf_protection(staff: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    assert client.get("/api/auth/me").json()["email"] == staff.email
    answer = client.patch("/api/auth/me", {"name": "x"}, "application/json")
    refused(answer, 403, "csrf_failed")
