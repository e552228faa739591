"""Skus have one namespace: what one product bears, itself or in a variant, no other product can have."""

from typing import Any

import pytest

from catalog.models import Product, TakenSku, Variant
from tests.catalog.conftest import Call
from tests.catalog.goods import body, fresh_sku

pytestmark = pytest.mark.django_db
BATCH = "/products/batch"


def simple(**fields: Any) -> dict[str, Any]:
    return body(variants=None, **fields)


def with_variant(variant_sku: str, **fields: Any) -> dict[str, Any]:
    return body(variants=[{"sku": variant_sku, "attributes": {"size": "L"}}], **fields)


def taken(answer: Any, place: str) -> None:
    assert (answer.status_code, answer.data["code"]) == (409, "sku_taken")
    assert list(answer.data["details"]) == [place]


def borne() -> dict[str, str]:
    """What products and variants bear, as the two tables say."""
    skus = dict(Product.objects.live().values_list("sku", "id"))
    skus.update(Variant.objects.filter(archived_at__isnull=True).values_list("sku", "product_id"))
    return skus


def assert_consistent() -> None:
    assert dict(TakenSku.objects.values_list("sku", "product_id")) == borne()


@pytest.mark.parametrize("first", [simple, body])
def test_a_products_sku_is_taken_for_products_and_variants_alike(call: Call, first: Any) -> None:
    sku = call("POST", "/products", first()).data["sku"]
    taken(call("POST", "/products", simple(sku=sku)), "sku")
    taken(call("POST", "/products", body(sku=sku)), "sku")
    taken(call("POST", "/products", with_variant(sku)), "variants[0].sku")
    assert_consistent()


def test_a_variants_sku_is_taken_for_products_and_variants_alike(call: Call) -> None:
    sku = call("POST", "/products", body()).data["variants"][1]["sku"]
    taken(call("POST", "/products", simple(sku=sku)), "sku")
    taken(call("POST", "/products", with_variant(sku)), "variants[0].sku")
    other = call("POST", "/products", simple()).data
    taken(call("PATCH", f"/products/{other['id']}", {"sku": sku}), "sku")
    taken(call("PUT", f"/api/products/{other['id']}", {"sku": sku}), "sku")
    results = call("POST", BATCH, [with_variant("X"), simple(sku="X"), with_variant("X")]).data
    assert [result["success"] for result in results] == [True, False, False]
    assert_consistent()


def test_a_variant_may_bear_its_own_products_sku(call: Call) -> None:
    sku = fresh_sku()
    product = call("POST", "/products", with_variant(sku, sku=sku)).data
    path = f"/products/{product['id']}"
    assert call("PATCH", path, {"sku": sku, "variants": []}).status_code == 200
    assert call("PUT", path, {**product, "variants": product["variants"]}).status_code == 200
    moved = fresh_sku()
    assert call("PATCH", path, {"sku": moved}).status_code == 200
    taken(call("POST", "/products", simple(sku=sku)), "sku")  # the variant bears it still
    assert call("PATCH", path, {"variants": []}).status_code == 200
    assert call("POST", "/products", simple(sku=sku)).status_code == 201
    assert_consistent()


def test_an_archived_product_bears_nothing(call: Call) -> None:
    sku = fresh_sku()
    product = call("POST", "/products", with_variant(sku)).data
    assert call("DELETE", f"/products/{product['id']}").status_code == 204
    assert call("POST", "/products", simple(sku=sku)).status_code == 201
    assert call("POST", "/products", simple(sku=product["sku"])).status_code == 201
    assert_consistent()


def test_two_products_can_change_their_skus_in_one_batch(call: Call) -> None:
    first, second = (call("POST", "/products", simple()).data for _ in range(2))
    middle = fresh_sku()
    changes = [
        {**first, "sku": middle},
        {**second, "sku": first["sku"]},
        {**first, "sku": second["sku"]},
    ]
    assert [result["error"] for result in call("PUT", BATCH, changes).data] == ["", "", ""]
    assert call("GET", f"/products/{first['id']}").data["sku"] == second["sku"]
    assert_consistent()


def test_a_variant_that_comes_back_without_a_sku_has_its_old_one_unless_that_is_taken(call: Call) -> None:
    product = call("POST", "/products", body()).data
    path, (kept, dropped) = f"/api/products/{product['id']}", product["variants"]
    del kept["stock"]
    assert call("PUT", path, {"variants": [kept]}).status_code == 200
    back = {"variants": [kept, {"id": dropped["id"], "attributes": dropped["attributes"]}]}
    assert call("PUT", path, back).data["variants"][1]["sku"] == dropped["sku"]
    assert call("PUT", path, {"variants": [kept]}).status_code == 200
    other = call("POST", "/products", with_variant(dropped["sku"])).data
    taken(call("PUT", path, back), "variants[1].sku")
    assert call("DELETE", f"/products/{other['id']}").status_code == 204
    assert call("PUT", path, back).data["variants"][1]["sku"] == dropped["sku"]
    assert_consistent()


def test_a_sku_that_one_variant_keeps_unsaid_is_not_given_to_a_second(call: Call) -> None:
    product = call("POST", "/products", body()).data
    first = product["variants"][0]
    sent = [
        {"id": first["id"], "attributes": first["attributes"]},
        {"sku": first["sku"], "attributes": {"size": "XXL"}},
    ]
    answer = call("PUT", f"/api/products/{product['id']}", {"variants": sent})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["variants[1].sku"])


def test_a_sku_that_is_made_from_one_that_the_batch_has_just_given_is_not_taken_from_others(
    call: Call,
) -> None:
    given = fresh_sku()
    call("POST", "/products", simple(sku=f"{given}-L"))
    product = call("POST", "/products", simple()).data
    call("PATCH", f"/products/{product['id']}", {"sku": given})
    answer = call("PATCH", f"/api/products/{product['id']}", {"variants": [{"attributes": {"size": "L"}}]})
    assert answer.status_code == 200
    made = answer.data["variants"][0]["sku"]
    assert made.startswith(f"{given}-L-")
    assert_consistent()
