"""An old snapshot and the events since then make the fresh snapshot, in both dialects."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from catalog.dialects.shop import size_variants
from catalog.events import ProductEvent
from config.kernel.events import DomainEvent
from inventory.events import StockEvent
from tests.catalog.conftest import Call
from tests.catalog.goods import Heard, body, fresh_sku

pytestmark = pytest.mark.django_db

Snapshot = dict[str, dict[str, Any]]


def apply(snapshot: Snapshot, event: DomainEvent, product_field: str, stock: Callable[..., None]) -> None:
    """What a client does that has the snapshot and hears the event."""
    everything = {**event.data(), **event.extra()}
    if isinstance(event, ProductEvent):
        if event.action == "deleted":
            del snapshot[event.product_id]
        else:
            snapshot[event.product_id] = copy.deepcopy(everything[product_field])
    elif isinstance(event, StockEvent):
        stock(snapshot[event.product_id], event)


def catalog_stock(product: dict[str, Any], event: StockEvent) -> None:
    places = [dict(place) for place in event.locations]
    for variant in product["variants"]:
        if variant["id"] == event.variant_id:
            variant["stock"] = places
            return
    assert product["variants"] == []
    product["stock"] = places


def shop_stock(product: dict[str, Any], event: StockEvent) -> None:
    product["stock"] = event.total_stock
    for variant in product["variants"]:
        if variant["id"] == event.variant_id:
            variant["stock"] = event.stock
    product["sizeVariants"] = size_variants((v["attributes"], v["stock"]) for v in product["variants"])


def changes(call: Call) -> list[Callable[[], Any]]:
    """Everything that can happen to a product, one after the other."""
    first = call("POST", "/products", body()).data
    path = f"/products/{first['id']}"
    large, medium = first["variants"]
    mug = call("POST", "/api/products", {"title": "Mug", "price": 5, "stock": 3}).data
    shop_path = f"/api/products/{mug['id']}"
    options = [{"name": "Gold", "priceMultiplier": 2}]

    def counted(quantity: int, place: str = "STH1") -> dict[str, Any]:
        return {**large, "stock": [{"location_id": place, "quantity": quantity}]}

    return [
        lambda: call("POST", "/products", body()),
        lambda: call("POST", "/products", body(variants=None, stock=[{"location_id": "A", "quantity": 1}])),
        lambda: call("POST", "/products/batch", [body(), body(sku=first["sku"]), body()]),
        lambda: call("PATCH", path, {"base_title": "New", "metadata": []}),
        lambda: call("PATCH", path, {"variants": [counted(7), medium]}),
        lambda: call("PATCH", path, {"base_title": "Both", "variants": [counted(8), medium]}),
        lambda: call("PATCH", path, {"variants": [counted(5, "GBG1"), medium]}),
        lambda: call("PATCH", path, {"variants": [counted(0), medium]}),
        lambda: call("PATCH", path, {"variants": [medium]}),
        lambda: call("PATCH", path, {"variants": [medium, counted(9)]}),
        lambda: call("PATCH", path, {"variants": []}),
        lambda: call("PATCH", path, {"stock": [{"location_id": "A", "quantity": 2}]}),
        lambda: call(
            "PATCH",
            path,
            {"variants": [{"sku": fresh_sku(), "attributes": {"a": "b"}, "stock": counted(4)["stock"]}]},
        ),
        lambda: call("PATCH", shop_path, {"price": 6, "stock": 1, "flavors": options}),
        lambda: call("PUT", shop_path, {"sizeVariants": [{"size": "M", "colorVariants": [{"stock": 2}]}]}),
        lambda: call("POST", "/api/stock/reduce", {"items": [{"productId": mug["id"], "quantity": 1}]}),
        lambda: call("DELETE", shop_path),
        lambda: call("DELETE", "/products/batch", [first["id"], "prod_none"]),
    ]


@pytest.mark.parametrize(
    ("path", "product_field", "stock"),
    [("/products", "product", catalog_stock), ("/api/products", "shop_product", shop_stock)],
)
def test_old_snapshot_and_events_make_the_fresh_one(
    call: Call, heard: Heard, path: str, product_field: str, stock: Callable[..., None]
) -> None:
    def fresh() -> Snapshot:
        return {product["id"]: product for product in call("GET", path).data}

    for number, change in enumerate(changes(call)):
        snapshot = fresh()
        heard.events.clear()
        assert change().status_code in (200, 201, 204), number
        assert heard.events, number
        for event in heard.events:
            apply(snapshot, event, product_field, stock)
        assert snapshot == fresh(), number


def test_versions_of_a_product_grow_by_one_with_each_of_its_events(call: Call, heard: Heard) -> None:
    product = call("POST", "/products", body(variants=None)).data
    for title in ("A", "B", "B"):
        call("PATCH", f"/products/{product['id']}", {"base_title": title})
    call("DELETE", f"/products/{product['id']}")
    assert [event.version_number for event in heard.events] == [1, 2, 3, 4]
