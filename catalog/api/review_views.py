"""``/api/products/{id}/reviews`` and ``/api/reviews``: what customers say, and what staff let through."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.access import require_stamp
from catalog.api.lists import text_parameter
from catalog.dialects.customers import shop_review
from catalog.errors import invalid
from catalog.models import Review, ReviewStatus
from catalog.records import ReviewRecord
from catalog.selectors.reviews import review_records, visible_reviews
from catalog.services import ReviewDraft, ReviewExpectation, judge_review, submit_review
from config.api.conditional import expected_match, stamp
from config.api.fields import StrictCharField, StrictIntegerField
from config.api.paging import paginate
from config.api.private import PrivateAnswers
from config.api.reading import checked
from config.api.tags import tag_of
from config.api.views import ApiViewSet
from config.identity.callers import actor_of, require_user, user_of
from config.identity.models import Role
from config.identity.permissions import anyone, may

_DEFAULT_LIMIT = 50


class ReviewBody(serializers.Serializer[Any]):
    """A review as it is written; what is a rating, and how long a text may be, the service says."""

    rating = StrictIntegerField()
    title = StrictCharField(required=False, allow_blank=True, default="")
    comment = StrictCharField(required=False, allow_blank=True, multiline=True, default="")


class JudgementBody(serializers.Serializer[Any]):
    status = StrictCharField()


class ReviewsViewSet(PrivateAnswers, ApiViewSet):
    """Reviews: anyone reads the approved ones, a customer writes one for each product, staff judge.

    Who writes sees more than others do.
    """

    permissions: ClassVar[dict[str, type[BasePermission]]] = {
        "list": anyone,
        "create": may(roles=[Role.CUSTOMER]),
        "judge": may(roles=[Role.ADMIN], duty="catalog.judge_review"),
    }

    def get_permissions(self) -> list[BasePermission]:
        return [self.permissions.get(self.action or "", anyone)()]

    def list(self, request: Request, product_id: str) -> Response:
        """Newest first; staff narrow it by ``?status=``."""
        require_stamp(product_id)
        user = user_of(request)
        reviews = visible_reviews(
            product_id=product_id,
            user_id=user.pk if user else None,
            is_staff=user is not None and user.has_perm("catalog.view_review"),
        )
        if status := text_parameter(request, "status"):
            reviews = reviews.filter(status=_status(status))
        rows = reviews.values("id", "created_at")
        page = paginate(request, rows, order=["-created_at", "-id"], default_limit=_DEFAULT_LIMIT)
        ids = [row["id"] for row in page.items]
        found = {review.id: review for review in review_records(Review.objects.filter(id__in=ids))}
        response = Response([shop_review(found[id_]) for id_ in ids if id_ in found])
        if page.link is not None:
            response["Link"] = page.link
        return response

    def create(self, request: Request, product_id: str) -> Response:
        draft = ReviewDraft(**checked(ReviewBody, request.data))
        review = submit_review(product_id=product_id, user_id=require_user(request).pk, draft=draft)
        return _answer(review, status=201)

    def judge(self, request: Request, review_id: str) -> Response:
        to = _status(checked(JudgementBody, request.data)["status"])
        expect = _expectation(request)
        return _answer(judge_review(review_id=review_id, to=to, actor=actor_of(request), expect=expect))


def _answer(review: ReviewRecord, *, status: int = 200) -> Response:
    body = shop_review(review)
    return stamp(Response(body, status=status), etag=tag_of(body), last_modified=review.updated_at)


def _expectation(request: Request) -> ReviewExpectation | None:
    """``If-Match``, judged under the review's lock."""
    return expected_match(request, lambda review: tag_of(shop_review(review)))


def _status(text: str) -> ReviewStatus:
    try:
        return ReviewStatus(text)
    except ValueError:
        raise invalid("status", f"must be one of {', '.join(ReviewStatus.values)}") from None
