"""Reviews through REST: who writes, who reads, who judges, and what the product shows of them."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Product, Review
from config.identity.models import Role, Scope
from tests.catalog.goods import draft, made, version_of
from tests.hearing import Heard
from tests.inventory.conftest import caller, key_caller
from tests.orders.conftest import Person, person

pytestmark = pytest.mark.django_db

MARKUP = "<script>alert('x')</script> & „so“\n\u202e\U0001f600"


@pytest.fixture
def carla() -> Person:
    return person(name="carla")


@pytest.fixture
def sara() -> Person:
    return person(Role.ADMIN, "sara")


@pytest.fixture
def mug() -> str:
    return made(draft(title="Mug"))[0]


def path(product_id: str) -> str:
    return f"/api/products/{product_id}/reviews"


def write(who: Any, product_id: str, rating: Any = 5, **more: Any) -> dict[str, Any]:
    answer = who("POST", path(product_id), {"rating": rating, **more})
    assert answer.status_code == 201, answer.content
    review: dict[str, Any] = answer.data
    return review


def judge(who: Any, review: dict[str, Any], status: str) -> dict[str, Any]:
    answer = who("PUT", f"/api/reviews/{review['_id']}/status", {"status": status})
    assert answer.status_code == 200, answer.content
    judged: dict[str, Any] = answer.data
    return judged


def shown(product_id: str) -> dict[str, Any]:
    product: dict[str, Any] = caller()("GET", f"/api/products/{product_id}").data
    return product


# --------------------------------------------------------------------------------- writing


def test_a_review_waits_for_staff_and_is_kept_to_the_letter(carla: Person, mug: str, heard: Heard) -> None:
    heard.events.clear()
    review = write(carla, mug, 4, title="Good <b>mug</b>", comment=MARKUP)
    assert review == {
        "_id": review["_id"],
        "id": review["_id"],
        "productId": mug,
        "user": "Carla",
        "rating": 4,
        "title": "Good <b>mug</b>",
        "comment": MARKUP,
        "status": "pending",
        "verifiedPurchase": False,
        "date": review["createdAt"],
        "createdAt": review["createdAt"],
        "updatedAt": review["createdAt"],
    }
    assert review["_id"].startswith("rev_")
    assert heard.names == ["review.submitted"]
    assert (shown(mug)["rating"], shown(mug)["reviewCount"], shown(mug)["reviews"]) == (0, 0, [])
    assert version_of(mug) == 1, "nothing that readers of the product see has changed"


@pytest.mark.parametrize("status", ["pending", "approved", "rejected"])
def test_a_second_review_of_a_product_is_refused_whatever_became_of_the_first(
    carla: Person, sara: Person, mug: str, heard: Heard, status: str
) -> None:
    first = write(carla, mug, 4, comment="first")
    if status != "pending":
        judge(sara, first, status)
    heard.events.clear()
    answer = carla("POST", path(mug), {"rating": 1, "comment": "second"})
    assert (answer.status_code, answer.data["code"]) == (409, "already_reviewed")
    assert list(Review.objects.values_list("rating", "comment", "status")) == [(4, "first", status)]
    assert heard.events == []


def test_each_customer_and_each_product_has_a_review_of_its_own(carla: Person, mug: str) -> None:
    write(carla, mug)
    write(person(name="omar"), mug)
    write(carla, made(draft())[0])
    assert Review.objects.count() == 3


@pytest.mark.parametrize(
    "body",
    [
        {"rating": 6},
        {"rating": 0},
        {"rating": -1},
        {"rating": 4.5},
        {"rating": "5"},
        {"rating": True},
        {"rating": None},
        {"rating": [5]},
        {"rating": 1e300},
        {},
        {"rating": 5, "title": 7},
        {"rating": 5, "title": "x" * 201},
        {"rating": 5, "title": "two\nlines"},
        {"rating": 5, "comment": "x" * 4_001},
        {"rating": 5, "comment": "nul \0"},
        {"rating": 5, "comment": "bell \a"},
        {"rating": 5, "comment": None},
        [],
        "5",
    ],
    ids=lambda body: str(body)[:40],
)
def test_what_is_no_review_is_refused_and_changes_nothing(
    carla: Person, mug: str, heard: Heard, body: Any
) -> None:
    heard.events.clear()
    answer = carla("POST", path(mug), body)
    assert answer.status_code == 400, answer.content
    assert answer.data["message"] == answer.data["error"]
    assert (Review.objects.count(), heard.events) == (0, [])


def test_the_longest_texts_and_a_whole_number_with_a_fraction_of_none_are_taken(
    carla: Person, mug: str
) -> None:
    review = write(carla, mug, 5.0, title="x" * 200, comment="ü" * 4_000)
    assert (review["rating"], len(review["title"]), len(review["comment"])) == (5, 200, 4_000)


@pytest.mark.parametrize("gone", [False, True])
def test_a_product_that_is_not_there_has_no_reviews(carla: Person, gone: bool, mug: str) -> None:
    if gone:
        Product.objects.filter(id=mug).update(archived_at="2026-01-01T00:00:00Z")
    where = path(mug if gone else "prod_none")
    for answer in (carla("GET", where), carla("POST", where, {"rating": 5})):
        assert (answer.status_code, answer.data["message"]) == (404, "Product not found")
    assert Review.objects.count() == 0


# --------------------------------------------------------------------------------- who


def test_only_customers_write_and_only_staff_judge(carla: Person, mug: str) -> None:
    review = write(carla, mug)
    others: dict[str, Any] = {
        "admin": person(Role.ADMIN),
        "tailor": person(Role.TAILOR),
        "delivery": person(Role.DELIVERY),
        "service": key_caller(*Scope, name="all"),
        "guest": caller(),
    }
    expected = {"guest": 401}
    for name, who in others.items():
        answer = who("POST", path(mug), {"rating": 5})
        assert answer.status_code == expected.get(name, 403), name
    for name, who in {**others, "customer": carla}.items():
        answer = who("PUT", f"/api/reviews/{review['_id']}/status", {"status": "approved"})
        assert answer.status_code == (200 if name == "admin" else expected.get(name, 403)), name
    assert Review.objects.count() == 1


def test_what_is_not_approved_is_seen_by_its_writer_and_by_staff(
    carla: Person, sara: Person, mug: str
) -> None:
    omar, nobody = person(name="omar"), caller()
    mine, theirs = write(carla, mug, 1), write(omar, mug, 2)
    public = write(person(name="pia"), mug, 3)
    judge(sara, public, "approved")
    judge(sara, theirs, "rejected")

    def seen_by(who: Any, query: str = "") -> list[str]:
        answer = who("GET", path(mug) + query)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-cache"
        return [review["_id"] for review in answer.data]

    assert seen_by(nobody) == seen_by(person(Role.TAILOR)) == [public["_id"]]
    assert seen_by(key_caller(Scope.CATALOG_WRITE)) == [public["_id"]]
    assert seen_by(carla) == [public["_id"], mine["_id"]]
    assert seen_by(omar) == [public["_id"], theirs["_id"]]
    assert seen_by(sara) == [public["_id"], theirs["_id"], mine["_id"]]
    assert seen_by(sara, "?status=pending") == [mine["_id"]]
    assert seen_by(nobody, "?status=pending") == []
    assert nobody("GET", f"{path(mug)}?status=nice").status_code == 400


def test_a_list_is_paged_newest_first(sara: Person, mug: str) -> None:
    written = [judge(sara, write(person(name=f"c{n}"), mug), "approved")["_id"] for n in range(5)]
    first = caller()("GET", f"{path(mug)}?limit=2")
    found = [review["_id"] for review in first.data]
    following = first["Link"].split(";")[0].strip("<>").removeprefix("http://testserver")
    found += [review["_id"] for review in caller()("GET", following).data]
    assert found == written[::-1][:4]


# --------------------------------------------------------------------------------- judging


def test_approving_changes_the_product_its_version_and_its_tag(
    carla: Person, sara: Person, mug: str, heard: Heard
) -> None:
    omar = person(name="omar")
    first, second = write(carla, mug, 5, title="t", comment="c"), write(omar, mug, 4)
    before = caller()("GET", f"/api/products/{mug}")
    heard.events.clear()
    assert judge(sara, first, "approved")["status"] == "approved"
    judge(sara, second, "approved")
    assert heard.names == ["review.approved", "review.approved"]
    assert [event.version_number for event in heard.events] == [2, 3]
    after = caller()("GET", f"/api/products/{mug}", **{"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    product = after.data
    assert (product["rating"], product["reviewCount"]) == (4.5, 2)
    assert product["updatedAt"] > before.data["updatedAt"]
    assert product["updatedAt"] == heard.events[-1].data()["updated_at"]
    assert product["reviews"][1] == {
        "_id": first["_id"],
        "user": "Carla",
        "rating": 5,
        "title": "t",
        "comment": "c",
        "verifiedPurchase": False,
        "date": first["date"],
    }
    stale = sara("PUT", f"/api/products/{mug}", {"title": "New"}, **{"If-Match": before["ETag"]})
    assert stale.status_code == 412


def test_a_review_goes_to_and_fro_and_the_rating_follows(
    carla: Person, sara: Person, mug: str, heard: Heard
) -> None:
    other = write(person(name="omar"), mug, 2)
    review = write(carla, mug, 5)
    judge(sara, other, "approved")
    heard.events.clear()
    seen = []
    for status in ("approved", "approved", "rejected", "rejected", "approved"):
        judge(sara, review, status)
        product = shown(mug)
        seen.append((product["rating"], product["reviewCount"]))
    assert seen == [(3.5, 2), (3.5, 2), (2, 1), (2, 1), (3.5, 2)]
    assert heard.names == ["review.approved", "product.updated", "review.approved"]
    assert [event.version_number for event in heard.events] == [3, 4, 5]
    rejected = heard.events[1].extra()["shop_product"]
    assert (rejected["rating"], rejected["reviewCount"]) == (2, 1)


def test_rejecting_what_nobody_saw_changes_nothing_of_the_product(
    carla: Person, sara: Person, mug: str, heard: Heard
) -> None:
    review = write(carla, mug)
    heard.events.clear()
    assert judge(sara, review, "rejected")["status"] == "rejected"
    assert (heard.events, version_of(mug)) == ([], 1)


@pytest.mark.parametrize("body", [{"status": "pending"}, {"status": "nice"}, {"status": 1}, {}, []])
def test_a_judgement_that_is_none_is_refused(carla: Person, sara: Person, mug: str, body: Any) -> None:
    review = write(carla, mug)
    assert sara("PUT", f"/api/reviews/{review['_id']}/status", body).status_code == 400
    assert Review.objects.get().status == "pending"


def test_a_review_is_judged_as_it_was_read(carla: Person, sara: Person, mug: str, heard: Heard) -> None:
    written = carla("POST", path(mug), {"rating": 4})
    judgement = f"/api/reviews/{written.data['_id']}/status"
    approved = sara("PUT", judgement, {"status": "approved"}, **{"If-Match": written["ETag"]})
    assert (approved.status_code, "Last-Modified" in approved) == (200, True)
    heard.events.clear()
    stale = sara("PUT", judgement, {"status": "rejected"}, **{"If-Match": written["ETag"]})
    assert (stale.status_code, stale["ETag"]) == (412, approved["ETag"])
    assert (Review.objects.get().status, heard.events) == ("approved", [])


def test_a_review_that_is_not_there_can_not_be_judged(sara: Person) -> None:
    answer = sara("PUT", "/api/reviews/rev_none/status", {"status": "approved"})
    assert (answer.status_code, answer.data["message"]) == (404, "Review not found")


def test_of_an_archived_product_a_review_is_judged_in_silence(
    carla: Person, sara: Person, mug: str, heard: Heard
) -> None:
    review = write(carla, mug)
    sara("DELETE", f"/api/products/{mug}")
    heard.events.clear()
    judge(sara, review, "approved")
    assert heard.events == []
    assert Product.objects.values_list("rating_sum", "review_count").get(id=mug) == (5, 1)


def test_a_product_carries_its_newest_ten_and_lists_carry_none(sara: Person, mug: str) -> None:
    written = [judge(sara, write(person(name=f"c{n}"), mug), "approved")["_id"] for n in range(12)]
    assert [review["_id"] for review in shown(mug)["reviews"]] == written[:1:-1]
    assert shown(mug)["reviewCount"] == 12
    (listed,) = caller()("GET", "/api/products?limit=9").data
    assert "reviews" not in listed
    assert (listed["rating"], listed["reviewCount"]) == (5, 12)


def test_a_write_of_the_product_leaves_its_rating_alone(carla: Person, sara: Person, mug: str) -> None:
    judge(sara, write(carla, mug, 4), "approved")
    answer = sara("PUT", f"/api/products/{mug}", {"title": "New", "rating": 1, "reviewCount": 900})
    assert (answer.data["rating"], answer.data["reviewCount"]) == (4, 1)
    assert len(answer.data["reviews"]) == 1


def test_products_are_sorted_by_their_rating(sara: Person) -> None:
    unrated, fours, two_fours, fives = made(*(draft() for _ in range(4)))
    people = [person(name=f"c{n}") for n in range(2)]
    judge(sara, write(people[0], fours, 4), "approved")
    for who in people:
        judge(sara, write(who, two_fours, 4), "approved")
    judge(sara, write(people[0], fives, 5), "approved")
    write(people[0], unrated, 5)
    found = caller()("GET", "/api/products?sort=rating&limit=9").data
    assert [one["id"] for one in found] == [fives, two_fours, fours, unrated]
    first = caller()("GET", "/api/products?sort=rating&limit=2")
    following = first["Link"].split(";")[0].strip("<>").removeprefix("http://testserver")
    assert [one["id"] for one in caller()("GET", following).data] == [fours, unrated]


def test_of_a_writer_who_is_gone_the_words_stay(carla: Person, sara: Person, mug: str) -> None:
    judge(sara, write(carla, mug, 4, comment="kept"), "approved")
    carla.user.delete()
    (review,) = shown(mug)["reviews"]
    assert (review["user"], review["comment"], shown(mug)["rating"]) == ("", "kept", 4)
