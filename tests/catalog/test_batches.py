"""``/products/batch``: a thousand products in one call, each answered for itself."""

import copy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from tests.catalog.conftest import Call
from tests.catalog.goods import body, fresh_sku
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

PATH = "/products/batch"
#: Of a thousand products, their events and stock included; it does not grow with them.
QUERIES = 30


def many(count: int) -> list[dict[str, Any]]:
    return [body(base_title=f"Product {number}") for number in range(count)]


def test_a_thousand_products_take_a_bounded_number_of_queries(call: Call, heard: Heard) -> None:
    with CaptureQueriesContext(connection) as few:
        assert len(call("POST", PATH, many(3)).data) == 3
    heard.events.clear()
    with CaptureQueriesContext(connection) as queries:
        answer = call("POST", PATH, many(1000))
    assert answer.status_code == 201
    assert all(result["success"] for result in answer.data)
    assert len(queries) <= QUERIES
    assert len(queries) <= len(few) + 2  # the driver splits a very long statement
    assert heard.names == ["product.created"] * 1000 + ["stock.updated"] * 1000
    assert Product.objects.count() == 1003
    titles = [product["base_title"] for product in call("GET", "/products").data]
    assert titles[3:] == [f"Product {number}" for number in range(1000)]


def test_changing_a_thousand_products_takes_a_bounded_number_of_queries(call: Call, heard: Heard) -> None:
    sent = many(1000)
    made = call("POST", PATH, sent).data
    changes = [
        {**product, "id": result["id"], "base_title": "New", "prices": [{"currency": "USD", "amount": 1}]}
        for product, result in zip(sent, made, strict=True)
    ]
    for change in changes:
        change["variants"][0]["stock"][0]["quantity"] = 77
    heard.events.clear()
    with CaptureQueriesContext(connection) as queries:
        answer = call("PUT", PATH, changes)
    assert answer.data == [{"success": True, "id": result["id"], "error": ""} for result in made]
    assert len(queries) <= QUERIES
    assert heard.names == ["product.updated"] * 1000 + ["stock.updated"] * 1000
    heard.events.clear()
    assert call("PUT", PATH, changes).data == answer.data
    assert heard.names == []
    with CaptureQueriesContext(connection) as queries:
        answer = call("DELETE", PATH, [result["id"] for result in made])
    assert all(result["success"] for result in answer.data)
    assert len(queries) <= QUERIES
    assert heard.names == ["product.deleted"] * 1000


def test_each_item_of_a_post_stands_alone_in_the_order_sent(call: Call, heard: Heard) -> None:
    taken = call("POST", "/products", body()).data
    good, twin, other = body(), body(), body()
    twin["sku"] = good["sku"]
    heard.events.clear()
    answer = call(
        "POST", PATH, [good, body(sku=None) | {"sku": 5}, twin, body(sku=taken["sku"]), "text", other]
    )
    results = answer.data
    assert answer.status_code == 201
    assert [result["success"] for result in results] == [True, False, False, False, False, True]
    assert set(results[0]) == {"success", "id", "error"}
    assert results[1]["error"] == "sku: must be a string"
    assert results[2]["error"] == f"sku: {good['sku']!r} is taken"
    assert results[3] == {"success": False, "id": "", "error": f"sku: {taken['sku']!r} is taken"}
    assert results[4]["error"] == "must be an object"
    assert heard.names == ["product.created"] * 2 + ["stock.updated"] * 2


def test_an_item_with_nul_stands_alone_too(call: Call) -> None:
    def outcomes(answer: Any) -> list[tuple[bool, str]]:
        assert answer.status_code in (200, 201)
        return [(result["success"], result["error"]) for result in answer.data]

    what = "must not hold the character NUL"
    good, other = body(), body()
    other["variants"][1]["attributes"]["si\0ze"] = "M"
    sent = [body(base_title="a\0"), good, other, "\0", {**body(), "unknown": ["\0"]}]
    made = call("POST", PATH, sent)
    assert outcomes(made) == [
        (False, f"base_title: {what}"),
        (True, ""),
        (False, f"variants[1].attributes: {what}"),
        (False, f"body: {what}"),
        (False, f"unknown[0]: {what}"),
    ]
    product_id = made.data[1]["id"]
    changes = [{**good, "id": product_id, "sku": "\0"}, {**good, "id": product_id, "base_title": "New"}]
    assert outcomes(call("PUT", PATH, changes)) == [(False, f"sku: {what}"), (True, "")]
    assert outcomes(call("DELETE", PATH, ["prod\0", product_id])) == [
        (False, "must be a product's id"),
        (True, ""),
    ]


