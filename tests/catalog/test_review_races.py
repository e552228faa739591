"""Reviews at once: each race with its guard taken out, and the proof. And ratings counted anew."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.errors import AlreadyReviewed
from catalog.models import Product, Review, ReviewStatus
from catalog.records import ReviewRecord
from catalog.services import ReviewDraft, judge_review, rebuild_ratings, reviewing, submit_review
from catalog.tasks import count_ratings_anew
from tests.catalog.goods import ACTOR, draft, made, version_of
from tests.hearing import Heard
from tests.inventory.crowds import at_once
from tests.orders.conftest import person

pytestmark = pytest.mark.django_db(transaction=True)

APPROVED, REJECTED = ReviewStatus.APPROVED, ReviewStatus.REJECTED


def reviews(product_id: str, *ratings: int) -> list[str]:
    return [
        submit_review(
            product_id=product_id,
            user_id=person(name=f"c{number}").id,
            draft=ReviewDraft(rating=rating),
        ).id
        for number, rating in enumerate(ratings)
    ]


def figures(product_id: str) -> tuple[int, int]:
    return Product.objects.values_list("rating_sum", "review_count").get(id=product_id)


def submitting(product_id: str, user_id: str) -> Any:
    return lambda: submit_review(product_id=product_id, user_id=user_id, draft=ReviewDraft(rating=5))


def test_control_without_the_index_a_customer_reviews_twice() -> None:
    (mug,) = made(draft())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_review DROP CONSTRAINT review_once")
    try:
        at_once([submitting(mug, person(name="carla").id)] * 4)
        assert Review.objects.count() > 1
    finally:
        Review.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE catalog_review ADD CONSTRAINT review_once UNIQUE (product_id, user_id)"
            )


def test_proof_of_many_reviews_by_one_customer_at_once_one_is_taken(heard: Heard) -> None:
    (mug,) = made(draft())
    heard.events.clear()
    results = at_once([submitting(mug, person(name="carla").id)] * 12)
    assert sum(isinstance(one, ReviewRecord) for one in results) == 1
    assert sum(isinstance(one, AlreadyReviewed) for one in results) == 11
    assert (Review.objects.count(), heard.names) == (1, ["review.submitted"])


def test_control_without_the_locks_two_approvals_of_one_review_count_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (mug,) = made(draft())
    (review,) = reviews(mug, 4)
    gate = threading.Barrier(2)

    def read_and_meet(review_id: str) -> Review:
        found = Review.objects.get(id=review_id)
        gate.wait(timeout=10)
        return found

    monkeypatch.setattr(reviewing, "_locked", read_and_meet)
    at_once([lambda: judge_review(review_id=review, to=APPROVED, actor=ACTOR)] * 2)
    assert figures(mug) == (8, 2), "there is one review, of 4"


def test_proof_whatever_is_approved_and_rejected_at_once_the_rating_is_that_of_the_reviews(
    heard: Heard,
) -> None:
    (mug,) = made(draft())
    written = reviews(mug, 1, 2, 3, 4, 5, 5)
    works = [
        lambda review=review, to=to: judge_review(review_id=review, to=to, actor=ACTOR)
        for _ in range(4)
        for review in written
        for to in (APPROVED, REJECTED, APPROVED)
    ]
    heard.events.clear()
    results = at_once(works, threads=8)
    assert [one for one in results if isinstance(one, Exception)] == []
    approved = list(Review.objects.filter(status=APPROVED).values_list("rating", flat=True))
    assert figures(mug) == (sum(approved), len(approved))
    assert rebuild_ratings(actor=ACTOR) == 0
    told = [event.version_number or 0 for event in heard.events]
    assert sorted(told) == list(range(2, 2 + len(told))), "each change has a version of its own"
    assert version_of(mug) == 1 + len(told)


def test_many_approvals_of_one_review_count_once_and_are_told_once(heard: Heard) -> None:
    (mug,) = made(draft())
    (review,) = reviews(mug, 4)
    heard.events.clear()
    at_once([lambda: judge_review(review_id=review, to=APPROVED, actor=ACTOR)] * 10)
    assert (figures(mug), heard.names) == ((4, 1), ["review.approved"])


def test_ratings_that_drifted_are_put_right_once_and_told(
    heard: Heard, capsys: pytest.CaptureFixture[str]
) -> None:
    mug, cup, jug = made(draft(), draft(), draft())
    for review in reviews(mug, 4, 2):
        judge_review(review_id=review, to=APPROVED, actor=ACTOR)
    Product.objects.filter(id=mug).update(rating_sum=50, review_count=10)
    Product.objects.filter(id=cup).update(rating_sum=3, review_count=1)
    heard.events.clear()
    call_command("rebuild_ratings")
    assert capsys.readouterr().out == "2 ratings were wrong, and are right now.\n"
    assert [figures(one) for one in (mug, cup, jug)] == [(6, 2), (0, 0), (0, 0)]
    assert [(event.name, event.subject) for event in heard.events] == [
        ("product.updated", one) for one in sorted([mug, cup])
    ]
    call_command("rebuild_ratings")
    assert capsys.readouterr().out == "Every rating is right.\n"
    assert len(heard.events) == 2


def test_each_night_a_rating_that_drifted_is_put_right_and_told_once(heard: Heard) -> None:
    mug, cup = made(draft(), draft())
    for review in reviews(mug, 4, 2):
        judge_review(review_id=review, to=APPROVED, actor=ACTOR)
    Product.objects.filter(id=mug).update(rating_sum=50, review_count=10)
    heard.events.clear()
    for _night in range(2):
        count_ratings_anew(0)
    assert [figures(one) for one in (mug, cup)] == [(6, 2), (0, 0)]
    assert [(event.name, event.subject) for event in heard.events] == [("product.updated", mug)]
