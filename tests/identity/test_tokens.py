"""Which tokens hold, and why all others don't."""

import base64
import datetime as dt
import json
import time
from typing import Any

import jwt
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from rest_framework_simplejwt.tokens import RefreshToken

from config.identity.errors import InvalidToken, TokenExpired
from config.identity.models import Role, User
from config.identity.services import change_role, update_user
from config.identity.tokens import issue_token, verify_token

pytestmark = pytest.mark.django_db


def claims_of(user: User, **changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(issue_token(user=user), options={"verify_signature": False})
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not ...}


def signed(claims: dict[str, Any], key: str = settings.SECRET_KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm)


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_names_its_user_and_role(customer: User) -> None:
    claims = claims_of(customer)
    assert claims["userId"] == customer.pk
    assert claims["role"] == "customer"
    assert claims["jti"]
    assert claims["exp"] - time.time() == pytest.approx(dt.timedelta(hours=12).total_seconds(), abs=10)
    assert verify_token(issue_token(user=customer)) == customer


def test_each_token_has_an_id_of_its_own(customer: User) -> None:
    assert claims_of(customer)["jti"] != claims_of(customer)["jti"]


def test_a_token_that_was_known_ends_when_it_says_so_and_when_its_user_changes(
    customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(claims_of(customer, exp=int(time.time()) + 100))
    assert verify_token(token) == customer
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr("config.identity.tokens.time.time", lambda: now + 101)
        with pytest.raises(TokenExpired):
            verify_token(token)
    assert verify_token(token) == customer
    change_role(user=customer, role=Role.TAILOR)
    with pytest.raises(InvalidToken):
        verify_token(token)


def test_an_expired_token_says_so(customer: User) -> None:
    with pytest.raises(TokenExpired) as refusal:
        verify_token(signed(claims_of(customer, exp=int(time.time()) - 1)))
    assert refusal.value.code == "token_expired"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": ...},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 1e400},
        {"exp": 10**30},
        {"jti": ...},
        {
            "nbf": 4_102_444_800
        },  # the year 2100; a moving figure would give the test another name in each process
        {"iat": "now"},
        {"token_type": ...},
        {"token_type": "refresh"},
        {"userId": ...},
        {"userId": None},
        {"userId": 5},
        {"userId": ["usr_1"]},
        {"userId": {"pk": 1}},
        {"userId": ""},
        {"userId": "usr_nobody"},
        {"userId": "usr_\0"},
        {"userId": "x" * 1000},
        {"role": ...},
        {"role": None},
        {"role": "admin"},
        {"role": ["customer"]},
    ],
    ids=str,
)
def test_a_claim_that_is_missing_or_wrong_makes_it_invalid(customer: User, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken) as refusal:
        verify_token(signed(claims_of(customer, **changes)))
    assert refusal.value.code == "invalid_token"


def test_only_our_signature_counts(customer: User) -> None:
    claims, token = claims_of(customer), issue_token(user=customer)
    header, payload, signature = token.split(".")
    forged = [
        signed(claims, key="another-key-of-enough-characters-for-hmac"),
        signed(claims, algorithm="HS384"),
        f"{segment({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        f"{segment({'alg': 'none'})}.{payload}.{signature}",
        f"{segment({'alg': 'NoNe'})}.{payload}.",
        f"{segment({'alg': 'RS256'})}.{payload}.{signature}",
        f"{segment({'alg': 'HS256', 'kid': '../../etc/passwd'})}.{payload}.{signature}",
        f"{segment({'alg': 'HS256', 'crit': ['x']})}.{payload}.{signature}",
        f"{header}.{segment({**claims, 'role': 'admin'})}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.{signature}.x",
        token[1:],
        token.swapcase(),
        "",
        "...",
        "é" + token,
        token + "\0",
        "a" * 10_000_000,
    ]
    for text in forged:
        with pytest.raises(InvalidToken):
            verify_token(text)


@given(
    st.text()
    | st.lists(st.binary(), min_size=3, max_size=3).map(
        lambda parts: ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    )
)
def test_no_text_is_more_than_invalid(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify_token(text)


@given(
    st.dictionaries(
        st.sampled_from(["userId", "role", "exp", "jti", "token_type", "nbf", "iat", "aud", "iss", "sub"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.lists(st.text())
        | st.floats(allow_nan=False),
    )
)
def test_not_even_claims_of_any_type_under_our_signature_are_more_than_invalid(
    claims: dict[str, Any],
) -> None:
    header, payload = segment({"alg": "HS256", "typ": "JWT"}), segment(claims)
    algorithm = jwt.get_algorithm_by_name("HS256")
    key = algorithm.prepare_key(settings.SECRET_KEY)
    signature = (
        base64.urlsafe_b64encode(algorithm.sign(f"{header}.{payload}".encode(), key)).decode().rstrip("=")
    )
    with pytest.raises((InvalidToken, TokenExpired)):
        verify_token(f"{header}.{payload}.{signature}")


def test_a_refresh_token_is_no_access_token(customer: User) -> None:
    refresh = RefreshToken.for_user(customer)
    refresh["role"] = customer.role
    with pytest.raises(InvalidToken):
        verify_token(str(refresh))


def test_a_change_of_role_ends_the_tokens_that_name_the_old_one(staff: User) -> None:
    token = issue_token(user=staff)
    change_role(user=staff, role=Role.TAILOR)
    with pytest.raises(InvalidToken):
        verify_token(token)
    change_role(user=staff, role=Role.ADMIN)
    assert verify_token(token) == staff


def test_a_user_who_is_made_inactive_or_deleted_has_no_token_left(customer: User) -> None:
    token = issue_token(user=customer)
    update_user(user=customer, is_active=False)
    with pytest.raises(InvalidToken):
        verify_token(token)
    update_user(user=customer, is_active=True)
    assert verify_token(token) == customer
    customer.delete()
    with pytest.raises(InvalidToken):
        verify_token(token)