def test_an_item_without_a_sku_says_so_as_the_contract_does(call: Call) -> None:
    item = body()
    del item["sku"]
    assert call("POST", PATH, [item]).data == [{"success": False, "id": "", "error": "sku: required"}]


def test_a_refused_item_changes_nothing(call: Call) -> None:
    taken = call("POST", "/products", body()).data
    item = body()
    item["variants"][1]["sku"] = taken["variants"][0]["sku"]
    assert call("POST", PATH, [item]).data[0]["success"] is False
    assert Product.objects.count() == 1


def test_each_item_of_a_put_stands_alone(call: Call, heard: Heard) -> None:
    first, second = (call("POST", "/products", body()).data for _ in range(2))
    heard.events.clear()
    results = call(
        "PUT",
        PATH,
        [
            {**first, "base_title": "New"},
            {**second, "sku": first["sku"]},
            {**second, "id": "prod_none"},
            {"sku": "x", "base_title": "y"},
            {**second, "featured": True},
        ],
    ).data
    assert [result["success"] for result in results] == [True, False, False, False, True]
    assert results[1] == {"success": False, "id": second["id"], "error": f"sku: {first['sku']!r} is taken"}
    assert results[2] == {"success": False, "id": "prod_none", "error": "Product not found"}
    assert results[3] == {"success": False, "id": "", "error": "id: required"}
    assert heard.names == ["product.updated"] * 2


def test_a_sku_that_one_item_gives_up_is_free_for_the_next(call: Call) -> None:
    first, second = (call("POST", "/products", body(variants=None)).data for _ in range(2))
    moved = fresh_sku()
    results = call("PUT", PATH, [{**first, "sku": moved}, {**second, "sku": first["sku"]}]).data
    assert [result["success"] for result in results] == [True, True]
    assert call("GET", f"/products?sku={first['sku']}").data[0]["id"] == second["id"]


def test_a_product_that_is_named_twice_is_announced_once_as_it_ends(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    heard.events.clear()
    second = {**product, "base_title": "Second", "variants": [product["variants"][0]]}
    results = call("PUT", PATH, [{**product, "variants": []}, second]).data
    assert [result["success"] for result in results] == [True, True]
    assert heard.names == ["product.updated"]
    shown = call("GET", f"/products/{product['id']}").data
    assert heard.events[0].data()["product"] == shown
    assert shown["version"] == product["version"] + 1
    assert shown["variants"] == [product["variants"][0]]


def test_of_two_counts_of_one_place_the_later_item_has_the_last_word(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    first, second = ({**product, "variants": copy.deepcopy(product["variants"])} for _ in range(2))
    first["variants"][0]["stock"] = [
        {"location_id": "STH1", "quantity": 7},
        {"location_id": "A", "quantity": 3},
    ]
    second["variants"][0]["stock"] += [{"location_id": "A", "quantity": 4}]
    heard.events.clear()
    assert all(result["success"] for result in call("PUT", PATH, [first, second]).data)
    places = {p["location_id"]: p["quantity"] for p in heard.events[0].data()["locations"]}
    assert places == {"STH1": 100, "A": 4}
    assert heard.names == ["stock.updated"]


def test_deleting_says_of_each_id_what_became_of_it(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    heard.events.clear()
    results = call("DELETE", PATH, [product["id"], "prod_none", product["id"], 5]).data
    assert results == [
        {"success": True, "id": product["id"], "error": ""},
        {"success": False, "id": "prod_none", "error": "Product not found"},
        {"success": False, "id": product["id"], "error": "Product not found"},
        {"success": False, "id": "", "error": "must be a product's id"},
    ]
    assert heard.names == ["product.deleted"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_body_that_is_no_array_is_a_400(call: Call, method: str) -> None:
    for sent in ({"id": "x"}, "text", None):
        answer = call(method, PATH, sent)
        assert (answer.status_code, answer.data["code"]) == (400, "not_an_array")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_more_than_a_thousand_items_are_a_400_and_none_are_fine(call: Call, method: str) -> None:
    answer = call(method, PATH, ["x"] * 1001)
    assert (answer.status_code, answer.data["code"]) == (400, "too_many_items")
    assert call(method, PATH, []).data == []
