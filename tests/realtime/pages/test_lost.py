"""Addresses that lead nowhere, and forms that are refused: in a person's language, as data for programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.orders.shop import mug
from tests.realtime.pages.readers import PASSWORD, a_user, inline_code, text_of

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/no/such/page", "/productsx", "/orders/a/b/c", "/cart/nothing", "/%00"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_a_browser_at_no_address_of_ours_sees_a_page_of_the_shop(
    client: Client, path: str, method: str
) -> None:
    answer = getattr(client, method)(path, headers=BROWSER)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "This is not here" in text_of(answer)
    assert 'role="search"' in answer.content.decode()
    assert inline_code(answer) == []
    assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("language", "words"), [("sv", "Det här finns inte"), ("ar", "هذا غير موجود هنا"), ("hi", "यह यहाँ नहीं है")]
)
def test_it_says_so_in_the_visitors_language(client: Client, language: str, words: str) -> None:
    answer = client.get("/no/such/page", headers={**BROWSER, "Accept-Language": language})
    assert answer.status_code == 404
    assert words in text_of(answer)


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api", "/products/a/b", "/products/nothing", "/events/a", "/ws/a"]
)
def test_the_contracts_paths_answer_data_to_a_browser_too(client: Client, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert {"error", "message", "code", "timestamp"} <= answer.json().keys()


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/plain, */*"])
def test_whoever_does_not_ask_for_html_gets_data(client: Client, accept: str) -> None:
    answer = client.get("/no/such/page", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json()["code"] == "not_found"
    assert "Accept" in answer["Vary"]


def test_a_forms_own_address_is_no_page(client: Client) -> None:
    answer = client.get("/cart/items", headers=BROWSER)
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert "This is not here" in text_of(answer)


@pytest.mark.parametrize(
    ("language", "direction", "words"),
    [("en", "ltr", "load it again"), ("sv", "ltr", "ladda om den"), ("ar", "rtl", "أعد تحميلها")],
)
def test_a_form_that_has_become_old_says_what_to_do(language: str, direction: str, words: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/cart/items", headers={**BROWSER, "Accept-Language": language})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert words in page


def test_it_leads_back_to_the_page_and_to_no_other_house() -> None:
    strict = Client(enforce_csrf_checks=True)
    for before, leads_to in (
        ("http://testserver/p/prod_1?a=%22%3E", "http://testserver/p/prod_1?a=%22%3E"),
        ("", "/"),
        ("http://elsewhere.example/p/prod_1", "/"),
        ("http://testserver@elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/p/prod_1", "/"),
    ):
        headers = {**BROWSER, "Host": "testserver", "Referer": before}
        page = strict.post("/cart/items", headers=headers).content.decode()
        assert f'<a class="main" href="{leads_to}">' in page, before


def test_the_console_has_its_own_page_for_it() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/admin/login/", headers={**BROWSER, "Accept-Language": "sv"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Staff console" in page
    assert '<html lang="en" dir="ltr">' in page
    assert '<a class="main" href="/admin/">Go to the console</a>' in page


def test_a_guests_product_page_takes_the_token_of_the_sign_in_since() -> None:
    """The page's own script puts in what the browser has by then (`token.js`); the one drawn is of before."""
    user, goods = a_user(), mug()
    strict = Client(enforce_csrf_checks=True)
    page = strict.get(f"/p/{goods.id}").content.decode()
    assert re.search(r"<form [^>]*data-fresh-token", page)
    drawn = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
    signing_in = {"email": user.email, "password": PASSWORD, "csrfmiddlewaretoken": drawn}
    assert strict.post("/sign-in", signing_in).status_code == 302
    said = {"productId": goods.id, "quantity": "1"}
    assert strict.post("/cart/items", {**said, "csrfmiddlewaretoken": drawn}).status_code == 403
    fresh = strict.cookies["csrftoken"].value
    answer = strict.post("/cart/items", {**said, "csrfmiddlewaretoken": fresh})
    assert (answer.status_code, answer["Location"]) == (302, "/cart")


def test_no_two_addresses_share_a_name() -> None:
    """The later one would take the links of the earlier: a page's would lead to the API."""
    names = Counter(_names(get_resolver()))
    assert {"register-page", "register", "cart", "shop"} <= names.keys()
    assert [name for name, times in names.items() if times > 1] == []


def _names(resolver: URLResolver) -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield from filter(None, [one.name])
        elif not one.namespace:
            yield from _names(one)
