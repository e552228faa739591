"""``/products``: variants of one product, how they are known again, and their stock."""

import pytest

from catalog.models import Variant
from inventory.models import StockMovement
from tests.catalog.conftest import Call
from tests.catalog.goods import body, fresh_sku

pytestmark = pytest.mark.django_db


def test_a_variant_is_known_by_id_or_sku_or_attributes_and_keeps_its_stock(call: Call) -> None:
    product = call("POST", "/products", body()).data
    path, (large, medium) = f"/products/{product['id']}", product["variants"]
    by_sku = {"sku": large["sku"], "attributes": {"color": "red", "size": "L"}}
    by_attributes = {"sku": fresh_sku(), "attributes": medium["attributes"]}
    changed = call("PATCH", path, {"variants": [by_attributes, by_sku]}).data
    assert [variant["id"] for variant in changed["variants"]] == [medium["id"], large["id"]]
    assert changed["variants"][1]["stock"] == large["stock"]
    by_id = {"id": large["id"], "sku": fresh_sku(), "attributes": {"size": "XL"}}
    changed = call("PATCH", path, {"variants": [by_id]}).data
    assert changed["variants"] == [{**by_id, "stock": large["stock"]}]


def test_two_variants_can_exchange_skus_and_attributes_at_once(call: Call) -> None:
    product = call("POST", "/products", body()).data
    large, medium = product["variants"]
    swapped = [
        {"id": large["id"], "sku": medium["sku"], "attributes": medium["attributes"]},
        {"id": medium["id"], "sku": large["sku"], "attributes": large["attributes"]},
    ]
    answer = call("PATCH", f"/products/{product['id']}", {"variants": swapped})
    assert answer.status_code == 200
    assert [variant["sku"] for variant in answer.data["variants"]] == [medium["sku"], large["sku"]]
    assert answer.data["variants"][0]["stock"] == large["stock"]


def test_a_variant_that_is_dropped_is_archived_and_comes_back_by_its_id_as_it_was(call: Call) -> None:
    sent = body()
    sent["variants"][0]["prices"] = [{"currency": "SEK", "amount": 349}]
    product = call("POST", "/products", sent).data
    path, (large, medium) = f"/products/{product['id']}", product["variants"]
    changed = call("PATCH", path, {"variants": [medium], "prices": [{"currency": "SEK", "amount": 1}]}).data
    assert changed["variants"] == [medium]
    assert Variant.objects.get(id=large["id"]).archived_at is not None
    back = {name: large[name] for name in ("id", "sku", "attributes")}
    assert call("PATCH", path, {"variants": [medium, back]}).data["variants"] == [medium, large]


def test_an_archived_variants_sku_is_free_again(call: Call) -> None:
    product = call("POST", "/products", body()).data
    large, medium = product["variants"]
    call("PATCH", f"/products/{product['id']}", {"variants": [medium]})
    other = body()
    other["variants"][0]["sku"] = large["sku"]
    assert call("POST", "/products", other).status_code == 201


def test_a_product_goes_from_no_variants_to_some_and_back_with_its_stock(call: Call) -> None:
    sent = body(variants=None, stock=[{"location_id": "STH1", "quantity": 7}])
    product = call("POST", "/products", sent).data
    path = f"/products/{product['id']}"
    variant = {"sku": fresh_sku(), "attributes": {"size": "M"}}
    changed = call("PATCH", path, {"variants": [variant]}).data
    assert "stock" not in changed
    assert changed["variants"][0]["stock"] == []
    changed = call("PATCH", path, {"variants": []}).data
    assert changed["variants"] == []
    assert changed["stock"] == [{"location_id": "STH1", "quantity": 7}]


def test_stock_of_the_product_itself_is_refused_where_it_has_variants(call: Call) -> None:
    product = call("POST", "/products", body()).data
    answer = call("PATCH", f"/products/{product['id']}", {"stock": [{"location_id": "STH1", "quantity": 7}]})
    assert answer.status_code == 400
    assert "stock" in answer.data["details"]


def test_a_written_stock_is_a_recount_of_the_difference(call: Call) -> None:
    product = call("POST", "/products", body()).data
    large, medium = product["variants"]
    large["stock"] = [{"location_id": "STH1", "quantity": 90}, {"location_id": "GBG1", "quantity": 4}]
    call("PATCH", f"/products/{product['id']}", {"variants": [large, medium]})
    rows = StockMovement.objects.filter(variant_id=large["id"]).order_by("id")
    assert sorted(rows.values_list("location_id", "delta", "balance_after", "kind")) == [
        ("GBG1", 4, 4, "recount"),
        ("STH1", -10, 90, "recount"),
        ("STH1", 100, 100, "recount"),
    ]


def test_a_place_that_a_write_does_not_name_keeps_its_stock(call: Call) -> None:
    product = call("POST", "/products", body()).data
    large, medium = product["variants"]
    large["stock"] = [{"location_id": "GBG1", "quantity": 4}]
    changed = call("PATCH", f"/products/{product['id']}", {"variants": [large, medium]}).data
    assert {place["location_id"]: place["quantity"] for place in changed["variants"][0]["stock"]} == {
        "GBG1": 4,
        "STH1": 100,
    }


def test_a_variants_own_prices_stand_beside_the_products(call: Call) -> None:
    sent = body()
    sent["variants"][0]["prices"] = [{"currency": "SEK", "amount": 349}]
    product = call("POST", "/products", sent).data
    assert product["variants"][0]["prices"] == [{"currency": "SEK", "amount": 349}]
    assert "prices" not in product["variants"][1]
    path = f"/products/{product['id']}"
    kept = [{name: v[name] for name in ("id", "sku", "attributes")} for v in product["variants"]]
    assert call("PATCH", path, {"variants": kept}).data["variants"] == product["variants"]
    kept[0]["prices"] = []
    assert "prices" not in call("PATCH", path, {"variants": kept}).data["variants"][0]
