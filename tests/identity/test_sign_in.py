"""`/api/auth`: registering, signing in, going on, signing out; every outcome with its code."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from config.identity.models import Role, SignIn, User
from config.identity.services import change_role, create_user, set_password, update_user
from config.identity.services.sign_ins import GRACE
from config.identity.tokens import RefreshToken, issue_token, verify_access_token
from tests.api.answers import refused
from tests.identity.conftest import PASSWORD
from tests.identity.visitors import ADA, SOMEWHERE, Visitor, said_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop_paths(test_paths: None, settings: Settings) -> None:
    settings.ROOT_URLCONF = "config.urls"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def ada(visitor: Visitor) -> dict[str, Any]:
    """What Ada was answered when she registered."""
    body: dict[str, Any] = visitor.register().json()
    return body


def let_time_pass(by: dt.timedelta) -> None:
    """Put all uses of refresh tokens so far into the past."""
    BlacklistedToken.objects.update(blacklisted_at=F("blacklisted_at") - by)


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


# -------------------------------------------------------------------------------------- going on


def test_a_refresh_token_is_exchanged_for_fresh_ones_of_the_same_sign_in(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    SignIn.objects.update(expires_at=F("expires_at") - dt.timedelta(days=10))
    answer = visitor.refresh(ada["refreshToken"])
    body = answer.json()
    assert (answer.status_code, set(body)) == (200, {"token", "refreshToken"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert len({ada["refreshToken"], body["refreshToken"], ada["token"], body["token"]}) == 4
    assert said_by(body["token"])["sid"] == said_by(ada["token"])["sid"]
    # The access token of before is as good as ever until it expires.
    assert [visitor.me(token).status_code for token in (ada["token"], body["token"])] == [200, 200]
    sign_in = SignIn.objects.get()
    assert sign_in.expires_at.timestamp() == pytest.approx(said_by(body["refreshToken"])["exp"], abs=2)
    assert sign_in.last_used_at >= sign_in.created_at
    for _ in range(3):
        body = visitor.refresh(body["refreshToken"]).json()
    assert visitor.me(body["token"]).status_code == 200


def test_a_used_one_is_refused_at_once_and_its_successor_goes_on(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    second = visitor.refresh(ada["refreshToken"]).json()
    let_time_pass(GRACE - dt.timedelta(seconds=2))
    for _ in range(2):
        refused(visitor.refresh(ada["refreshToken"]), 401, "token_used")
    assert visitor.refresh(second["refreshToken"]).status_code == 200
    assert SignIn.objects.get().ended_at is None


def test_a_used_one_that_comes_back_later_ends_the_sign_in_and_no_other(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    other = visitor.login().json()
    second = visitor.refresh(ada["refreshToken"]).json()
    let_time_pass(GRACE)
    refused(visitor.refresh(ada["refreshToken"]), 401, "token_revoked")
    for token in (ada["token"], second["token"]):
        refused(visitor.me(token), 401, "token_revoked")
    for refresh_token in (ada["refreshToken"], second["refreshToken"]):
        refused(visitor.refresh(refresh_token), 401, "token_revoked")
    assert visitor.me(other["token"]).status_code == 200
    assert visitor.refresh(other["refreshToken"]).status_code == 200
    assert SignIn.objects.living().count() == 1


def test_a_change_of_role_reaches_the_tokens_at_the_next_refresh(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    change_role(user=User.objects.get(), role=Role.TAILOR)
    refused(visitor.me(ada["token"]), 401, "invalid_token")
    body = visitor.refresh(ada["refreshToken"]).json()
    assert visitor.me(body["token"]).json()["role"] == "tailor"


def test_what_is_no_refresh_token_of_ours_is_refused(visitor: Visitor, ada: dict[str, Any]) -> None:
    refresh = RefreshToken()
    refresh.payload.update({**said_by(ada["refreshToken"]), "exp": int(time.time()) - 1})
    refused(visitor.refresh(str(refresh)), 401, "token_expired")
    for missing in ("userId", "sid", "jti"):
        refresh = RefreshToken()
        refresh.payload.update(said_by(ada["refreshToken"]))
        del refresh.payload[missing]
        refused(visitor.refresh(str(refresh)), 401, "invalid_token")
    forged = ada["refreshToken"][:-4] + "AAAA"
    for wrong in ("nonsense", ada["token"], forged, "é", "a.b.c"):
        refused(visitor.refresh(wrong), 401, "invalid_token")
        refused(visitor.logout(wrong), 401, "invalid_token")
    refresh = RefreshToken()
    refresh.payload.update({**said_by(ada["refreshToken"]), "userId": "usr_other"})
    refused(visitor.refresh(str(refresh)), 401, "token_revoked")
    assert (BlacklistedToken.objects.count(), SignIn.objects.living().count()) == (0, 1)


@pytest.mark.parametrize("name", ["refresh", "logout"])
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "required"),
        ({"refreshToken": None}, "must not be null"),
        ({"refreshToken": 5}, "must be a string"),
        ({"refreshToken": ""}, "must not be empty"),
        ({"refreshToken": "x" * 4097}, "must have at most 4096 characters"),
    ],
)
def test_a_refresh_token_is_asked_for_by_name(visitor: Visitor, name: str, body: Any, text: str) -> None:
    said = refused(visitor.post(name, body), 400, "invalid", "details")
    assert said["details"] == {"refreshToken": [text]}


# -------------------------------------------------------------------------------------- signing out


def test_signing_out_ends_every_token_of_the_sign_in_at_once_and_no_other(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    other = visitor.login().json()
    second = visitor.refresh(ada["refreshToken"]).json()
    answer = visitor.logout(second["refreshToken"])
    assert (answer.status_code, answer.content) == (204, b"")
    for token in (ada["token"], second["token"]):
        refused(visitor.me(token), 401, "token_revoked")
    refused(visitor.refresh(second["refreshToken"]), 401, "token_revoked")
    assert visitor.me(other["token"]).status_code == 200
    ended_at = SignIn.objects.get(ended_at__isnull=False).ended_at
    assert visitor.logout(second["refreshToken"]).status_code == 204
    assert SignIn.objects.get(ended_at__isnull=False).ended_at == ended_at


def test_a_used_refresh_token_is_good_for_signing_out(visitor: Visitor, ada: dict[str, Any]) -> None:
    visitor.refresh(ada["refreshToken"])
    assert visitor.logout(ada["refreshToken"]).status_code == 204
    assert SignIn.objects.living().count() == 0


def test_a_sign_in_that_is_long_forgotten_is_over(visitor: Visitor, ada: dict[str, Any]) -> None:
    SignIn.objects.all().delete()
    refused(visitor.me(ada["token"]), 401, "token_revoked")
    refused(visitor.refresh(ada["refreshToken"]), 401, "token_revoked")
    assert visitor.logout(ada["refreshToken"]).status_code == 204


# ------------------------------------------------------------------------------- what ends sign-ins


def test_another_password_ends_them_all(visitor: Visitor, ada: dict[str, Any]) -> None:
    other = visitor.login().json()
    set_password(user=User.objects.get(), password="Blue-kestrel-7")
    for body in (ada, other):
        refused(visitor.me(body["token"]), 401, "token_revoked")
        refused(visitor.refresh(body["refreshToken"]), 401, "token_revoked")
    assert visitor.login(password="Blue-kestrel-7").status_code == 200


def test_who_was_made_inactive_has_to_sign_in_again_when_they_are_back(
    visitor: Visitor, ada: dict[str, Any]
) -> None:
    update_user(user=User.objects.get(), is_active=False)
    refused(visitor.me(ada["token"]), 401, "invalid_token")
    refused(visitor.refresh(ada["refreshToken"]), 401, "token_revoked")
    update_user(user=User.objects.get(), is_active=True)
    refused(visitor.me(ada["token"]), 401, "token_revoked")
    refused(visitor.refresh(ada["refreshToken"]), 401, "token_revoked")
    assert visitor.login().status_code == 200


def test_a_token_without_a_sign_in_holds_as_it_always_did(visitor: Visitor, ada: dict[str, Any]) -> None:
    token = issue_token(user=User.objects.get())
    assert "sid" not in said_by(token)
    visitor.logout(ada["refreshToken"])
    set_password(user=User.objects.get(), password="Blue-kestrel-7")
    assert visitor.me(token).status_code == 200


def test_a_token_is_looked_up_with_its_sign_in_in_one_query(
    ada: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        verified = verify_access_token(ada["token"])
    claims = said_by(ada["token"])
    assert (verified.user.pk, verified.sign_in) == (claims["userId"], claims["sid"])
    assert verified.expires_at == claims["exp"]


def test_a_sign_in_of_somebody_else_makes_no_token_good(ada: dict[str, Any], customer: User) -> None:
    from config.identity.errors import TokenRevoked

    token = issue_token(user=customer, sign_in=SignIn.objects.get())
    with pytest.raises(TokenRevoked):
        verify_access_token(token)
