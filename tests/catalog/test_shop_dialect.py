"""``/api/products``, one product at a time."""

from typing import Any

import pytest
from pytest_django import Settings

from catalog.models import Product, Variant
from inventory.models import StockLevel, StockMovement
from tests.catalog.conftest import Call
from tests.catalog.goods import body, fresh_sku
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

SHOE: dict[str, Any] = {
    "title": "Runner",
    "price": 100,
    "category": "Shoes",
    "sizeVariants": [
        {"size": "41", "colorVariants": [{"color": "Red", "stock": 10}, {"color": "Blue", "stock": 0}]},
        {"size": "42", "colorVariants": [{"color": "Red", "stock": 3}]},
    ],
}
CAKE: dict[str, Any] = {
    "name": "Cake",
    "basePrice": 420.5,
    "stock": 4,
    "flavors": [{"name": "Vanilla"}, {"name": "Chocolate", "priceMultiplier": 1.2}],
    "sizes": [{"name": "1 kg", "servings": "8-10", "priceMultiplier": 1.8}],
    "eggOptions": [{"name": "Eggless", "priceMultiplier": 1.1}],
    "options": [{"name": "candles", "choices": [{"name": "Six", "priceMultiplier": 1.05}]}],
}


def test_a_shoe_is_made_of_sizes_and_colors(call: Call) -> None:
    answer = call("POST", "/api/products", SHOE)
    assert answer.status_code == 201
    product = answer.data
    assert answer["Location"] == f"/api/products/{product['id']}"
    assert product["_id"] == product["id"]
    assert product["title"] == product["name"] == "Runner"
    assert product["price"] == product["basePrice"] == 100
    assert (product["currency"], product["displayCurrency"]) == ("EGP", "L.E.")
    assert product["sizeVariants"] == SHOE["sizeVariants"]
    assert [(v["attributes"], v["stock"]) for v in product["variants"]] == [
        ({"size": "41", "color": "Red"}, 10),
        ({"size": "41", "color": "Blue"}, 0),
        ({"size": "42", "color": "Red"}, 3),
    ]
    assert product["stock"] == 13
    assert product["sku"]
    assert len({variant["sku"] for variant in product["variants"]}) == 3
    assert (product["rating"], product["reviewCount"], product["reviews"]) == (0, 0, [])
    assert (product["salePrice"], product["flashSale"]) == (None, None)
    assert call("GET", answer["Location"]).data == product
    listed = call("GET", "/api/products").data
    assert listed == [{name: value for name, value in product.items() if name != "reviews"}]


def test_a_cake_is_made_of_options_over_one_stock_figure(call: Call) -> None:
    product = call("POST", "/api/products", CAKE).data
    assert product["price"] == 420.5
    assert product["stock"] == 4
    assert product["variants"] == []
    assert product["sizeVariants"] == []
    assert product["flavors"] == [
        {"name": "Vanilla", "priceMultiplier": 1},
        {"name": "Chocolate", "priceMultiplier": 1.2},
    ]
    assert product["sizes"] == CAKE["sizes"]
    assert product["eggOptions"] == CAKE["eggOptions"]
    assert product["options"] == CAKE["options"]


def test_options_are_the_same_in_the_catalog_dialect(call: Call) -> None:
    product = call("POST", "/api/products", CAKE).data
    shown = call("GET", f"/products/{product['id']}").data
    assert shown["options"][1] == {
        "name": "sizes",
        "choices": [{"name": "1 kg", "servings": "8-10", "price_multiplier": 1.8}],
    }


