"""The sign-in cookie: set and cleared with the sign-in, and never read over REST."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.identity.cookies import PATHS, SIGN_IN_COOKIE
from config.identity.tokens import verify_token
from tests.api.answers import refused
from tests.identity.visitors import ADA, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_paths")]


def cookie_of(answer: Any) -> "Morsel[str]":
    morsel: Morsel[str] = answer.cookies[SIGN_IN_COOKIE]
    return morsel


def test_it_holds_the_token_for_as_long_as_the_token_holds() -> None:
    visitor = Visitor()
    registered = visitor.register()
    for answer in (registered, visitor.login(), visitor.refresh(registered.json()["refreshToken"])):
        cookie = cookie_of(answer)
        assert cookie.value == answer.json()["token"]
        assert verify_token(cookie.value).email == ADA["email"]
        assert cookie["max-age"] == 12 * 3600
        assert (cookie["path"], cookie["samesite"], cookie["httponly"], cookie["domain"]) == (
            "/",
            "Lax",
            True,
            "",
        )
        assert not cookie["secure"]


@pytest.mark.parametrize("how", ["request", "settings"])
def test_it_is_secure_outside_of_plain_http(settings: Settings, how: str) -> None:
    settings.SESSION_COOKIE_SECURE = how == "settings"
    answer = Client().post("/api/auth/register", ADA, "application/json", secure=how == "request")
    assert cookie_of(answer)["secure"] is True


def test_production_has_secure_cookies() -> None:
    from tests.platform.conftest import bare_environment, run_manage
    from tests.platform.test_settings import PRODUCTION

    said = run_manage(
        "shell",
        "-c",
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.PASSWORD_HASHERS[0])",
        env={**bare_environment(), **PRODUCTION},
    )
    assert said.stdout.splitlines()[-1] == "True django.contrib.auth.hashers.Argon2PasswordHasher"


def test_signing_out_clears_it_and_a_refusal_does_not() -> None:
    visitor = Visitor()
    refresh_token = visitor.register().json()["refreshToken"]
    assert SIGN_IN_COOKIE not in visitor.logout("nonsense").cookies
    cookie = cookie_of(visitor.logout(refresh_token))
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/")


def test_whoever_is_refused_is_given_none() -> None:
    visitor = Visitor()
    visitor.register()
    for answer in (visitor.login(password="wrong"), visitor.register(), visitor.refresh("nonsense")):
        assert answer.status_code >= 400
        assert SIGN_IN_COOKIE not in answer.cookies


def test_rest_does_not_know_it() -> None:
    visitor = Visitor()
    token = visitor.register().json()["token"]
    assert visitor.client.cookies[SIGN_IN_COOKIE].value == token
    refused(visitor.me(), 401, "not_authenticated")
    refused(visitor.patch_me({"name": "x"}), 401, "not_authenticated")
    visitor.client.cookies[SIGN_IN_COOKIE] = "nonsense"
    assert visitor.me(token).status_code == 200
    assert "Cookie" not in visitor.client.get("/api/products").headers.get("Vary", "")


# ------------------------------------------------------------------------------ across origins

PAGE = "https://shop.example"


def ask(method: str, path: str, origin: str = PAGE) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return Client().generic(method, path, "{}", "application/json", headers=headers)


@pytest.fixture
def allowed_page(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [PAGE]


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_an_allowed_page_may_be_given_it(allowed_page: None, method: str, path: str) -> None:
    answer = ask(method, path)
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
@pytest.mark.parametrize("path", ["/api/auth/me", "/api/products", "/api/stock/movements"])
def test_no_page_sends_credentials_anywhere_else(allowed_page: None, method: str, path: str) -> None:
    answer = ask(method, path)
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_that_is_not_allowed_is_given_nothing(allowed_page: None) -> None:
    answer = ask("POST", "/api/auth/login", origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_every_origin_is_not_every_origin_with_cookies(settings: Settings) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = True
    answer = ask("POST", "/api/auth/login")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
