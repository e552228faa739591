"""``/products``: what is refused names its place and changes nothing."""

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Price, Product
from catalog.services import PriceDraft, create_product
from catalog.stock_port import stock
from config.kernel.errors import InvalidInput
from inventory.models import StockLevel
from tests.catalog.conftest import Call
from tests.catalog.goods import ACTOR, body, draft
from tests.hearing import Heard

pytestmark = pytest.mark.django_db


def test_an_amount_of_too_many_digits_is_refused_at_every_door_and_the_largest_is_shown_as_stored(
    call: Call,
) -> None:
    for path, sent in (
        ("/products", body(prices=[{"currency": "SEK", "amount": 12345678901234.56}])),
        ("/api/products", {"name": "A", "currency": "SEK", "price": 12345678901234.56}),
    ):
        assert call("POST", path, sent).status_code == 400
    with pytest.raises(InvalidInput, match=r"prices\[0\].amount: has more digits"):
        create_product(draft=draft(prices=(PriceDraft("SEK", Decimal("99999999999999.99")),)), actor=ACTOR)
    answer = call("POST", "/products", body(prices=[{"currency": "SEK", "amount": 1234567890123.45}]))
    assert b'"amount":1234567890123.45' in answer.content
    assert Price.objects.get().amount == Decimal("1234567890123.45")


@pytest.mark.parametrize("word", ["batch", "featured"])
def test_a_word_of_a_path_is_no_id(call: Call, word: str) -> None:
    for path, sent in (
        ("/products", body(id=word)),
        ("/api/products", {"id": word, "name": "A", "price": 1}),
    ):
        answer = call("POST", path, sent)
        assert (answer.status_code, list(answer.data["details"])) == (400, ["id"])
    assert call("POST", "/products/batch", [body(id=word)]).data[0]["success"] is False


@pytest.mark.parametrize("path", ["/products", "/api/products"])
def test_a_delete_with_a_body_that_is_too_long_deletes_nothing(call: Call, path: str) -> None:
    product_id = call("POST", "/products", body()).data["id"]
    answer = call("DELETE", f"{path}/{product_id}", "x" * (1024 * 1024))
    assert (answer.status_code, answer.data["code"]) == (413, "payload_too_large")
    assert call("GET", f"/products/{product_id}").status_code == 200


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"sku": None}, "sku"),
    ({"sku": "  "}, "sku"),
    ({"sku": "x" * 101}, "sku"),
    ({"sku": "a\x01b"}, "sku"),
    ({"base_title": None}, "base_title"),
    ({"base_title": 5}, "base_title"),
    ({"base_title": "a\u0000b"}, "base_title"),
    ({"base_title": "line\nbreak"}, "base_title"),
    ({"description": "bell\u0007"}, "description"),
    ({"id": "no/slash"}, "id"),
    ({"id": "x" * 65}, "id"),
    ({"prices": None}, "prices"),
    ({"prices": []}, "prices"),
    ({"prices": {}}, "prices"),
    ({"prices": [{"currency": "SEK"}]}, "prices[0].amount"),
    ({"prices": [{"amount": 1}]}, "prices[0].currency"),
    ({"prices": [{"currency": "sek", "amount": 1}]}, "prices[0].currency"),
    ({"prices": [{"currency": "XYZ", "amount": 1}]}, "prices[0].currency"),
    ({"prices": [{"currency": "SEK", "amount": -1}]}, "prices[0].amount"),
    ({"prices": [{"currency": "SEK", "amount": "1"}]}, "prices[0].amount"),
    ({"prices": [{"currency": "SEK", "amount": True}]}, "prices[0].amount"),
    ({"prices": [{"currency": "SEK", "amount": 1.001}]}, "prices[0].amount"),
    ({"prices": [{"currency": "JPY", "amount": 1.5}]}, "prices[0].amount"),
    ({"prices": [{"currency": "SEK", "amount": 1e300}]}, "prices[0].amount"),
    ({"prices": [{"currency": "SEK", "amount": 1}, {"currency": "SEK", "amount": 2}]}, "prices[1].currency"),
    ({"variants": "none"}, "variants"),
    ({"variants": [{"attributes": {"a": "b"}}]}, "variants[0].sku"),
    ({"variants": [{"sku": "v"}]}, "variants[0].attributes"),
    ({"variants": [{"sku": "v", "attributes": {}}]}, "variants[0].attributes"),
    ({"variants": [{"sku": "v", "attributes": {"size": 5}}]}, "variants[0].attributes.size"),
    ({"variants": [{"sku": "v", "attributes": {"": "b"}}]}, "variants[0].attributes"),
    (
        {"variants": [{"sku": "v", "attributes": {"a": "b"}}, {"sku": "w", "attributes": {"a": "b"}}]},
        "variants[1].attributes",
    ),
    (
        {"variants": [{"sku": "v", "attributes": {"a": "b"}}, {"sku": "v", "attributes": {"a": "c"}}]},
        "variants[1].sku",
    ),
    (
        {
            "variants": [
                {"id": "x", "sku": "v", "attributes": {"a": "b"}},
                {"id": "x", "sku": "w", "attributes": {"a": "c"}},
            ]
        },
        "variants[1].id",
    ),
    ({"metadata": [{"market": "SE"}]}, "metadata[0].title"),
    ({"metadata": [{"title": "x"}]}, "metadata[0].market"),
    (
        {"metadata": [{"market": "SE", "title": "x"}, {"market": "SE", "title": "y"}]},
        "metadata[1].market",
    ),
    ({"options": [{"name": "flavors", "choices": [{"price_multiplier": 1}]}]}, "options[0].choices[0].name"),
    (
        {"options": [{"name": "flavors", "choices": [{"name": "V", "price_multiplier": -1}]}]},
        "options[0].choices[0].price_multiplier",
    ),
    ({"available": "yes"}, "available"),
]


