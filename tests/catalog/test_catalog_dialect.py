"""``/products``, one product at a time: made, read, changed, deleted, announced."""

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Price
from inventory.models import StockMovement
from tests.catalog.conftest import Call
from tests.catalog.goods import body
from tests.hearing import Heard

pytestmark = pytest.mark.django_db


def without(product: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in product.items() if name not in names}


def test_a_product_is_created_as_it_was_sent_and_read_back_the_same(call: Call) -> None:
    sent = body(category="Tops", image="/a.png", featured=True, options=[])
    answer = call("POST", "/products", sent)
    assert answer.status_code == 201
    product = answer.data
    assert answer["Location"] == f"/products/{product['id']}"
    assert product["id"].startswith("prod_")
    assert product["base_title"] == "Basic T-shirt"
    assert product["prices"] == sent["prices"]
    assert product["metadata"] == sent["metadata"]
    assert [variant["stock"] for variant in product["variants"]] == [
        [{"location_id": "STH1", "quantity": 100}],
        [],
    ]
    assert product["version"] == 2  # made, and counted
    assert call("GET", answer["Location"]).data == product


def test_the_amount_is_exact_in_the_database(call: Call) -> None:
    call("POST", "/products", body(prices=[{"currency": "KWD", "amount": 0.123}]))
    assert Price.objects.get().amount == Decimal("0.123")


def test_ids_that_are_given_are_kept(call: Call) -> None:
    sent = body(id="60d21b4667d0d8992e610c85")
    sent["variants"][0]["id"] = "var:1"
    product = call("POST", "/products", sent).data
    assert product["id"] == "60d21b4667d0d8992e610c85"
    assert product["variants"][0]["id"] == "var:1"


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_id_of_nothing_counts_as_none(call: Call, nothing: Any) -> None:
    answer = call("POST", "/products", {**body(), "id": nothing})
    assert answer.status_code == 201
    assert answer.data["id"].startswith("prod_")


def test_a_product_without_variants_has_its_stock_at_the_top(call: Call) -> None:
    sent = body(variants=None, stock=[{"location_id": "STH1", "quantity": 7}])
    product = call("POST", "/products", sent).data
    assert product["variants"] == []
    assert product["stock"] == [{"location_id": "STH1", "quantity": 7}]


def test_put_replaces_lists_that_are_sent_and_leaves_those_that_are_not(call: Call) -> None:
    product = call("POST", "/products", body(category="Tops")).data
    path = f"/products/{product['id']}"
    answer = call("PUT", path, {"sku": product["sku"], "base_title": "Better T-shirt"})
    assert answer.status_code == 200
    changed = answer.data
    assert changed["base_title"] == "Better T-shirt"
    assert changed["version"] == product["version"] + 1
    assert without(changed, "base_title", "version", "updated_at") == without(
        product, "base_title", "version", "updated_at"
    )
    prices = [{"currency": "USD", "amount": 10}]
    changed = call("PUT", path, {**changed, "prices": prices, "metadata": []}).data
    assert changed["prices"] == prices
    assert changed["metadata"] == []


def test_put_needs_sku_and_title_and_patch_does_not(call: Call) -> None:
    product = call("POST", "/products", body()).data
    path = f"/products/{product['id']}"
    assert set(call("PUT", path, {}).data["details"]) == {"sku", "base_title"}
    assert call("PATCH", path, {"featured": True}).data["featured"] is True


