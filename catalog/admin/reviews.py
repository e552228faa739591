"""The staff's desk for reviews: read, then approved or rejected by the service that every door takes."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from catalog.models import Review, ReviewStatus, Wishlist, WishlistItem
from catalog.services import judge_review
from config.api.fixed_filters import fixed_filter
from config.api.read_only import ReadOnlyAdmin, ReadOnlyInline
from config.identity.admin_actions import asks_for
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Nothing of a review is edited: its words are its writer's."""

    list_display = (
        "created_at", "product", "stars", "title", "comment_in_short", "writer", "verified_purchase", "state",
    )  # fmt: skip
    list_filter = (
        "status",
        fixed_filter("rating", [(str(number), "★" * number) for number in range(5, 0, -1)]),
        "verified_purchase",
        ("created_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("=id", "=product__id", "=product__sku", "product__title", "title", "user__email")
    ordering = ("-created_at", "-id")
    list_select_related = ("product", "user")
    fields = (
        "id", "product", "writer", "rating", "title", "comment", "verified_purchase", "status", "created_at",
        "updated_at",
    )  # fmt: skip
    actions = ("approve", "reject")

    @admin.display(description="Rating", ordering="rating")
    def stars(self, review: Review) -> str:
        return "★" * review.rating

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status",
        ordering="status",
        label={"pending": "warning", "approved": "success", "rejected": "danger"},
    )
    def state(self, review: Review) -> tuple[str, str]:
        return review.status, review.get_status_display()

    @admin.display(description="Writer", ordering="user__name")
    def writer(self, review: Review) -> str:
        return (review.user.name or review.user.email) if review.user else "(gone)"

    @admin.display(description="Comment")
    def comment_in_short(self, review: Review) -> str:
        return review.comment[:80]

    has_judge_permission = asks_for("catalog.judge_review")

    @admin.action(description="Approve the selected reviews", permissions=["judge"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._judge(request, queryset, ReviewStatus.APPROVED)

    @admin.action(description="Reject the selected reviews", permissions=["judge"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._judge(request, queryset, ReviewStatus.REJECTED)

    def _judge(self, request: HttpRequest, queryset: QuerySet[Review], to: ReviewStatus) -> None:
        actor = Actor(kind="user", id=str(request.user.pk), source="admin")
        done = 0
        for review_id in queryset.order_by("created_at", "id").values_list("id", flat=True):
            try:
                judge_review(review_id=review_id, to=to, actor=actor)
            except StockwireError as refusal:
                messages.error(request, f"{review_id}: {refusal.message}")
            else:
                done += 1
        messages.success(request, f"{done} {to.label.lower()}")


class WishInline(ReadOnlyInline):
    model = WishlistItem
    related = ("product",)
    fields = ("product", "added_at")
    readonly_fields = fields
    ordering = ("-added_at",)


@admin.register(Wishlist)
class WishlistAdmin(ReadOnlyAdmin):
    """What customers wish for."""

    list_display = ("user", "updated_at", "version")
    search_fields = ("=id", "user__email", "user__name")
    ordering = ("-updated_at", "id")
    list_select_related = ("user",)
    fields = ("id", "user", "version", "updated_at")
    inlines = (WishInline,)
