"""What describes a product is read once and kept; what is shown of it is never what was before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.records import ProductRecord
from catalog.selectors import records
from catalog.services import end_flash_sale
from config.kernel.clock import now
from inventory.models import Reservation
from tests.catalog.conftest import Call
from tests.catalog.goods import body, draft, made
from tests.catalog.sales import on_sale
from tests.orders.conftest import Person, customer, staff

__all__ = ["customer", "staff"]

# Committed: inside of a transaction nothing is kept.
pytestmark = pytest.mark.django_db(transaction=True)

LISTS = ("/products?limit=50", "/api/products?limit=50")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    records._kept.clear()
    yield
    records._kept.clear()


def listed(call: Call, path: str) -> list[Any]:
    answer = call("GET", path)
    assert answer.status_code == 200
    return list(answer.data)


def alone(call: Call, path: str, product_id: str) -> Any:
    """The product as its own address shows it, without what lists leave out."""
    product = call("GET", f"{path.partition('?')[0]}/{product_id}").data
    product.pop("reviews", None)
    return product


def asked(call: Call, path: str) -> list[str]:
    """What a list asks of the database, but for the place in the event log."""
    with CaptureQueriesContext(connection) as queries:
        listed(call, path)
    return [query["sql"] for query in queries if "realtime_eventhead" not in query["sql"]]


@pytest.mark.parametrize("path", LISTS)
def test_what_was_read_before_is_not_read_again(call: Call, path: str) -> None:
    made(*(draft(sizes=("S", "M")) for _ in range(5)))
    first, again = asked(call, path), asked(call, path)
    assert len(first) == len(again) + 1
    assert any("catalog_price" in sql for sql in first)
    assert not any("catalog_price" in sql or "catalog_variant" in sql for sql in again)
    # One more is read, and only that one.
    (new,) = made(draft())
    read: list[list[str]] = []
    original = records._read_live

    def noting(product_ids: Sequence[str]) -> list[ProductRecord]:
        read.append(list(product_ids))
        return original(product_ids)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_read_live", noting)
        assert len(listed(call, path)) == 6
    assert read == [[new]]


def test_every_change_of_a_product_is_in_the_next_list(call: Call) -> None:
    first = call("POST", "/products", body()).data
    path = f"/products/{first['id']}"
    large, medium = first["variants"]
    changes: list[dict[str, Any]] = [
        {"base_title": "New"},
        {"description": ""},
        {"prices": [{"currency": "EGP", "amount": 5}]},
        {"metadata": [{"market": "NO", "title": "Trøye"}]},
        {"variants": [{**large, "attributes": {"size": "XL"}}, medium]},
        {"variants": [{**large, "prices": [{"currency": "EGP", "amount": 6}]}, medium]},
        {"variants": [medium]},
        {"variants": [{**large, "stock": [{"location_id": "GBG1", "quantity": 3}]}]},
        {"options": [{"name": "flavors", "choices": [{"name": "Mint", "price_multiplier": 2}]}]},
        {"available": False, "featured": True, "category": "c", "subcategory": "s", "image": "https://i"},
    ]
    for list_path in LISTS:
        listed(call, list_path)
    for change in changes:
        before = [listed(call, list_path) for list_path in LISTS]
        assert call("PATCH", path, change).status_code == 200
        for list_path, (old,) in zip(LISTS, before, strict=True):
            (shown,) = listed(call, list_path)
            assert shown == alone(call, list_path, first["id"])
            # Markets are not shown in the shop; all else is in both.
            assert shown != old or ("metadata" in change and list_path.startswith("/api/"))
    assert call("DELETE", path).status_code == 204
    assert [listed(call, list_path) for list_path in LISTS] == [[], []]


def test_a_rating_is_in_the_next_list(call: Call, staff: Person, customer: Person) -> None:
    (product,) = made(draft())
    listed(call, LISTS[1])
    review = customer("POST", f"/api/products/{product}/reviews", {"rating": 4}).data
    for status, rating in (("approved", 4), ("rejected", 0)):
        judged = staff("PUT", f"/api/reviews/{review['_id']}/status", {"status": status})
        assert judged.status_code == 200
        assert [shown["rating"] for shown in listed(call, LISTS[1])] == [rating]


def test_stock_and_holds_and_sales_are_asked_for_each_time(call: Call, staff: Person) -> None:
    product = call("POST", "/api/products", {"title": "Mug", "price": 10, "stock": 5}).data["id"]
    item = {"productId": product, "quantity": 2}

    def shown() -> tuple[int, Any]:
        (one,) = listed(call, LISTS[1])
        return one["stock"], one["salePrice"]

    assert shown() == (5, None)
    assert staff("POST", "/api/stock/reduce", {"items": [item]}).status_code == 200
    assert shown() == (3, None)
    assert staff("POST", "/api/stock/reserve", {"items": [item], "ttlSeconds": 60}).status_code == 201
    assert shown() == (1, None)
    # By the clock alone, and nobody has written anything of the product.
    Reservation.objects.update(expires_at=now() - dt.timedelta(seconds=1))
    assert shown() == (3, None)
    sale = on_sale(product, off="50")
    assert shown() == (3, 5)
    end_flash_sale(sale_id=sale.id)
    assert shown() == (3, None)
    assert len(records._kept) == 1


def test_what_is_undone_was_never_kept(call: Call) -> None:
    (product,) = made(draft(title="Mug"))
    with transaction.atomic():
        call("PATCH", f"/products/{product}", {"base_title": "Undone"})
        assert [shown["base_title"] for shown in listed(call, LISTS[0])] == ["Undone"]
        transaction.set_rollback(True)
    assert records._kept == {}
    assert [shown["base_title"] for shown in listed(call, LISTS[0])] == ["Mug"]


@pytest.fixture
def overtaken(call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], Any]], str]:
    """A product that is changed after a list has read it, and before it is kept; the title it has then."""
    (product,) = made(draft(title="Old"))
    original = records._read_live

    def overtake(change: Callable[[str], Any]) -> str:
        def reading(product_ids: Sequence[str]) -> list[ProductRecord]:
            read = original(product_ids)
            monkeypatch.setattr(records, "_read_live", original)
            change(product)
            return read

        monkeypatch.setattr(records, "_read_live", reading)
        listed(call, LISTS[0])
        return str(listed(call, LISTS[0])[0]["base_title"])

    return overtake


def test_a_reader_that_is_overtaken_leaves_nothing_old_behind(
    call: Call, overtaken: Callable[[Callable[[str], Any]], str]
) -> None:
    assert overtaken(lambda product: call("PATCH", f"/products/{product}", {"base_title": "New"})) == "New"


def test_without_the_time_of_its_change_it_would(
    overtaken: Callable[[Callable[[str], Any]], str],
) -> None:
    # As no service writes it.
    assert overtaken(lambda product: Product.objects.filter(id=product).update(title="New")) == "Old"


def test_only_so_many_are_kept_and_none_of_a_list_of_everything(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_MOST_KEPT", 3)
    monkeypatch.setattr(records, "_MOST_KEPT_AT_ONCE", 4)
    made(*(draft() for _ in range(6)))
    whole = listed(call, "/products")
    assert len(whole) == 6
    assert records._kept == {}
    for limit in (2, 3, 2):
        assert listed(call, f"/products?limit={limit}") == whole[:limit]
        assert len(records._kept) <= 3
