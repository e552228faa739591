"""Reviews and wishlists in the admin: looked at, judged by the same service, never edited."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product, Review
from catalog.services import ReviewDraft, add_wish, submit_review
from config.identity.models import Role
from tests.catalog.goods import draft, made
from tests.hearing import Heard
from tests.orders.conftest import person

pytestmark = pytest.mark.django_db

LIST = reverse("admin:catalog_review_changelist")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(person(Role.ADMIN, "sara").user)
    return client


def written(*ratings: int) -> tuple[str, list[str]]:
    (mug,) = made(draft(title="Mug"))
    reviews = [
        submit_review(
            product_id=mug,
            user_id=person(name=f"c{number}").id,
            draft=ReviewDraft(rating=rating, title="<b>Bold</b>", comment="<script>1</script>"),
        ).id
        for number, rating in enumerate(ratings)
    ]
    return mug, reviews


def act(staff: Client, action: str, reviews: Sequence[str]) -> str:
    answer = staff.post(LIST, {"action": action, "_selected_action": reviews}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_selected_reviews_are_approved_and_rejected_by_the_service(staff: Client, heard: Heard) -> None:
    mug, (first, second, third) = written(5, 4, 1)
    heard.events.clear()
    assert "2 approved" in act(staff, "approve", [first, second])
    assert "2 rejected" in act(staff, "reject", [second, third])
    assert heard.names == ["review.approved", "review.approved", "product.updated"]
    assert Product.objects.values_list("rating_sum", "review_count").get(id=mug) == (5, 1)
    assert dict(Review.objects.values_list("id", "status")) == {
        first: "approved", second: "rejected", third: "rejected"
    }  # fmt: skip


def test_they_are_listed_narrowed_and_never_shown_as_markup(staff: Client) -> None:
    _mug, (first, second) = written(5, 1)
    act(staff, "approve", [first])
    page = staff.get(f"{LIST}?status__exact=pending").content.decode()
    assert second in page
    assert first not in page
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<script>1</script>" not in page


def test_a_review_is_looked_at_and_not_edited(staff: Client, heard: Heard) -> None:
    _mug, (review,) = written(3)
    heard.events.clear()
    page = reverse("admin:catalog_review_change", args=[review])
    shown = staff.get(page)
    assert shown.status_code == 200
    assert "&lt;script&gt;1&lt;/script&gt;" in shown.content.decode()
    assert staff.post(page, {"rating": 5, "status": "approved"}).status_code == 403
    assert staff.post(reverse("admin:catalog_review_delete", args=[review])).status_code == 403
    assert staff.get(reverse("admin:catalog_review_add")).status_code == 403
    assert list(Review.objects.values_list("rating", "status")) == [(3, "pending")]
    assert heard.events == []


def test_wishlists_are_looked_at(staff: Client) -> None:
    (mug,) = made(draft(title="A very particular mug"))
    wishlist = add_wish(user_id=person(name="carla").id, product_id=mug)
    page = staff.get(reverse("admin:catalog_wishlist_change", args=[wishlist.id]))
    assert page.status_code == 200
    assert "A very particular mug" in page.content.decode()
    assert "carla@example.com" in staff.get(reverse("admin:catalog_wishlist_changelist")).content.decode()
    assert staff.post(reverse("admin:catalog_wishlist_delete", args=[wishlist.id])).status_code == 403


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.TAILOR, Role.DELIVERY, None])
def test_nobody_but_staff_comes_in(role: Role | None) -> None:
    _mug, (review,) = written(5)
    client = Client()
    if role is not None:
        client.force_login(person(role, "somebody").user)
    answer = client.post(LIST, {"action": "approve", "_selected_action": [review]})
    assert answer.status_code == 302
    assert Review.objects.get().status == "pending"