def test_what_changes_nothing_announces_nothing_and_makes_no_version(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    heard.events.clear()
    answer = call("PUT", f"/products/{product['id']}", product)
    assert answer.data == product
    assert heard.names == []


def test_the_events_of_a_product_come_before_those_of_its_stock(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    assert heard.names == ["product.created", "stock.updated"]
    created = heard.events[0].data()
    assert created["action"] == "created"
    assert created["product_id"] == product["id"]
    # Who hears no other event than this one learns the stock from it.
    assert created["product"]["variants"] == product["variants"]
    assert heard.events[0].extra()["shop_product"]["stock"] == 100
    assert [event.version_number for event in heard.events] == [1, 2]
    assert created["product"]["version"] == 1
    assert product["version"] == 2
    heard.events.clear()
    call("PATCH", f"/products/{product['id']}", {"base_title": "New"})
    assert heard.names == ["product.updated"]
    assert heard.events[0].data()["product"]["variants"] == product["variants"]
    assert heard.events[0].version_number == 3
    heard.events.clear()
    product["variants"][0]["stock"][0]["quantity"] = 70
    changed = call("PATCH", f"/products/{product['id']}", {"featured": True, "variants": product["variants"]})
    assert heard.names == ["product.updated", "stock.updated"]
    assert heard.events[0].data()["product"] == {**changed.data, "version": 4}
    assert [event.version_number for event in heard.events] == [4, 5]
    assert changed["ETag"] == '"5"'
    heard.events.clear()
    product["variants"][0]["stock"][0]["quantity"] = 60
    call("PATCH", f"/products/{product['id']}", {"variants": product["variants"]})
    assert heard.names == ["stock.updated"]


def test_delete_archives_and_frees_the_sku(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    heard.events.clear()
    path = f"/products/{product['id']}"
    answer = call("DELETE", path)
    assert (answer.status_code, answer.data) == (204, None)
    assert heard.names == ["product.deleted"]
    # As it was, but for the version: the deletion is newer than anything that was shown.
    assert heard.events[0].data()["product"] == {**product, "version": 3}
    assert heard.events[0].version_number == 3
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        gone = call(method, path, product if method in ("PUT", "PATCH") else None)
        assert gone.status_code == 404
        assert gone.data["message"] == "Product not found"
    assert call("GET", "/products").data == []
    assert call("POST", "/products", body(sku=product["sku"])).status_code == 201
    assert StockMovement.objects.filter(product_id=product["id"]).exists()


def test_a_read_that_is_up_to_date_is_a_304(call: Call) -> None:
    product = call("POST", "/products", body()).data
    path = f"/products/{product['id']}"
    answer = call("GET", path)
    known = call("GET", path, **{"If-None-Match": answer["ETag"]})
    assert (known.status_code, known.data) == (304, None)
    assert known["ETag"] == answer["ETag"]
    since = call("GET", path, **{"If-Modified-Since": answer["Last-Modified"]})
    assert since.status_code == 304
    product["variants"][0]["stock"][0]["quantity"] = 5
    changed = call("PUT", path, product)
    assert changed["ETag"] != answer["ETag"]
    assert call("GET", path, **{"If-None-Match": answer["ETag"]}).status_code == 200


def test_a_write_on_top_of_another_version_is_a_412_with_the_present_one(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body())
    path = f"/products/{product.data['id']}"
    changed = call("PATCH", path, {"base_title": "New"}, **{"If-Match": product["ETag"]})
    assert changed.status_code == 200
    heard.events.clear()
    for method, sent in (("PUT", product.data), ("PATCH", {"featured": True}), ("DELETE", None)):
        stale = call(method, path, sent, **{"If-Match": product["ETag"]})
        assert (stale.status_code, stale.data["code"]) == (412, "precondition_failed")
        assert stale["ETag"] == changed["ETag"]
    assert heard.names == []
    assert call("GET", path).data == changed.data


def test_a_version_in_the_body_of_a_write_means_nothing(call: Call) -> None:
    product = call("POST", "/products", {**body(variants=None), "version": 77}).data
    assert product["version"] == 1


def test_creating_again_under_one_key_answers_as_the_first_time(call: Call, heard: Heard) -> None:
    sent = body()
    first = call("POST", "/products", sent, **{"Idempotency-Key": "k1"})
    again = call("POST", "/products", sent, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.data) == (201, first.data)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert heard.names == ["product.created", "stock.updated"]