def test_one_option_can_be_changed_and_the_others_stay(call: Call) -> None:
    product = call("POST", "/api/products", CAKE).data
    path = f"/api/products/{product['id']}"
    changed = call("PATCH", path, {"flavors": [], "options": []}).data
    assert changed["flavors"] == changed["options"] == []
    assert changed["sizes"] == product["sizes"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": None}, "title"),
        ({"price": None}, "price"),
        ({"price": "100"}, "price"),
        ({"price": -1}, "price"),
        ({"price": 1.001}, "price"),
        ({"currency": "XXX"}, "currency"),
        ({"name": "Other"}, "name"),
        ({"basePrice": 7}, "basePrice"),
        ({"title": "a\u0007"}, "title"),
        (
            {"sizeVariants": [{"size": "41", "colorVariants": [{"color": 5}]}]},
            "sizeVariants[0].colorVariants[0].color",
        ),
        (
            {"sizeVariants": [{"size": "41", "colorVariants": [{"color": "Red", "stock": -1}]}]},
            "sizeVariants[0].colorVariants[0].stock",
        ),
        (
            {"sizeVariants": [{"size": "41", "colorVariants": [{"color": "Red"}, {"color": "Red"}]}]},
            "sizeVariants[0].colorVariants[1].attributes",
        ),
        ({"sizeVariants": [{"size": "41"}]}, "sizeVariants[0].colorVariants"),
        ({"flavors": [{"name": "V", "priceMultiplier": 2000}]}, "flavors[0].priceMultiplier"),
        ({"flavors": [{"name": "V"}, {"name": "V"}]}, "flavors[1].name"),
        (
            {"options": [{"name": "x", "choices": [{"name": "V", "priceMultiplier": -1}]}]},
            "options[0].choices[0].priceMultiplier",
        ),
        ({"stock": 5}, "stock"),
        ({"stock": 1.5}, "stock"),
        ({"sizeVariants": None, "stock": 1_000_000_001}, "stock"),
        ({"sku": ""}, "sku"),
    ],
)
def test_every_rule_names_its_place(call: Call, heard: Heard, changes: dict[str, Any], place: str) -> None:
    sent = {name: value for name, value in {**SHOE, **changes}.items() if value is not None}
    answer = call("POST", "/api/products", sent)
    assert answer.status_code == 400
    assert list(answer.data["details"]) == [place]
    assert not Product.objects.exists()
    assert heard.names == []


def test_a_write_may_be_partial_with_put_too(call: Call) -> None:
    product = call("POST", "/api/products", SHOE).data
    changed = call("PUT", f"/api/products/{product['id']}", {"basePrice": 90}).data
    assert changed["price"] == changed["basePrice"] == 90
    assert changed["sizeVariants"] == product["sizeVariants"]


def test_a_price_in_the_shops_currency_leaves_the_others(call: Call) -> None:
    product = call("POST", "/products", body()).data
    call("PATCH", f"/api/products/{product['id']}", {"price": 500})
    prices = call("GET", f"/products/{product['id']}").data["prices"]
    assert prices == [{"currency": "SEK", "amount": 299.5}, {"currency": "EGP", "amount": 500}]


def test_a_product_without_a_price_in_the_shops_currency_shows_its_first_one(call: Call) -> None:
    product = call("POST", "/products", body(prices=[{"currency": "INR", "amount": 999}])).data
    shown = call("GET", f"/api/products/{product['id']}").data
    assert (shown["price"], shown["currency"], shown["displayCurrency"]) == (999, "INR", "₹")
    assert call("PUT", f"/api/products/{product['id']}", shown).data == shown


def test_the_shops_currency_is_a_setting(call: Call, settings: Settings) -> None:
    settings.STOCKWIRE_CURRENCY = "SEK"
    product = call("POST", "/products", body()).data
    shown = call("GET", f"/api/products/{product['id']}").data
    assert (shown["price"], shown["currency"], shown["displayCurrency"]) == (299.5, "SEK", "kr")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"price": 80}, {"price": 80}),
        ({"basePrice": 80}, {"price": 80}),
        ({"title": "New"}, {"name": "New"}),
        ({"name": "New"}, {"title": "New"}),
    ],
)
def test_of_two_names_of_one_thing_the_changed_one_is_meant(
    call: Call, changed: dict[str, Any], expected: dict[str, Any]
) -> None:
    product = call("POST", "/api/products", SHOE).data
    answer = call("PUT", f"/api/products/{product['id']}", {**product, **changed})
    assert answer.status_code == 200
    assert {name: answer.data[name] for name in expected} == expected


