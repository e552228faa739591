"""The two product lists: filters, orders, pages, and everything at once."""

import itertools
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from catalog.models import Product
from catalog.selectors import shown as shown_module
from catalog.selectors.records import live_records
from catalog.services import CountDraft, MarketDraft, PriceDraft
from config.kernel.clock import iso
from tests.catalog.conftest import Call
from tests.catalog.goods import draft, made

pytestmark = pytest.mark.django_db

SORTS = ["price", "-price", "newest", "rating", "name"]
#: Of one page, whatever is on it: which products, their stock, the products with their parts.
PAGE_QUERIES = 3


def priced(title: str, egp: str | None, **fields: Any) -> Any:
    price = PriceDraft("SEK", Decimal(1)) if egp is None else PriceDraft("EGP", Decimal(egp))
    return draft(title=title, prices=(price,), **fields)


def pages(call: Call, path: str, limit: int) -> list[Any]:
    """All items, page by page along ``Link``."""
    items: list[Any] = []
    joiner = "&" if "?" in path else "?"
    address: str | None = f"{path}{joiner}limit={limit}"
    while address:
        answer = call("GET", address)
        assert answer.status_code == 200
        assert len(answer.data) <= limit
        items += answer.data
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        address = link[1] if link else None
    return items


def names(call: Call, query: str) -> list[str]:
    answer = call("GET", f"/api/products?{query}")
    assert answer.status_code == 200, answer.data
    return [product["name"] for product in answer.data]


def test_without_a_limit_a_list_answers_everything_in_the_order_of_creation(call: Call) -> None:
    ids = made(*(draft() for _ in range(60)))
    for path in ("/products", "/api/products"):
        answer = call("GET", path)
        assert answer.streaming
        assert [product["id"] for product in answer.data] == ids
        assert "Link" not in answer


def test_pages_together_are_the_whole_list_in_every_order(call: Call) -> None:
    prices = itertools.cycle(["5", "7", "5", None, "6"])
    made(*(priced(f"Mug {number % 4}", next(prices)) for number in range(23)))
    for path in ("/products", "/api/products", *(f"/api/products?sort={sort}" for sort in SORTS)):
        whole = call("GET", path).data
        assert len(whole) == 23
        assert pages(call, path, 5) == whole


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "x", ""])
@pytest.mark.parametrize("path", ["/products", "/api/products"])
def test_a_limit_outside_of_its_bounds_is_a_400(call: Call, path: str, limit: str) -> None:
    assert call("GET", f"{path}?limit={limit}").status_code == 400


@pytest.mark.parametrize("path", ["/products", "/api/products"])
def test_a_cursor_of_our_own_making_only(call: Call, path: str) -> None:
    assert call("GET", f"{path}?limit=5&cursor=abc").status_code == 400


@pytest.mark.parametrize("path", ["/products", "/api/products?sort=price", "/api/products?search=mug"])
def test_a_page_takes_a_fixed_number_of_queries(call: Call, path: str) -> None:
    made(*(draft(title=f"Mug {number}", sizes=("S", "M")) for number in range(40)))
    counts = set()
    for limit in (2, 40):
        with CaptureQueriesContext(connection) as queries:
            call("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}")
        # The place in the event log is read once for the requests of a moment.
        counts.add(sum("realtime_eventhead" not in query["sql"] for query in queries.captured_queries))
    assert len(counts) == 1
    # What flash sales do to prices is shown in the shop alone.
    assert counts.pop() <= PAGE_QUERIES + ("search" in path) + path.startswith("/api/")


@pytest.mark.parametrize(
    "path", ["/products?limit=3", "/api/products?limit=3", "/api/products?limit=3&sort=-price"]
)
def test_a_list_that_was_asked_for_before_shows_what_has_come_since(call: Call, path: str) -> None:
    made(priced("Mug 1", "5"))
    assert len(call("GET", path).data) == 1
    made(priced("Mug 2", "6"))
    shown = call("GET", path).data
    assert {product.get("title") or product["base_title"] for product in shown} == {"Mug 1", "Mug 2"}
    made(*(priced(f"Mug {number}", "7") for number in range(3, 6)))
    answer = call("GET", path)
    assert len(answer.data) == 3
    assert 'rel="next"' in answer["Link"]


def test_a_list_that_was_asked_for_before_follows_the_shops_currency(call: Call, settings: Settings) -> None:
    cheap, dear = made(
        draft(title="Cheap", prices=(PriceDraft("EGP", Decimal(1)), PriceDraft("EUR", Decimal(9)))),
        draft(title="Dear", prices=(PriceDraft("EGP", Decimal(2)), PriceDraft("EUR", Decimal(8)))),
    )

    def ids() -> list[str]:
        return [product["id"] for product in call("GET", "/api/products?limit=5&sort=price").data]

    assert ids() == [cheap, dear]
    settings.STOCKWIRE_CURRENCY = "EUR"
    assert ids() == [dear, cheap]