@pytest.mark.parametrize(("changes", "place"), MISTAKES)
def test_every_rule_names_its_place_and_changes_nothing(
    call: Call, heard: Heard, changes: dict[str, Any], place: str
) -> None:
    sent = {name: value for name, value in {**body(), **changes}.items() if value is not None}
    answer = call("POST", "/products", sent)
    assert answer.status_code == 400
    assert place in answer.data["details"]
    assert answer.data["error"] == answer.data["message"]
    assert answer.data["error"].startswith(f"{place}: ")
    assert not Product.objects.exists()
    assert heard.names == []


@pytest.mark.parametrize(
    ("stock", "place"),
    [
        ([{"quantity": 1}], "location_id"),
        ([{"location_id": "A"}], "quantity"),
        ([{"location_id": "A", "quantity": -1}], "quantity"),
        ([{"location_id": "A", "quantity": 1.5}], "quantity"),
        ([{"location_id": "A", "quantity": "1"}], "quantity"),
        ([{"location_id": "A", "quantity": 1_000_000_001}], "quantity"),
        ([{"location_id": "A\n", "quantity": 1}], "location_id"),
    ],
)
def test_every_rule_of_stock_names_its_place(call: Call, stock: Any, place: str) -> None:
    sent = body()
    sent["variants"][1]["stock"] = stock
    answer = call("POST", "/products", sent)
    assert answer.status_code == 400
    assert f"variants[1].stock[0].{place}" in answer.data["details"]
    assert not Product.objects.exists()


def test_a_location_is_named_once_for_each_variant(call: Call) -> None:
    sent = body()
    sent["variants"][0]["stock"] = [{"location_id": "A", "quantity": n} for n in (1, 2)]
    answer = call("POST", "/products", sent)
    assert answer.data["details"] == {"variants[0].stock[1].location_id": ["is there twice"]}


@pytest.mark.parametrize("sent", [[], "text", 5, None])
def test_a_body_that_is_no_object_is_a_400(call: Call, sent: Any) -> None:
    assert call("POST", "/products", sent).status_code == 400


def test_a_sku_that_is_taken_is_a_409_that_names_its_place(call: Call) -> None:
    first = call("POST", "/products", body()).data
    answer = call("POST", "/products", body(sku=first["sku"], variants=None))
    assert (answer.status_code, answer.data["code"]) == (409, "sku_taken")
    assert "sku" in answer.data["details"]
    second = body()
    second["variants"][1]["sku"] = first["variants"][0]["sku"]
    answer = call("POST", "/products", second)
    assert (answer.status_code, answer.data["code"]) == (409, "sku_taken")
    assert "variants[1].sku" in answer.data["details"]


def test_an_id_that_is_taken_is_a_409_also_by_what_was_archived(call: Call) -> None:
    first = call("POST", "/products", body()).data
    taken = body()
    taken["variants"][0]["id"] = first["variants"][0]["id"]
    answer = call("POST", "/products", taken)
    assert (answer.status_code, answer.data["code"]) == (409, "id_taken")
    assert "variants[0].id" in answer.data["details"]
    assert call("DELETE", f"/products/{first['id']}").status_code == 204
    answer = call("POST", "/products", body(id=first["id"]))
    assert (answer.status_code, answer.data["code"]) == (409, "id_taken")


def test_a_count_below_what_is_held_is_refused_with_its_place(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body()).data
    large, medium = product["variants"]
    StockLevel.objects.filter(variant_id=large["id"]).update(reserved=30)
    heard.events.clear()
    large["stock"] = [{"location_id": "STH1", "quantity": 29}]
    answer = call("PATCH", f"/products/{product['id']}", {"variants": [medium, large]})
    assert (answer.status_code, answer.data["code"]) == (409, "held_stock")
    assert "variants[1].stock[0].quantity" in answer.data["details"]
    assert heard.names == []
    assert stock().figures([large["id"]])[large["id"]].locations[0].on_hand == 100
