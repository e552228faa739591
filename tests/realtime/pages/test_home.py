"""The start as it comes from the server: to be read, searched and paged without JavaScript."""

from __future__ import annotations

import gzip
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from catalog.services import VariantDraft
from realtime.pages.home import PAGE_SIZE
from tests.catalog.goods import draft, made
from tests.catalog.sales import on_sale
from tests.orders.shop import mug, sell
from tests.realtime.pages.readers import data_of, inline_code, text_of

pytestmark = pytest.mark.django_db

TITLES = re.compile(r'<a data-part="link"[^>]*href="/p/([^"]+)"[^>]*>([^<]*)</a>')


def titles(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [title for _id, title in TITLES.findall(answer.content.decode())]


def test_a_product_is_read_without_javascript(client: Client) -> None:
    cheap = mug(title="Cheap Mug", stock=40)
    low, none = mug(title="Rare Mug", stock=2), mug(title="Gone Mug", stock=0)
    on_sale(cheap.id, off="20")
    answer = client.get("/")
    assert TITLES.findall(answer.content.decode()) == [
        (cheap.id, "Cheap Mug"),
        (low.id, "Rare Mug"),
        (none.id, "Gone Mug"),
    ]
    text = text_of(answer)
    assert re.search(r"Cheap Mug EGP 80.00 EGP 100.00 \u221220% · \S.* until .* UTC 40 in stock", text)
    assert "Only 2 left Rare Mug EGP 100.00 2 left" in text
    assert "Sold out Gone Mug EGP 100.00 Sold out" in text


def test_the_modules_begin_with_what_is_drawn(client: Client) -> None:
    shoe = sell(title="Shoe", sizes=("41", "42"))
    on_sale(shoe.id, off="12.5")
    seed = data_of(client.get("/"), "listing")
    assert seed["next"] is None
    (product,) = seed["products"]
    assert (product["id"], product["title"], product["price"]) == (shoe.id, "Shoe", 100)
    assert product["flashSale"]["discountPercentage"] == 12.5
    assert product["variants"] == [
        {"id": shoe.variants[0], "attributes": {"size": "41"}, "stock": 0},
        {"id": shoe.variants[1], "attributes": {"size": "42"}, "stock": 0},
    ]
    assert "description" not in product


def test_markup_in_data_is_text_and_nothing_runs_inline(client: Client) -> None:
    made(
        draft(
            title='</script><img src=x onerror="alert(1)">',
            category='"><script>alert(2)</script>',
            image="https://images.example/a.jpg",
        )
    )
    answer = client.get("/?search=%3C/script%3E")
    assert inline_code(answer) == []
    page = answer.content.decode()
    assert "images.example" not in page.split('id="listing"')[0]
    assert "<img src=x" not in page
    assert data_of(answer, "listing")["products"][0]["title"] == '</script><img src=x onerror="alert(1)">'
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_categories_search_and_order_are_links_and_a_form(client: Client) -> None:
    for title, category, amount in (
        ("Wool Scarf", "Scarves", 30),
        ("Silk Scarf", "Scarves", 90),
        ("Wool Hat", "Hats", 20),
    ):
        product = Product.objects.get(id=made(draft(title=title, category=category))[0])
        product.prices.update(amount=Decimal(amount))
    assert titles(client, "/?category=Scarves") == ["Wool Scarf", "Silk Scarf"]
    assert sorted(titles(client, "/?search=wool")) == ["Wool Hat", "Wool Scarf"]
    assert titles(client, "/?sort=price") == ["Wool Hat", "Wool Scarf", "Silk Scarf"]
    assert titles(client, "/?category=Scarves&search=silk&sort=-price") == ["Silk Scarf"]
    page = client.get("/?category=Scarves&search=silk&sort=-price").content.decode()
    assert '<a href="?category=Scarves" data-category="Scarves" aria-current="true">' in page
    assert '<option value="-price" selected>' in page
    assert '<input type="hidden" name="category" value="Scarves">' in page
    assert 'value="silk" data-shop-part="search"' in page


@pytest.mark.parametrize("query", ["sort=cheapest", "category=a%00b", "search=%00", "sort=%ff", "search=+++"])
def test_what_means_nothing_asks_for_nothing(client: Client, query: str) -> None:
    mug(title="Mug")
    assert titles(client, f"/?{query}") == ["Mug"]


def test_an_empty_shop_and_an_empty_search_say_so(client: Client) -> None:
    page = client.get("/").content.decode()
    assert 'data-shop-part="empty" data-asked="no">' in page
    mug(title="Mug")
    assert 'data-shop-part="empty" data-asked="no" hidden>' in client.get("/").content.decode()
    assert 'data-shop-part="empty" data-asked="yes">' in client.get("/?search=zzz").content.decode()


def test_pages_are_links_and_the_modules_go_on_from_the_same_place(client: Client) -> None:
    made(*(draft(title=f"Mug {number:02}") for number in range(PAGE_SIZE + 3)))
    first = client.get("/?sort=name&search=mug")
    found = re.search(r'<a class="more" rel="next" href="([^"]+)"', first.content.decode())
    assert found is not None
    seen = titles(client, "/?sort=name&search=mug")
    rest = titles(client, found[1].replace("&amp;", "&"))
    assert [*seen, *rest] == [f"Mug {number:02}" for number in range(PAGE_SIZE + 3)]
    following = data_of(first, "listing")["next"]
    assert [product["title"] for product in client.get(following).json()] == rest
    # A place that means nothing here leads to the beginning.
    answer = client.get("/?sort=price&cursor=nonsense")
    assert (answer.status_code, answer["Location"]) == (302, "/?sort=price")


def test_the_queries_do_not_grow_with_the_products(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made(*(draft(title=f"Mug {number}", sizes=("1", "2")) for number in range(2)))
    with django_assert_num_queries(6):
        client.get("/")
    made(*(draft(title=f"More {number}", sizes=("1", "2", "3")) for number in range(30)))
    with django_assert_num_queries(6):
        client.get("/")


def test_it_is_a_page_of_110_kilobytes_at_most_with_all_that_it_names(client: Client) -> None:
    made(
        *(
            draft(
                title=f"Running Shoe {number}",
                category="Shoes",
                image="/static/stockwire/demo/runner-blue.svg",
                variants=tuple(
                    VariantDraft(attributes={"size": str(size), "color": color})
                    for size in range(40, 46)
                    for color in ("Blue", "White")
                ),
            )
            for number in range(PAGE_SIZE)
        )
    )
    answer = client.get("/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.content).decode()
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page))
    files = [Path(str(finders.find(path))).stat().st_size for path in named]
    # All that is fetched at once; what its modules import is in the browser's count.
    assert len(answer.content) + sum(files) < 110_000


def test_it_speaks_the_visitors_language(client: Client) -> None:
    mug(title="Mug", stock=40)
    answer = client.get("/", headers={"Accept-Language": "sv"})
    assert '<html lang="sv" dir="ltr">' in answer.content.decode()
    assert 'data-locale="sv-SE-u-nu-latn"' in answer.content.decode()
    assert "100,00" in text_of(answer)
    words = data_of(answer, "words")
    assert set(words["{n} products"]) == {"one", "other"}
    assert set(data_of(client.get("/", headers={"Accept-Language": "ar"}), "words")["{n} products"]) == {
        "zero", "one", "two", "few", "many", "other",
    }  # fmt: skip
    assert data_of(client.get("/"), "words") == {}


def test_it_is_sent_compressed_to_whoever_takes_it(client: Client) -> None:
    mug(title="Packed Mug")
    answer = client.get("/", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (answer["Content-Encoding"], answer["Content-Length"]) == ("gzip", str(len(answer.content)))
    assert "Packed Mug" in gzip.decompress(answer.content).decode()
    assert "Accept-Encoding" in answer["Vary"]
    plain = client.get("/")
    assert "Content-Encoding" not in plain
    assert len(plain.content) > 3 * len(answer.content)
