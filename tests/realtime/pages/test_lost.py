"""Addresses that lead nowhere, and forms that are refused: in a person's language, as data for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.realtime.pages.readers import inline_code, text_of

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
