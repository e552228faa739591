"""Reviews: who sees which, and rows into records."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import Review, ReviewStatus
from catalog.records import ReviewRecord

_SHOWN_WITH_PRODUCT = 10
_REVIEW = (
    "id",
    "product_id",
    "user_id",
    "user__name",
    "rating",
    "title",
    "comment",
    "status",
    "verified_purchase",
    "created_at",
    "updated_at",
)


def visible_reviews(*, product_id: str, user_id: str | None, is_staff: bool) -> QuerySet[Review]:
    """Of a product the approved reviews and whatever ``user_id`` has written; all of them for staff."""
    reviews = Review.objects.filter(product_id=product_id)
    if is_staff:
        return reviews
    approved = Q(status=ReviewStatus.APPROVED)
    return reviews.filter(approved | Q(user_id=user_id) if user_id is not None else approved)


def newest_reviews(product_id: str) -> list[ReviewRecord]:
    """The newest approved ones, as many as a product carries. One query."""
    newest = approved_reviews(product_id).order_by("-created_at", "-id")
    return review_records(newest[:_SHOWN_WITH_PRODUCT])


def review_records(reviews: QuerySet[Review, Any]) -> list[ReviewRecord]:
    """The reviews of a query, in its order: one query. The name of a writer who is gone is empty."""
    rows = reviews.values_list(*_REVIEW)
    return [
        ReviewRecord(review_id, product_id, user_id, name or "", *rest)
        for review_id, product_id, user_id, name, *rest in rows
    ]


def approved_reviews(product_id: str) -> QuerySet[Review]:
    """What the public reads of a product."""
    return Review.objects.filter(product_id=product_id, status=ReviewStatus.APPROVED)


def review_by(*, product_id: str, user_id: str) -> ReviewRecord | None:
    """What a user has said of a product, whatever became of it; one query."""
    return next(iter(review_records(Review.objects.filter(product_id=product_id, user_id=user_id))), None)
