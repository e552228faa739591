"""`/api/auth`: registering and signing in; every outcome with its code."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from config.identity.models import Role, SignIn, User
from config.identity.services import create_user, update_user
from tests.api.answers import refused
from tests.identity.visitors import ADA, PASSWORD, SOMEWHERE, Visitor, said_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_paths")]


# ------------------------------------------------------------------------------------ registering


def test_whoever_registers_is_a_customer_and_signed_in(visitor: Visitor) -> None:
    answer = visitor.register(role="admin")
    body = answer.json()
    user = User.objects.get()
    assert answer.status_code == 201
    assert body == {
        "token": body["token"],
        "refreshToken": body["refreshToken"],
        "user": {
            "_id": user.pk,
            "id": user.pk,
            "name": "Ada",
            "email": "ada@example.com",
            "phone": "+20 100",
            "role": "customer",
        },
    }
    assert (user.role, user.is_staff, user.is_active) == ("customer", False, True)
    assert user.check_password(PASSWORD)
    assert user.last_login is not None
    assert visitor.me(body["token"]).json() == body["user"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_tokens_name_the_user_and_the_sign_in(ada: dict[str, Any]) -> None:
    sign_in = SignIn.objects.get()
    access, refresh = said_by(ada["token"]), said_by(ada["refreshToken"])
    assert set(access) == {"token_type", "exp", "iat", "jti", "userId", "role", "sid"}
    assert (access["userId"], access["role"], access["sid"]) == (ada["user"]["id"], "customer", sign_in.pk)
    assert (refresh["userId"], refresh["sid"], refresh["token_type"]) == (
        ada["user"]["id"],
        sign_in.pk,
        "refresh",
    )
    assert "role" not in refresh
    assert access["exp"] - time.time() == pytest.approx(12 * 3600, abs=10)
    assert refresh["exp"] - time.time() == pytest.approx(30 * 86400, abs=10)
    assert sign_in.expires_at.timestamp() == pytest.approx(refresh["exp"], abs=2)
    assert (sign_in.address, sign_in.ended_at) == (SOMEWHERE, None)


def test_no_token_is_stored_nor_shown_by_chance(ada: dict[str, Any], visitor: Visitor) -> None:
    visitor.refresh(ada["refreshToken"])
    rows = [
        *SignIn.objects.values_list(),
        *OutstandingToken.objects.values_list(),
        *User.objects.values_list(),
    ]
    for secret in (ada["token"], ada["refreshToken"]):
        assert secret not in str(rows)
        assert secret.rpartition(".")[2] not in str(rows)
    from config.identity.services import SignedIn

    assert "secret" not in repr(SignedIn(User(), "secret-token", "secret-refresh"))


@pytest.mark.parametrize(
    ("changes", "place", "text"),
    [
        *(({name: ...}, name, "required") for name in ADA),
        *(({name: None}, name, "must not be null") for name in ADA),
        *(({name: 5}, name, "must be a string") for name in ADA),
        *(({name: [ADA[name]]}, name, "must be a string") for name in ADA),
        ({"name": "  "}, "name", "must not be empty"),
        ({"name": "A\nda"}, "name", "must not hold control characters"),
        ({"name": "x" * 151}, "name", "must have at most 150 characters"),
        ({"name": "A\0da"}, "name", "must not hold the character NUL"),
        ({"phone": "1" * 41}, "phone", "must have at most 40 characters"),
        ({"email": "ada"}, "email", "must be an e-mail address"),
        ({"email": "x" * 250 + "@example.com"}, "email", "must have at most 254 characters"),
        ({"password": ""}, "password", "must not be empty"),
        ({"password": "x" * 1001}, "password", "must have at most 1000 characters"),
    ],
    ids=str,
)
def test_a_field_that_is_missing_or_wrong_is_named_and_nobody_is_made(
    visitor: Visitor, changes: dict[str, Any], place: str, text: str
) -> None:
    body = {name: value for name, value in {**ADA, **changes}.items() if value is not ...}
    said = refused(visitor.post("register", body), 400, "invalid", "details")
    assert said["details"] == {place: [text]}
    assert said["message"] == f"{place}: {text}"
    assert (User.objects.count(), SignIn.objects.count()) == (0, 0)


@pytest.mark.parametrize("password", ["short1", "password123", "1234567890123", "ada@example.com"])
def test_djangos_validators_judge_a_password(visitor: Visitor, password: str) -> None:
    said = refused(visitor.register(password=password), 400, "invalid", "details")
    assert list(said["details"]) == ["password"]
    assert User.objects.count() == 0


def test_all_mistakes_are_named_at_once(visitor: Visitor) -> None:
    said = refused(visitor.post("register", {"name": 5}), 400, "invalid", "details")
    assert sorted(said["details"]) == ["email", "name", "password", "phone"]
    said = refused(visitor.post("register", []), 400, "invalid", "details")
    assert said["details"] == {"body": ["must be an object"]}


def test_a_phone_may_be_empty_and_a_password_may_hold_anything(visitor: Visitor) -> None:
    strange = " Grey\theron\n 42 ünïcödé 🦩 "
    assert visitor.register(phone="", password=strange).status_code == 201
    assert visitor.login(password=strange).status_code == 200
    refused(visitor.login(password=strange.strip()), 401, "invalid_credentials")


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com "])
def test_an_address_is_taken_once(visitor: Visitor, ada: dict[str, Any], email: str) -> None:
    refused(visitor.register(email=email, name="Eve"), 409, "email_taken")
    assert User.objects.get().name == "Ada"
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("name", ["register", "login", "refresh", "logout"])
def test_what_is_no_json_is_refused_before_all_else(visitor: Visitor, name: str) -> None:
    path = f"/api/auth/{name}"
    refused(visitor.client.post(path, "{", "application/json"), 400, "malformed_json")
    refused(
        visitor.client.post(path, "a=b", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"
    )
    refused(
        visitor.client.post(path, "x" * (1024 * 1024 + 1), "application/json"),
        413,
        "payload_too_large",
        "limit",
    )
    refused(visitor.client.get(path), 405, "method_not_allowed")


# -------------------------------------------------------------------------------------- signing in


def test_signing_in_answers_as_registering_does(visitor: Visitor, ada: dict[str, Any]) -> None:
    answer = visitor.login("ADA@example.com ")
    body = answer.json()
    assert (answer.status_code, set(body), body["user"]) == (200, set(ada), ada["user"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert SignIn.objects.count() == 2
    assert said_by(body["token"])["sid"] != said_by(ada["token"])["sid"]


@pytest.mark.parametrize("role", Role)
def test_every_role_signs_in_and_its_token_names_it(
    visitor: Visitor, user_in: Callable[[Role], User], role: Role
) -> None:
    body = visitor.login(user_in(role).email).json()
    assert (body["user"]["role"], said_by(body["token"])["role"]) == (role, role)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", "Grey-heron-43"),
        ("ada@example.com", PASSWORD.lower()),
        ("ada@example.com", PASSWORD + " "),
        ("eve@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("token@example.com", PASSWORD),
        ("token@example.com", "!"),
    ],
)
def test_whoever_is_not_known_by_this_password_hears_one_and_the_same(
    visitor: Visitor, ada: dict[str, Any], email: str, password: str
) -> None:
    update_user(user=create_user(email="gone@example.com", password=PASSWORD), is_active=False)
    create_user(email="token@example.com", password=None)
    said = refused(visitor.login(email, password), 401, "invalid_credentials")
    assert said["message"] == "The e-mail address or the password is wrong"
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("name", ["email", "password"])
def test_a_sign_in_needs_both(visitor: Visitor, name: str) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    del body[name]
    said = refused(visitor.post("login", body), 400, "invalid", "details")
    assert said["details"] == {name: ["required"]}


def test_a_token_that_has_expired_keeps_nobody_from_getting_another(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    for name, body in (
        ("login", {"email": ADA["email"], "password": PASSWORD}),
        ("refresh", {"refreshToken": ada["refreshToken"]}),
    ):
        assert visitor.post(name, body, token="expired").status_code == 200
    refused(visitor.me("expired"), 401, "invalid_token")


def test_the_admins_session_beside_it_asks_for_no_csrf_token(visitor: Visitor, staff: User) -> None:
    visitor.client.force_login(staff)
    assert visitor.register().status_code == 201


def test_an_old_hash_is_renewed_and_the_sign_in_holds(visitor: Visitor, settings: Settings) -> None:
    visitor.register()
    assert User.objects.get().password.startswith("md5$")
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    body = visitor.login().json()
    assert User.objects.get().password.startswith("pbkdf2_sha256$")
    assert visitor.me(body["token"]).status_code == 200