def test_two_names_that_both_changed_and_differ_are_a_400(call: Call) -> None:
    product = call("POST", "/api/products", SHOE).data
    answer = call("PUT", f"/api/products/{product['id']}", {**product, "price": 1, "basePrice": 2})
    assert answer.status_code == 400
    assert list(answer.data["details"]) == ["basePrice"]


def test_size_variants_or_variants_whichever_was_changed_is_meant(call: Call) -> None:
    product = call("POST", "/api/products", SHOE).data
    path = f"/api/products/{product['id']}"
    sized = {**product, "sizeVariants": [{"size": "41", "colorVariants": [{"color": "Red", "stock": 2}]}]}
    changed = call("PUT", path, sized).data
    assert changed["variants"] == [{**product["variants"][0], "stock": 2}]
    listed = {**changed, "variants": [{"attributes": {"size": "50"}, "stock": 6}]}
    changed = call("PUT", path, listed).data
    assert changed["sizeVariants"] == [{"size": "50", "colorVariants": [{"color": "", "stock": 6}]}]
    assert changed["stock"] == 6


def test_variants_can_all_be_taken_away_while_the_sizes_are_sent_back(call: Call) -> None:
    product = call("POST", "/api/products", SHOE).data
    changed = call("PUT", f"/api/products/{product['id']}", {**product, "variants": []}).data
    assert changed["variants"] == changed["sizeVariants"] == []
    assert changed["stock"] == 0


def test_a_new_product_with_sizes_may_have_an_empty_list_beside_them(call: Call) -> None:
    product = call("POST", "/api/products", {**SHOE, "variants": []}).data
    assert product["sizeVariants"] == SHOE["sizeVariants"]


def test_size_variants_keep_what_else_a_variant_is(call: Call) -> None:
    sent = body(variants=None)
    sent["variants"] = [
        {"sku": fresh_sku(), "attributes": {"size": "M", "color": "Red", "fit": "slim"}},
        {"sku": fresh_sku(), "attributes": {"size": "L", "color": "Red", "fit": "slim"}},
        {"sku": fresh_sku(), "attributes": {"size": "L", "color": "Red", "fit": "wide"}},
    ]
    product = call("POST", "/products", sent).data
    path = f"/api/products/{product['id']}"
    shown = call("GET", path).data
    large = {"size": "L", "colorVariants": [{"color": "Red", "stock": 0}]}
    sized = [{"size": "M", "colorVariants": [{"color": "Red", "stock": 5}]}, large]
    changed = call("PUT", path, {"sizeVariants": sized}).data
    assert [v["attributes"] for v in changed["variants"]] == [v["attributes"] for v in shown["variants"]]
    assert [v["id"] for v in changed["variants"]] == [v["id"] for v in shown["variants"]]
    large["colorVariants"] = [{"color": "Red", "stock": 8}]
    answer = call("PUT", path, {"sizeVariants": sized})
    assert answer.status_code == 400
    assert list(answer.data["details"]) == ["sizeVariants[1].colorVariants[0]"]


def test_what_was_read_can_be_written_back_and_changes_nothing(call: Call, heard: Heard) -> None:
    for sent in (SHOE, CAKE):
        product = call("POST", "/api/products", sent).data
        heard.events.clear()
        assert call("PUT", f"/api/products/{product['id']}", product).data == product
        assert heard.names == []


def test_what_was_read_can_be_written_back_also_while_some_of_it_is_held(call: Call, heard: Heard) -> None:
    product = call("POST", "/api/products", SHOE).data
    StockLevel.objects.filter(variant_id=product["variants"][0]["id"]).update(reserved=4)
    path = f"/api/products/{product['id']}"
    shown = call("GET", path).data
    assert shown["variants"][0]["stock"] == 6
    heard.events.clear()
    assert call("PUT", path, shown).data == shown
    assert heard.names == []


