"""`/api/auth`: going on with fresh tokens, signing out, and what ends a sign-in otherwise."""

import datetime as dt
import time
from typing import Any

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from config.identity.models import Role, SignIn, User
from config.identity.services import change_role, set_password, update_user
from config.identity.services.sign_ins import GRACE
from config.identity.tokens import RefreshToken, issue_token, verify_access_token
from tests.api.answers import refused
from tests.identity.visitors import Visitor, said_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_paths")]


def let_time_pass(by: dt.timedelta) -> None:
    """Put all uses of refresh tokens so far into the past."""
    BlacklistedToken.objects.update(blacklisted_at=F("blacklisted_at") - by)


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