def test_a_page_of_5000_products_does_not_load_them_all(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        made(*(draft() for _ in range(1000)))
    read: list[int] = []
    original = live_records

    def counting(products: Any) -> Any:
        records = original(products)
        read.append(len(records))
        return records

    monkeypatch.setattr(shown_module, "live_records", counting)
    assert len(call("GET", "/api/products?limit=20&sort=name").data) == 20
    assert read == [20]
    read.clear()
    with CaptureQueriesContext(connection) as queries:
        assert len(call("GET", "/products").data) == 5000
    # Streamed: never more than a chunk at once, and as many queries for each.
    assert read == [shown_module.CHUNK] * 10
    assert len(queries) <= 10 * PAGE_QUERIES + 12


def test_an_empty_shop_is_an_empty_array(call: Call) -> None:
    for path in ("/products", "/api/products", "/api/products/featured", "/products?limit=5"):
        assert call("GET", path).data == []


def test_the_catalog_list_narrows_by_market_sku_and_time(call: Call) -> None:
    first, second = made(draft(markets=(MarketDraft("SE", "Mugg"),)), draft(sku="P2", sizes=("S", "M")))

    def ids(query: str) -> list[str]:
        return [product["id"] for product in call("GET", f"/products?{query}").data]

    assert ids("market=SE") == [first]
    assert ids("market=NO") == []
    assert ids("sku=P2") == ids("sku=P2-M") == [second]
    assert ids("sku=P2-XXL") == []
    changed = call("PATCH", f"/products/{first}", {"featured": True}).data
    assert ids(f"updated_since={changed['updated_at']}") == [first]
    assert ids("updated_since=2100-01-01") == []
    assert ids("updated_since=2020-01-01T00:00:00%2B02:00") == [first, second]
    answer = call("GET", "/products?updated_since=yesterday")
    assert (answer.status_code, list(answer.data["details"])) == (400, ["updated_since"])


def test_the_shop_list_narrows_by_category_stock_and_feature(call: Call) -> None:
    made(
        draft(title="Runner", category="Shoes", subcategory="Running", featured=True),
        draft(title="Boot", category="Shoes", subcategory="Boots", stock=(CountDraft(3),)),
        draft(title="Cake", category="Bakery", stock=(CountDraft(0),)),
    )
    assert names(call, "category=Shoes") == ["Runner", "Boot"]
    assert names(call, "category=Shoes&subcategory=Boots") == ["Boot"]
    assert names(call, "inStock=true") == ["Boot"]
    assert names(call, "inStock=false") == ["Runner", "Boot", "Cake"]
    assert names(call, "featured=true") == ["Runner"]
    assert names(call, "category=&search=&sort=") == ["Runner", "Boot", "Cake"]


def test_prices_are_compared_in_the_shops_currency(call: Call) -> None:
    made(priced("Ten", "10"), priced("Five", "5"), priced("Foreign", None), priced("Twenty", "20"))
    assert names(call, "minPrice=6") == ["Ten", "Twenty"]
    assert names(call, "maxPrice=10") == ["Ten", "Five"]
    assert names(call, "minPrice=5&maxPrice=5") == ["Five"]
    assert names(call, "minPrice=4.99&maxPrice=5.00") == ["Five"]
    assert names(call, "minPrice=.5&maxPrice=" + "9" * 20) == ["Ten", "Five", "Twenty"]
    assert names(call, "sort=price") == ["Five", "Ten", "Twenty", "Foreign"]
    assert names(call, "sort=-price") == ["Twenty", "Ten", "Five", "Foreign"]
    assert names(call, "sort=price&minPrice=6&limit=1") == ["Ten"]


def test_lists_are_sorted_by_age_and_by_name_without_case(call: Call) -> None:
    made(draft(title="banana"), draft(title="Cherry"), draft(title="Äpplen"), draft(title="apple"))
    assert names(call, "sort=newest") == ["apple", "Äpplen", "Cherry", "banana"]
    assert names(call, "sort=name") == ["apple", "Äpplen", "banana", "Cherry"]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("sort=cheapest", "sort"),
        ("minPrice=x", "minPrice"),
        ("maxPrice=-1", "maxPrice"),
        ("minPrice=NaN", "minPrice"),
        ("minPrice=1e999999", "minPrice"),
        ("minPrice=1e131072", "minPrice"),
        ("maxPrice=1e-16384", "maxPrice"),
        ("minPrice=" + "9" * 21, "minPrice"),
        ("minPrice=1_000", "minPrice"),
        ("minPrice=%D9%A3", "minPrice"),  # an Arabic-Indic three
        ("maxPrice=%207", "maxPrice"),
        ("maxPrice=7%0A", "maxPrice"),
        ("inStock=yes", "inStock"),
        ("featured=1", "featured"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_a_400_that_names_it(call: Call, query: str, place: str) -> None:
    answer = call("GET", f"/api/products?{query}")
    assert (answer.status_code, list(answer.data["details"])) == (400, [place])


def test_the_window_shows_the_newest_eight_that_are_featured_and_for_sale(call: Call) -> None:
    ids = made(*(draft(featured=True) for _ in range(10)), draft())
    call("PATCH", f"/products/{ids[9]}", {"available": False})
    shown = call("GET", "/api/products/featured").data
    assert [product["id"] for product in shown] == ids[8:0:-1]


def test_what_was_archived_is_in_no_list(call: Call) -> None:
    ids = made(draft(featured=True), draft(featured=True))
    call("DELETE", f"/products/{ids[0]}")
    for path in ("/products", "/api/products", "/api/products/featured", "/api/products?search=mug"):
        assert [product["id"] for product in call("GET", path).data] == [ids[1]]


def test_the_list_by_time_takes_back_the_moment_that_a_product_shows(call: Call) -> None:
    (product_id,) = made(draft())
    moment = iso(Product.objects.get(id=product_id).updated_at)
    assert [p["id"] for p in call("GET", f"/products?updated_since={moment}").data] == [product_id]
