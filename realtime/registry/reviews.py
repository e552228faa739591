"""Reviews: written, and let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from catalog.events import ReviewApproved, ReviewSubmitted
from realtime.registry.emissions import (
    CATALOG,
    PRODUCT,
    SHOP,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)


class NewReview(TypedDict):
    """`user` has `_id` and `name`."""

    reviewId: str
    productId: str
    productName: str
    rating: int
    title: str
    user: Mapping[str, str]
    timestamp: str


class AddedReview(TypedDict):
    """`review` has `_id`, `user`, `rating`, `title`, `comment`, `date`; `rating` and `reviewCount` are the
    product's."""

    productId: str
    review: Mapping[str, Any]
    rating: float
    reviewCount: int
    timestamp: str


def _new_review(event: Fields) -> NewReview:
    return {
        "reviewId": event["review_id"],
        "productId": event["product_id"],
        "productName": event["product_name"],
        "rating": event["shop_review"]["rating"],
        "title": event["shop_review"]["title"],
        "user": {"_id": event["user_id"], "name": event["user_name"]},
        "timestamp": event["timestamp"],
    }


def _added_review(event: Fields) -> AddedReview:
    return {
        "productId": event["product_id"],
        "review": event["shop_review"],
        "rating": event["rating"],
        "reviewCount": event["review_count"],
        "timestamp": event["timestamp"],
    }


TYPES: tuple[EventType, ...] = (
    EventType(
        ReviewSubmitted,
        {
            CATALOG: (catalog_emission(ReviewSubmitted.name, "admin"),),
            SHOP: (shop_emission("new_review_notification", _new_review, "admin"),),
        },
    ),
    EventType(
        ReviewApproved,
        {
            CATALOG: (catalog_emission(ReviewApproved.name, PRODUCT),),
            SHOP: (shop_emission("product_review_added", _added_review, PRODUCT),),
        },
    ),
)
