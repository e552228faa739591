"""Review, wish, lower a price through REST; exactly these messages, in this order, for these rooms, in both
dialects."""

from __future__ import annotations

from typing import Any

import pytest

from config.identity.models import Role
from tests.orders.conftest import Person, person
from tests.orders.shop import Goods, mug
from tests.realtime.telling import Telling, Told
from tests.realtime.wishing import tell_all


@pytest.fixture
def customer(told: Told) -> Person:
    return person(name="carla")


@pytest.fixture
def staff(told: Told) -> Person:
    return person(Role.ADMIN, "sara")


@pytest.fixture
def goods(told: Told) -> Goods:
    """Ten mugs; what was told of them is forgotten."""
    goods = mug()
    told.records()
    return goods


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.data


def test_a_review_is_told_to_staff_and_once_approved_to_whoever_looks_at_the_product(
    customer: Person, staff: Person, told: Told, goods: Goods
) -> None:
    body = {"rating": 4, "title": "Good <i>mug</i>", "comment": "Holds tea."}
    review = done(customer("POST", f"/api/products/{goods.id}/reviews", body), 201)
    shop, catalog = told.both()
    moment = shop[0].payload["timestamp"]
    assert shop == [
        Telling(
            "new_review_notification",
            ("admin",),
            {
                "reviewId": review["_id"],
                "productId": goods.id,
                "productName": "Mug",
                "rating": 4,
                "title": "Good <i>mug</i>",
                "user": {"_id": customer.id, "name": "Carla"},
                "timestamp": moment,
            },
        )
    ]
    in_catalog = {
        "id": review["_id"],
        "user": "Carla",
        "rating": 4,
        "title": "Good <i>mug</i>",
        "comment": "Holds tea.",
        "status": "pending",
        "verified_purchase": False,
        "created_at": review["createdAt"],
    }
    submitted = {
        "product_id": goods.id,
        "product_name": "Mug",
        "review_id": review["_id"],
        "user_id": customer.id,
        "user_name": "Carla",
        "review": in_catalog,
    }
    assert catalog == [Telling("review.submitted", ("admin",), submitted)]

    path = f"/api/reviews/{review['_id']}/status"
    done(staff("PUT", path, {"status": "approved"}))
    shop, catalog = told.both()
    room = (f"product:{goods.id}",)
    shown = done(staff("GET", f"/api/products/{goods.id}"))
    (of_product,) = shown["reviews"]
    added = {
        "productId": goods.id,
        "review": of_product,
        "rating": 4,
        "reviewCount": 1,
        "timestamp": shop[0].payload["timestamp"],
    }
    assert shop == [Telling("product_review_added", room, added)]
    assert {"_id", "user", "rating", "title", "comment", "date"} <= set(of_product)
    (approved,) = catalog
    assert (approved.name, approved.rooms) == ("review.approved", room)
    assert approved.payload == {
        "product_id": goods.id,
        "review_id": review["_id"],
        "review": {**in_catalog, "status": "approved"},
        "rating": 4,
        "review_count": 1,
        "updated_at": shown["updatedAt"],
        "version": approved.payload["version"],
    }

    done(staff("PUT", path, {"status": "approved"}))
    assert told.records() == [], "it was so already"
    done(staff("PUT", path, {"status": "rejected"}))
    shop, catalog = told.both()
    assert [one.name for one in shop] == ["product_updated"]
    assert [one.name for one in catalog] == ["product.updated"]
    shown = done(staff("GET", f"/api/products/{goods.id}"))
    del shown["reviews"]
    assert shop[0].payload["data"] == shown
    done(customer("POST", f"/api/products/{goods.id}/reviews", body), 409)
    assert told.records() == []


def test_each_change_of_a_wishlist_is_told_to_its_user_as_rest_shows_it(
    customer: Person, told: Told, goods: Goods
) -> None:
    def change(method: str, path: str, data: Any = None) -> str:
        shown = done(customer(method, path, data))
        shop, catalog = told.both()
        (updated,) = shop
        action, moment = updated.payload["action"], updated.payload["timestamp"]
        room = (f"user:{customer.id}",)
        payload = {"action": action, "wishlist": shown, "timestamp": moment}
        assert updated == Telling("wishlist_updated", room, payload)
        (event,) = catalog
        assert (event.name, event.rooms) == ("wishlist.updated", room)
        assert set(event.payload) == {
            "wishlist_id", "user_id", "action", "product_id", "wishlist", "version"
        }  # fmt: skip
        assert len(event.payload["wishlist"]["items"]) == len(shown["items"])
        return str(action)

    assert change("POST", "/api/wishlist/items", {"productId": goods.id}) == "item_added"
    done(customer("POST", "/api/wishlist/items", {"productId": goods.id}))
    assert told.records() == []
    assert change("DELETE", f"/api/wishlist/items/{goods.id}") == "item_removed"


def test_a_price_that_falls_and_stock_that_comes_back_are_told_to_those_who_wished(
    customer: Person, staff: Person, told: Told, goods: Goods
) -> None:
    done(customer("POST", "/api/wishlist/items", {"productId": goods.id}))
    tell_all()
    told.records()
    done(staff("PATCH", f"/api/products/{goods.id}", {"price": 80}))
    tell_all()
    shop, catalog = told.both()
    product, user = f"product:{goods.id}", f"user:{customer.id}"
    assert [(one.name, one.rooms) for one in shop] == [
        ("product_updated", ("storefront",)), ("price_drop_alert", (user,))
    ]  # fmt: skip
    assert shop[1].payload == {
        "productId": goods.id,
        "productName": "Mug",
        "oldPrice": 100,
        "newPrice": 80,
        "discountPercentage": 20,
        "timestamp": shop[1].payload["timestamp"],
    }
    assert [(one.name, one.rooms) for one in catalog] == [
        ("product.updated", ("products", product)),
        ("price.dropped", (product,)),
        ("price.dropped", (user,)),
    ]
    assert catalog[1].payload == catalog[2].payload

    line = {"items": [{"productId": goods.id, "quantity": 10}]}
    done(staff("POST", "/api/stock/reduce", line))
    told.records()
    done(staff("POST", "/api/stock/restock", line))
    tell_all()
    shop, catalog = told.both()
    assert (shop[-1].name, shop[-1].rooms) == ("back_in_stock_alert", (user,))
    assert shop[-1].payload == {
        "productId": goods.id,
        "productName": "Mug",
        "variant": {"size": "", "color": ""},
        "stock": 10,
        "timestamp": shop[-1].payload["timestamp"],
    }
    assert [(one.name, one.rooms) for one in catalog[-2:]] == [
        ("stock.back", (product,)), ("stock.back", (user,))
    ]  # fmt: skip
    assert done(customer("GET", "/api/notifications")) == [], "an alert is no notification"