def test_a_written_stock_is_what_can_be_sold_whatever_is_held_besides(call: Call) -> None:
    product = call("POST", "/api/products", CAKE).data
    StockLevel.objects.update(on_hand=13, reserved=3)
    path = f"/api/products/{product['id']}"
    assert call("GET", path).data["stock"] == 10
    for stock in (11, 0, 2):
        assert call("PATCH", path, {"stock": stock}).data["stock"] == stock
        assert StockLevel.objects.get().on_hand == stock + 3
    shoe = call("POST", "/api/products", SHOE).data
    held = shoe["variants"][0]["id"]
    StockLevel.objects.filter(variant_id=held).update(reserved=4)
    shoe = call("GET", f"/api/products/{shoe['id']}").data
    shoe["variants"][0]["stock"] = 7
    assert call("PUT", f"/api/products/{shoe['id']}", shoe).data["variants"][0]["stock"] == 7
    assert StockLevel.objects.get(variant_id=held).on_hand == 11


def test_stock_of_a_product_without_variants_is_counted_in_all_places_together(call: Call) -> None:
    sent = body(
        variants=None, stock=[{"location_id": "A", "quantity": 5}, {"location_id": "B", "quantity": 5}]
    )
    product = call("POST", "/products", sent).data
    path = f"/api/products/{product['id']}"

    def places() -> dict[str, int]:
        return dict(StockLevel.objects.values_list("location_id", "on_hand"))

    assert call("PATCH", path, {"stock": 12}).data["stock"] == 12
    assert places() == {"A": 7, "B": 5}
    assert call("PATCH", path, {"stock": 3}).data["stock"] == 3
    assert places() == {"A": 0, "B": 3}
    assert call("PATCH", path, {"stock": 3}).data["stock"] == 3
    assert {kind for (kind,) in StockMovement.objects.values_list("kind")} == {"recount"}


def test_stock_goes_to_the_shops_own_place_where_there_is_none_yet(call: Call) -> None:
    call("POST", "/api/products", CAKE)
    assert list(StockLevel.objects.values_list("location_id", "on_hand")) == [("main", 4)]


def test_a_nameless_variant_alone_is_none(call: Call) -> None:
    sized = [{"size": "", "colorVariants": [{"color": "", "stock": 9}]}]
    product = call("POST", "/api/products", {"title": "Mug", "price": 5, "sizeVariants": sized}).data
    assert product["variants"] == []
    assert product["stock"] == 9


def test_a_variant_may_carry_its_own_price(call: Call) -> None:
    variants = [{"attributes": {"size": "M"}, "price": 120}, {"attributes": {"size": "L"}}]
    product = call("POST", "/api/products", {"title": "Tee", "price": 100, "variants": variants}).data
    assert [variant.get("price") for variant in product["variants"]] == [120, None]


def test_a_made_sku_steps_aside_for_one_that_is_taken(call: Call) -> None:
    call("POST", "/products", body(sku="OTHER", variants=[{"sku": "TEE-M", "attributes": {"size": "M"}}]))
    sent = {"sku": "TEE", "title": "Tee", "price": 1, "variants": [{"attributes": {"size": "M"}}]}
    product = call("POST", "/api/products", sent).data
    assert product["variants"][0]["sku"].startswith("TEE-M-")


def test_delete_answers_the_product_as_it_was(call: Call) -> None:
    product = call("POST", "/api/products", SHOE).data
    path = f"/api/products/{product['id']}"
    answer = call("DELETE", path)
    assert answer.status_code == 200
    assert answer.data["message"] == "Product deleted successfully"
    assert answer.data["product"] == {name: value for name, value in product.items() if name != "reviews"}
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        gone = call(method, path, {"price": 1} if method in ("PUT", "PATCH") else None)
        assert (gone.status_code, gone.data["message"]) == (404, "Product not found")
    assert Variant.objects.filter(product_id=product["id"], archived_at__isnull=True).count() == 0


def test_conditional_reads_and_writes_hold_here_too(call: Call) -> None:
    answer = call("POST", "/api/products", SHOE)
    path = f"/api/products/{answer.data['id']}"
    assert call("GET", path, **{"If-None-Match": answer["ETag"]}).status_code == 304
    assert call("PATCH", path, {"price": 1}, **{"If-Match": '"0-0"'}).status_code == 412
    assert call("DELETE", path, **{"If-Match": '"0-0"'}).status_code == 412
    assert call("PATCH", path, {"price": 1}, **{"If-Match": answer["ETag"]}).status_code == 200
