"""Pages in the visitor's language: its words, its direction, its money and its dates."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from orders.models import Order
from tests.catalog.sales import on_sale
from tests.orders.shop import mug
from tests.realtime.pages.readers import data_of, text_of
from tests.realtime.pages.visiting import ordered, signed_in, somebody

pytestmark = pytest.mark.django_db


def read(client: Client, path: str, language: str) -> tuple[str, str]:
    """The page as it came, and what is to be read on it."""
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.content.decode(), text_of(answer)


@pytest.mark.parametrize(
    ("language", "direction", "search", "left", "category", "price"),
    [
        ("sv", "ltr", "Sök varor", "Bara 2 kvar", "Alla", "100,00\u00a0EG£"),
        ("ar", "rtl", "ابحث عن منتجات", "بقي 2 فقط", "الكل", "100.00"),
        ("hi", "ltr", "उत्पाद खोजें", "केवल 2 शेष", "सभी", "EGP\u00a0100.00"),
    ],
)
def test_the_start_is_in_the_visitors_language(
    client: Client, language: str, direction: str, search: str, left: str, category: str, price: str
) -> None:
    mug(title="Mug", stock=2)
    answer = client.get("/", headers={"Accept-Language": language})
    page = answer.content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert f'placeholder="{search}"' in page
    assert left in page
    assert f'aria-current="true">{category}</a>' in page
    assert price in html.unescape(page)
    assert answer["Vary"].startswith("Cookie, Accept-Language")


@pytest.mark.parametrize(
    ("language", "words", "counted"),
    [
        (
            "sv",
            {"Sold out": "Slutsåld", "ends in {time}": "slutar om {time}"},
            {"one": "{n} vara", "other": "{n} varor"},
        ),
        (
            "ar",
            {"Sold out": "نفدت الكمية", "from {price}": "ابتداءً من {price}"},
            {
                "zero": "لا منتجات",
                "one": "منتج واحد",
                "two": "منتجان",
                "few": "{n} منتجات",
                "many": "{n} منتجًا",
                "other": "{n} منتج",
            },
        ),
        ("hi", {"Sold out": "बिक चुका है", "Live": "लाइव"}, {"one": "{n} उत्पाद", "other": "{n} उत्पाद"}),
    ],
)
def test_what_the_modules_say_comes_along_translated(
    client: Client, language: str, words: dict[str, str], counted: dict[str, str]
) -> None:
    said = data_of(client.get("/", headers={"Accept-Language": language}), "words")
    assert {text: said[text] for text in words} == words
    assert said["{n} products"] == counted


@pytest.mark.parametrize(
    ("language", "status", "paid", "month"),
    [
        ("en", "Received", "Not paid yet", None),
        (
            "sv",
            "Mottagen",
            "Inte betald än",
            ("jan.", "feb.", "mars", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."),
        ),
        ("ar", "تم الاستلام", "لم يُدفع بعد", None),
        ("hi", "प्राप्त", "अभी भुगतान नहीं हुआ", None),
    ],
)
def test_an_order_says_how_it_stands_in_the_visitors_language(
    language: str, status: str, paid: str, month: tuple[str, ...] | None
) -> None:
    customer = signed_in(somebody())
    order_id = ordered(customer, mug(title="Mug").id)
    order = Order.objects.get(id=order_id)
    _page, text = read(customer, f"/orders/{order_id}", language)
    assert status in text
    assert paid in text
    if month is not None:
        assert f"{order.created_at.day} {month[order.created_at.month - 1]} {order.created_at.year}" in text


def test_what_is_chosen_in_the_foot_counts_more_than_what_the_browser_asks_for(client: Client) -> None:
    answer = client.post("/language", {"language": "ar", "next": "/cart"})
    assert (answer.status_code, answer["Location"]) == (302, "/cart")
    page, text = read(client, "/cart", "sv")
    assert '<html lang="ar" dir="rtl">' in page
    assert "سلة تسوقك فارغة." in text


def test_refusals_are_in_the_visitors_language(client: Client) -> None:
    answer = client.get("/p/prod_none", headers={"Accept-Language": "sv"})
    assert answer.status_code == 404
    assert "Varan säljs inte längre, eller så är adressen fel." in text_of(answer)
    wrong = client.post(
        "/sign-in", {"email": "nobody@example.com", "password": "x"}, headers={"Accept-Language": "hi"}
    )
    assert "साइन इन करें" in text_of(wrong)


@pytest.mark.parametrize(
    ("language", "reduced", "off", "until"),
    [
        ("sv", "80,00", "\u221220\u00a0%", "till"),
        ("ar", "80.00", "20", "حتى"),
        ("hi", "80.00", "\u221220%", "UTC तक"),
    ],
)
def test_a_sale_is_said_in_the_visitors_language(
    client: Client, language: str, reduced: str, off: str, until: str
) -> None:
    thing = mug(title="Mug")
    on_sale(thing.id, off="20")
    for path in ("/", f"/p/{thing.id}"):
        page, _text = read(client, path, language)
        read_as = html.unescape(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
        for words in (reduced, off, until):
            assert words in read_as, (path, words)
