"""Items as they come in: what they name, and what a bad one is told. The same at every door of stock."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import StockMovement
from tests.inventory.conftest import Call
from tests.inventory.shop import make_goods
from tests.inventory.trading import REDUCE, RESTOCK, VALIDATE, item, shirts

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------------------------- naming variants


@pytest.mark.parametrize(
    "names",
    [
        {"size": "M", "color": "Blue"},
        {"variant": {"size": "M", "color": "Blue"}},
        {"color": "Blue"},
        {"size": None, "color": "Blue", "variantId": None},
    ],
)
def test_attributes_that_leave_one_variant_name_it(call: Call, names: dict[str, Any]) -> None:
    goods = shirts()
    assert call("POST", REDUCE, {"items": [item(goods, 1, **names)]}).status_code == 200
    assert goods.level(variant=1).on_hand == 9


def test_variant_ids_and_skus_name_a_variant_without_its_product(call: Call) -> None:
    goods = shirts()
    items = [
        {"variantId": goods.variants[1].id, "quantity": 1},
        {"sku": goods.variants[1].sku, "quantity": 1},
        {"productId": goods.id, "sku": goods.variants[1].sku, "quantity": 1},
    ]
    assert call("POST", REDUCE, {"items": items}).status_code == 200
    assert goods.level(variant=1).on_hand == 7


def test_a_products_sku_names_its_only_variant_or_with_attributes_one_of_them(call: Call) -> None:
    single, many = make_goods(stock=5), shirts()
    items = [
        {"sku": single.product.sku, "quantity": 1},
        {"sku": many.product.sku, "size": "L", "color": "Red", "quantity": 1},
    ]
    assert call("POST", REDUCE, {"items": items}).status_code == 200
    assert (single.level().on_hand, many.level(variant=2).on_hand) == (4, 9)


@pytest.mark.parametrize(
    ("names", "code", "text"),
    [
        ({"productId": "nothing"}, "unknown_product", "Unknown product"),
        ({}, "ambiguous_variant", "Ambiguous: name size and color"),
        ({"size": "M"}, "ambiguous_variant", "Ambiguous: name size and color"),
        ({"size": "m", "color": "Red"}, "unknown_variant", "Unknown variant"),
        ({"size": "XXL"}, "unknown_variant", "Unknown variant"),
        (
            {"size": "M", "color": "Red", "variant": {"material": "silk"}},
            "unknown_variant",
            "Unknown variant",
        ),
        ({"variantId": "var_none"}, "unknown_variant", "Unknown variant"),
        ({"productId": None, "sku": "nothing"}, "unknown_variant", "Unknown variant"),
        ({"size": "M", "color": "Red", "locationId": "nowhere"}, "unknown_location", "Unknown location"),
    ],
)
@pytest.mark.parametrize("path", [REDUCE, RESTOCK, "/api/stock/reserve"])
def test_an_item_that_names_no_single_variant_is_an_error_on_that_item(
    call: Call, path: str, names: dict[str, Any], code: str, text: str
) -> None:
    goods = shirts()
    wrong = {**item(goods), **names}
    answer = call("POST", path, {"items": [item(goods, 1, size="L"), wrong]})
    assert answer.status_code == 400
    assert answer.data["errors"] == [{"item": wrong, "error": text, "code": code}]
    assert (answer.data["success"], answer.data["code"], answer.data["message"]) == (False, code, text)
    assert answer["X-Stock-Timestamp"]
    assert goods.level(variant=2).on_hand == 10


def test_an_id_of_another_kind_is_unknown(call: Call) -> None:
    goods = make_goods(stock=5)
    swapped = {"productId": goods.variants[0].id, "quantity": 1}
    assert call("POST", REDUCE, {"items": [swapped]}).data["code"] == "unknown_product"
    other = make_goods(stock=5)
    mixed = {"productId": other.id, "variantId": goods.variants[0].id, "quantity": 1}
    assert call("POST", REDUCE, {"items": [mixed]}).data["code"] == "unknown_variant"


# --------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", True, None, 1_000_001, 10**30, [1], {}])
@pytest.mark.parametrize("path", [VALIDATE, REDUCE, RESTOCK, "/api/stock/reserve"])
def test_a_quantity_is_a_whole_number_from_one_to_a_million(call: Call, path: str, quantity: Any) -> None:
    goods = make_goods(stock=5)
    answer = call(
        "POST",
        path,
        {"items": [{"productId": goods.id, "quantity": 1}, {"productId": goods.id, "quantity": quantity}]},
    )
    assert answer.status_code == 400
    assert list(answer.data["details"]) == ["items[1].quantity"]
    assert goods.level().on_hand == 5


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": {}}, "items"),
        ({"items": [7]}, "items[0]"),
        ({"items": [{"quantity": 1}]}, "items[0].productId"),
        ({"items": [{"productId": 7, "quantity": 1}]}, "items[0].productId"),
        ({"items": [{"productId": "x" * 65, "quantity": 1}]}, "items[0].productId"),
        ({"items": [{"productId": "a\u0007b", "quantity": 1}]}, "items[0].productId"),
        ({"items": [{"productId": "a", "size": 42, "quantity": 1}]}, "items[0].size"),
        ({"items": [{"productId": "a", "variant": {"size": 42}, "quantity": 1}]}, "items[0].variant"),
        ({"items": [{"productId": "a", "variant": ["M"], "quantity": 1}]}, "items[0].variant"),
        ({"items": [{"productId": "a", "quantity": 1}] * 1001}, "items"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_place(call: Call, body: Any, place: str) -> None:
    answer = call("POST", REDUCE, body)
    assert answer.status_code == 400
    assert place in answer.data["details"]
    assert answer["X-Stock-Timestamp"]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b"[]",
        b'"x"',
        b'{"items": [{"productId": "\\u0000", "quantity": 1}]}',
        b'{"items": [{"productId": "\\ud800", "quantity": 1}]}',
        b'{"items": [{"productId": "a", "quantity": NaN}]}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_a_400(call: Call, raw: bytes) -> None:
    answer = call("POST", REDUCE, raw=raw)
    assert answer.status_code == 400
    assert answer["X-Stock-Timestamp"]


@pytest.mark.parametrize("order_id", ["x" * 201, "a%00b", "a%0Ab"])
def test_an_order_id_is_a_short_printable_text(call: Call, order_id: str) -> None:
    goods = make_goods(stock=5)
    answer = call("POST", f"{REDUCE}?orderId={order_id}", {"items": [item(goods)]})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["orderId"])
    assert goods.level().on_hand == 5


def test_unicode_is_kept_in_what_is_echoed(call: Call) -> None:
    goods = make_goods({"size": "Größe 3½ 👟"}, stock=5)
    sent = item(goods, 1, size="Größe 3½ 👟", note="ß")
    answer = call("POST", f"{REDUCE}?orderId=%C3%BC", {"items": [sent]})
    assert answer.data["items"] == [{**sent, "stock": 4}]
    assert StockMovement.objects.latest("id").reference == "ü"
