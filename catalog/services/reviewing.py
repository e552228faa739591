"""Reviews: written by customers, judged by staff; and the product's rating, which follows from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, F, Sum, Value, When
from django.db.models.functions import Greatest

from catalog.dialects.customers import catalog_review, review_in_product, shop_review
from catalog.errors import AlreadyReviewed, ProductNotFound, ReviewNotFound, invalid
from catalog.events import ReviewApproved, ReviewSubmitted
from catalog.models import MAX_RATING, MIN_RATING, Product, Review, ReviewStatus
from catalog.purchase_port import purchases
from catalog.records import ReviewRecord, mean_rating
from catalog.selectors import product_records
from catalog.selectors.reviews import review_records
from catalog.services.announcing import announce_written
from catalog.services.rules import is_clean
from catalog.services.storing import Stored
from catalog.signals import review_approved, review_submitted
from catalog.stock_port import stock
from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.clock import iso
from config.kernel.transactions import in_transaction

MAX_TITLE = Review._meta.get_field("title").max_length or 0
MAX_COMMENT = 4_000
#: What a door asks of the review as it stands, under its lock (``If-Match``); it raises what it refuses for.
ReviewExpectation = Callable[[ReviewRecord], None]
#: Products whose ratings are counted anew in one transaction.
_AT_ONCE = 500
_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDraft:
    """What a customer says. Kept to the letter."""

    rating: int
    title: str = ""
    comment: str = ""


def submit_review(*, product_id: str, user_id: str, draft: ReviewDraft) -> ReviewRecord:
    """Take a customer's review, for staff to look at.

    Locks: nothing; that it is the customer's first of this product, the unique index decides. Refuses: a
    rating that is none, texts that are too long (``InvalidInput``), ``ProductNotFound``, a second one
    (``AlreadyReviewed``).
    Announces: ``review.submitted``.
    """
    _require_valid(draft)
    return in_transaction(lambda: _submit(product_id, user_id, draft))


def judge_review(
    *, review_id: str, to: ReviewStatus, actor: Actor, expect: ReviewExpectation | None = None
) -> ReviewRecord:
    """Approve or reject a review, whatever it was before. The product's rating follows in the same
    transaction; its version grows with it.

    Locks: the product, the review, then the product's stock head. Refuses: ``ReviewNotFound``; whatever
    ``expect`` raises; ``pending``, to which none returns (``InvalidInput``).
    Announces: ``review.approved`` for one that comes to be approved, ``product.updated`` where one that was
    approved is rejected; nothing where it is as it was, or where the product is archived.
    """
    if to == ReviewStatus.PENDING:
        raise invalid("status", "must be approved or rejected")
    return in_transaction(lambda: _judge(review_id, to, actor, expect))


def rebuild_ratings(*, actor: Actor) -> int:
    """Count every product's rating anew, from its reviews; answers how many were wrong.

    Locks: the products in id order, some hundreds at a time. Refuses: nothing. Announces:
    ``product.updated`` for each that was wrong.
    """
    wrong, after = 0, ""
    while True:
        ids = list(
            Product.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:_AT_ONCE]
        )
        if not ids:
            return wrong
        wrong += in_transaction(lambda ids=ids: _rebuild(ids, actor))  # type: ignore[misc]  # mypy: a default
        after = ids[-1]


# ------------------------------------------------------------------------------------------ writing


def _require_valid(draft: ReviewDraft) -> None:
    if not MIN_RATING <= draft.rating <= MAX_RATING:
        raise invalid("rating", f"must be a whole number from {MIN_RATING} to {MAX_RATING}")
    for place, text, most in (("title", draft.title, MAX_TITLE), ("comment", draft.comment, MAX_COMMENT)):
        if len(text) > most:
            raise invalid(place, f"at most {most} characters")
        if not is_clean(text, lines=place == "comment"):
            raise invalid(place, "must not contain control characters")


def _submit(product_id: str, user_id: str, draft: ReviewDraft) -> ReviewRecord:
    name = Product.objects.live().filter(id=product_id).values_list("title", flat=True).first()
    if name is None:
        raise ProductNotFound
    moment = clock.now()
    row = Review(
        product_id=product_id,
        user_id=user_id,
        rating=draft.rating,
        title=draft.title,
        comment=draft.comment,
        verified_purchase=purchases().has_received(user_id=user_id, product_id=product_id),
        created_at=moment,
        updated_at=moment,
    )
    # The decision is the write: of two at once the second one waits for the first, and is then no row.
    Review.objects.bulk_create([row], ignore_conflicts=True)
    found = review_records(Review.objects.filter(id=row.id))
    if not found:
        raise AlreadyReviewed
    (review,) = found
    review_submitted.publish(
        ReviewSubmitted(
            product_id=product_id,
            product_name=name,
            review_id=review.id,
            user_id=user_id,
            user_name=review.user_name,
            review=catalog_review(review),
            shop_review=shop_review(review),
        )
    )
    return review


# ------------------------------------------------------------------------------------------ judging


def _judge(review_id: str, to: ReviewStatus, actor: Actor, expect: ReviewExpectation | None) -> ReviewRecord:
    review = _locked(review_id)
    if expect is not None:
        (present,) = review_records(Review.objects.filter(id=review_id))
        expect(present)
    was = review.status
    if was != to:
        Review.objects.filter(id=review_id).update(status=to, updated_at=clock.now())
        counted = (to == ReviewStatus.APPROVED) - (was == ReviewStatus.APPROVED)
        if counted:
            _count(review, counted)
            _announce(review.product_id, review_id, is_approval=counted > 0, actor=actor)
    (judged,) = review_records(Review.objects.filter(id=review_id))
    return judged


def _locked(review_id: str) -> Review:
    """The review as it is, and will be until the transaction ends: nor does its product's rating change."""
    product_id = Review.objects.filter(id=review_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise ReviewNotFound
    _lock_products([product_id])
    review = Review.objects.select_for_update(no_key=True).filter(id=review_id).first()
    if review is None:
        raise ReviewNotFound
    return review


def _lock_products(product_ids: Sequence[str]) -> None:
    rows = Product.objects.filter(id__in=product_ids).order_by("id")
    list(rows.select_for_update(no_key=True).values_list("id", flat=True))


def _count(review: Review, change: int) -> None:
    Product.objects.filter(id=review.product_id).update(
        rating_sum=F("rating_sum") + change * review.rating,
        review_count=F("review_count") + change,
        updated_at=_later(clock.now()),
    )


def _later(moment: dt.datetime) -> Greatest:
    # Later than before whatever the clock says, as with every change of a product.
    return Greatest(Value(moment), F("updated_at") + _TICK)


def _announce(product_id: str, review_id: str, *, is_approval: bool, actor: Actor) -> None:
    records = product_records(Product.objects.live().filter(id=product_id))
    if not records:
        return
    (record,) = records
    if not is_approval:
        announce_written([Stored(record, record)], (), actor=actor)
        return
    (review,) = review_records(Review.objects.filter(id=review_id))
    review_approved.publish(
        ReviewApproved(
            product_id=product_id,
            review_id=review_id,
            review=catalog_review(review),
            rating=mean_rating(record.rating_sum, record.review_count),
            review_count=record.review_count,
            updated_at=iso(record.updated_at),
            shop_review=review_in_product(review),
            version=stock().advance([product_id])[product_id],
        )
    )


# ------------------------------------------------------------------------------------------ counting anew


def _rebuild(product_ids: Sequence[str], actor: Actor) -> int:
    # First the locks, then a statement that looks anew: what was approved before them is in it.
    _lock_products(product_ids)
    approved = Review.objects.filter(product_id__in=product_ids, status=ReviewStatus.APPROVED)
    counted = {
        row["product_id"]: (row["total"], row["number"])
        for row in approved.values("product_id").annotate(total=Sum("rating"), number=Count("id")).order_by()
    }
    present = Product.objects.filter(id__in=product_ids).values_list("id", "rating_sum", "review_count")
    wrong = {
        product_id: counted.get(product_id, (0, 0))
        for product_id, *figures in present
        if tuple(figures) != counted.get(product_id, (0, 0))
    }
    if not wrong:
        return 0
    rows = Product.objects.filter(id__in=list(wrong))
    rows.update(
        rating_sum=Case(*(When(id=key, then=Value(total)) for key, (total, _) in wrong.items())),
        review_count=Case(*(When(id=key, then=Value(number)) for key, (_, number) in wrong.items())),
        updated_at=_later(clock.now()),
    )
    records = product_records(rows.filter(archived_at__isnull=True).order_by("id"))
    announce_written([Stored(record, record) for record in records], (), actor=actor)
    return len(wrong)
