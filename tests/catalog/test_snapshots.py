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
from tests.catalog.goods import body, fresh_sku
from tests.hearing import Heard

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
    if event.subject in snapshot and "version" in snapshot[event.subject]:
        assert event.version_number is not None
        snapshot[event.subject]["version"] = event.version_number


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
    empty = call("POST", "/api/products", {"title": "Cup", "price": 5}).data
    options = [{"name": "Gold", "priceMultiplier": 2}]

    def counted(quantity: int, place: str = "STH1") -> dict[str, Any]:
        return {**large, "stock": [{"location_id": place, "quantity": quantity}]}

    return [
        lambda: call("POST", "/products", body()),
        lambda: call("POST", "/products", body(variants=None, stock=[{"location_id": "A", "quantity": 1}])),
        lambda: call("POST", "/products/batch", [body(), body(sku=first["sku"]), body()]),
        lambda: call("POST", "/products", body(variants=None, stock=[{"location_id": "A", "quantity": 0}])),
        lambda: call("PATCH", path, {"base_title": "New", "metadata": []}),
        lambda: call("PATCH", path, {"variants": [counted(7), medium]}),
        lambda: call("PATCH", path, {"base_title": "Both", "variants": [counted(8), medium]}),
        lambda: call("PATCH", path, {"variants": [counted(5, "GBG1"), medium]}),
        lambda: call("PATCH", path, {"variants": [counted(0), medium]}),
        lambda: call("PATCH", path, {"variants": [counted(0, "NEW"), medium]}),
        lambda: call("PATCH", path, {"featured": True, "variants": [counted(0, "NEWER"), medium]}),
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
        lambda: call("POST", "/api/stock/sync", {"items": [{"productId": empty["id"], "stock": 0}]}),
        lambda: call("POST", "/api/stock/sync", {"items": [{"productId": empty["id"], "stock": 8}]}),
        lambda: call("POST", "/api/stock/reduce", {"items": [{"productId": empty["id"], "quantity": 4}]}),
        lambda: call("DELETE", shop_path),
        lambda: call("DELETE", "/products/batch", [first["id"], "prod_none"]),
    ]


def listens_to_products_only(snapshot: Snapshot, events: list[DomainEvent], product_field: str) -> None:
    """What a client does that has the default feed and nothing else."""
    for event in events:
        if isinstance(event, ProductEvent):
            apply(snapshot, event, product_field, catalog_stock)


@pytest.mark.parametrize(
    ("path", "product_field"), [("/products", "product"), ("/api/products", "shop_product")]
)
def test_who_hears_of_products_only_learns_the_stock_that_was_written_with_them(
    call: Call, heard: Heard, path: str, product_field: str
) -> None:
    def fresh() -> Snapshot:
        products = call("GET", path).data
        return {product["id"]: {**product, "version": None} for product in products}

    snapshot: Snapshot = {}
    product = call("POST", "/products", body()).data
    product["variants"][0]["stock"][0]["quantity"] = 7
    for change in ({**product, "base_title": "New"}, {**product, "featured": True}):
        listens_to_products_only(snapshot, heard.events, product_field)
        snapshot[product["id"]]["version"] = None
        assert snapshot == fresh()
        heard.events.clear()
        call("PUT", f"/products/{product['id']}", change)
        product["variants"][0]["stock"].append({"location_id": "NEW", "quantity": 0})


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
    path = f"/products/{product['id']}"
    places = [{"location_id": "A", "quantity": 3}]
    for change in (
        {"base_title": "A"},
        {"stock": places},
        {"base_title": "B", "stock": []},
        {"stock": places},
    ):
        call("PATCH", path, change)
    call("POST", "/api/stock/reduce", {"items": [{"productId": product["id"], "quantity": 3}]})
    assert call("GET", path)["ETag"] == f'"{len(heard.events)}"'
    assert call("GET", path).data["version"] == len(heard.events)
    call("DELETE", path)
    assert heard.names == [
        "product.created", "product.updated", "stock.updated", "stock.back", "product.updated",
        "stock.reduced", "product.deleted",
    ]  # fmt: skip
    assert [event.version_number for event in heard.events] == [1, 2, 3, 4, 5, 6, 7]
