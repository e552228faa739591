"""What customers say and wish for as JSON values: reviews and wishlists, in both dialects."""

from __future__ import annotations

from typing import Any

from catalog.dialects.shop import shop_currency
from catalog.records import PriceRecord, ReviewRecord, WishlistRecord
from config.kernel.clock import iso, now
from config.kernel.money import to_number


def shop_review(review: ReviewRecord) -> dict[str, Any]:
    """The whole review, as ``/api/products/{id}/reviews`` shows it."""
    return {
        "_id": review.id,
        "id": review.id,
        "productId": review.product_id,
        "user": review.user_name,
        "rating": review.rating,
        "title": review.title,
        "comment": review.comment,
        "status": review.status,
        "verifiedPurchase": review.verified_purchase,
        "date": iso(review.created_at),
        "createdAt": iso(review.created_at),
        "updatedAt": iso(review.updated_at),
    }


def review_in_product(review: ReviewRecord) -> dict[str, Any]:
    """An approved review, as a product carries it."""
    return {
        "_id": review.id,
        "user": review.user_name,
        "rating": review.rating,
        "title": review.title,
        "comment": review.comment,
        "verifiedPurchase": review.verified_purchase,
        "date": iso(review.created_at),
    }


def catalog_review(review: ReviewRecord) -> dict[str, Any]:
    """The whole review, on ``/ws`` and ``/events``."""
    return {
        "id": review.id,
        "user": review.user_name,
        "rating": review.rating,
        "title": review.title,
        "comment": review.comment,
        "status": review.status,
        "verified_purchase": review.verified_purchase,
        "created_at": iso(review.created_at),
    }


def shop_wishlist(wishlist: WishlistRecord) -> dict[str, Any]:
    """The whole wishlist, as ``/api/wishlist`` shows it."""
    return {
        "_id": wishlist.id,
        "id": wishlist.id,
        "items": [
            {
                "productId": wish.product_id,
                "name": wish.name,
                "price": _amount(wish.price),
                "currency": _currency(wish.price),
                "inStock": wish.in_stock,
                "addedAt": iso(wish.added_at),
            }
            for wish in wishlist.wishes
        ],
        "version": wishlist.version,
        # As with carts: what never was changed is as it is now.
        "updatedAt": iso(wishlist.updated_at or now()),
    }


def catalog_wishlist(wishlist: WishlistRecord) -> dict[str, Any]:
    """The whole wishlist, on ``/ws`` and ``/events``."""
    return {
        "id": wishlist.id,
        "items": [
            {
                "product_id": wish.product_id,
                "name": wish.name,
                "price": _amount(wish.price),
                "currency": _currency(wish.price),
                "in_stock": wish.in_stock,
                "added_at": iso(wish.added_at),
            }
            for wish in wishlist.wishes
        ],
        "version": wishlist.version,
        "updated_at": iso(wishlist.updated_at or now()),
    }


def _amount(price: PriceRecord | None) -> int | float:
    return to_number(price.amount, price.currency) if price else 0


def _currency(price: PriceRecord | None) -> str:
    return price.currency if price else shop_currency()
