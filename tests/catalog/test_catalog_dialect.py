"""``/products``, one product at a time."""

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Price, Product, Variant
from catalog.services import PriceDraft, create_product
from catalog.stock_port import stock
from config.kernel.errors import InvalidInput
from inventory.models import StockLevel, StockMovement
from tests.catalog.conftest import Call
from tests.catalog.goods import ACTOR, Heard, body, draft, fresh_sku

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


def test_creating_again_under_one_key_answers_as_the_first_time(call: Call, heard: Heard) -> None:
    sent = body()
    first = call("POST", "/products", sent, **{"Idempotency-Key": "k1"})
    again = call("POST", "/products", sent, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.data) == (201, first.data)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert heard.names == ["product.created", "stock.updated"]
