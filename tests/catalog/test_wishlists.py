"""Wishlists through REST, and at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from catalog.models import Wishlist, WishlistItem
from catalog.selectors.wishlists import wishers_of, wishlist_id_of, wishlist_of
from catalog.services import add_wish, begin_wishlist, hold_product, wishing
from config.identity.models import Role, Scope
from config.kernel.clock import now
from tests.catalog.goods import draft, made
from tests.hearing import Heard
from tests.inventory.conftest import caller, key_caller
from tests.inventory.crowds import at_once
from tests.orders.conftest import Person, person
from tests.orders.shop import mug

ITEMS = "/api/wishlist/items"


@pytest.fixture
def carla(db: None) -> Person:
    return person(name="carla")


def wish(who: Any, product_id: str) -> dict[str, Any]:
    answer = who("POST", ITEMS, {"productId": product_id})
    assert answer.status_code == 200, answer.content
    wishlist: dict[str, Any] = answer.data
    return wishlist


def wished(wishlist: dict[str, Any]) -> list[str]:
    return [item["productId"] for item in wishlist["items"]]


# --------------------------------------------------------------------------------- through REST


def test_a_wishlist_is_there_before_anything_is_in_it(carla: Person) -> None:
    wishlist = carla("GET", "/api/wishlist").data
    assert wishlist == {
        "_id": wishlist_id_of(carla.id),
        "id": wishlist_id_of(carla.id),
        "items": [],
        "version": 0,
        "updatedAt": wishlist["updatedAt"],
    }
    assert Wishlist.objects.count() == 0, "reading writes nothing"


def test_what_is_wished_for_is_shown_with_its_price_and_whether_there_is_some(
    carla: Person, heard: Heard
) -> None:
    tea, cup = mug(stock=2, price="99.5"), mug(stock=0, price="7", title="Cup")
    heard.events.clear()
    wish(carla, tea.id)
    wishlist = wish(carla, cup.id)
    assert [{**item, "addedAt": ""} for item in wishlist["items"]] == [
        {
            "productId": cup.id,
            "name": "Cup",
            "price": 7,
            "currency": "EGP",
            "inStock": False,
            "addedAt": "",
        },
        {
            "productId": tea.id,
            "name": "Mug",
            "price": 99.5,
            "currency": "EGP",
            "inStock": True,
            "addedAt": "",
        },
    ]
    assert carla("GET", "/api/wishlist").data == wishlist
    assert heard.names == ["wishlist.updated"] * 2
    assert [event.version_number for event in heard.events] == [1, 2]
    last = heard.events[-1]
    assert last.extra() == {"shop_wishlist": wishlist}
    data = last.data()
    assert (data["action"], data["user_id"], data["product_id"]) == ("item_added", carla.id, cup.id)
    assert [item["product_id"] for item in data["wishlist"]["items"]] == [cup.id, tea.id]


def test_the_same_product_is_in_it_once_and_told_once(carla: Person, heard: Heard) -> None:
    tea = mug()
    first = wish(carla, tea.id)
    heard.events.clear()
    assert wish(carla, tea.id) == first
    assert (WishlistItem.objects.count(), heard.events) == (1, [])


def test_what_is_taken_out_is_gone(carla: Person, heard: Heard) -> None:
    tea, cup = mug(), mug()
    wish(carla, tea.id)
    wish(carla, cup.id)
    heard.events.clear()
    answer = carla("DELETE", f"{ITEMS}/{tea.id}")
    assert (answer.status_code, wished(answer.data), answer.data["version"]) == (200, [cup.id], 3)
    again = carla("DELETE", f"{ITEMS}/{tea.id}")
    assert (again.status_code, again.data["code"]) == (404, "not_wished")
    assert [event.data()["action"] for event in heard.events] == ["item_removed"]


def test_each_has_their_own(carla: Person) -> None:
    tea, omar = mug(), person(name="omar")
    wish(carla, tea.id)
    assert omar("GET", "/api/wishlist").data["items"] == []
    assert omar("DELETE", f"{ITEMS}/{tea.id}").status_code == 404
    assert wished(carla("GET", "/api/wishlist").data) == [tea.id]


def test_only_customers_have_one(db: None) -> None:
    tea = mug()
    callers: dict[str, Any] = {
        "admin": person(Role.ADMIN),
        "tailor": person(Role.TAILOR),
        "delivery": person(Role.DELIVERY),
        "service": key_caller(*Scope, name="all"),
        "guest": caller(),
    }
    for name, who in callers.items():
        for answer in (
            who("GET", "/api/wishlist"),
            who("POST", ITEMS, {"productId": tea.id}),
            who("DELETE", f"{ITEMS}/{tea.id}"),
        ):
            assert answer.status_code == (401 if name == "guest" else 403), name
    assert Wishlist.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [{}, [], *({"productId": wrong} for wrong in (5, "", None, "a\0b", "x" * 300))],
    ids=lambda body: str(body)[:40],
)
def test_what_names_no_product_is_refused(carla: Person, heard: Heard, body: Any) -> None:
    answer = carla("POST", ITEMS, body)
    assert answer.status_code == 400
    assert (WishlistItem.objects.count(), heard.events) == (0, [])


def test_a_product_that_is_not_there_can_not_be_wished_for(carla: Person, heard: Heard) -> None:
    tea = mug()
    tea.archive()
    heard.events.clear()
    for product_id in ("prod_none", tea.id):
        answer = carla("POST", ITEMS, {"productId": product_id})
        assert (answer.status_code, answer.data["message"]) == (404, "Product not found")
    assert (WishlistItem.objects.count(), heard.events) == (0, [])


def test_what_is_archived_later_stays_and_is_not_in_stock(carla: Person) -> None:
    tea = mug()
    wish(carla, tea.id)
    tea.archive()
    (item,) = carla("GET", "/api/wishlist").data["items"]
    assert (item["name"], item["price"], item["inStock"]) == ("Mug", 100, False)
    assert carla("DELETE", f"{ITEMS}/{tea.id}").status_code == 200


def test_its_size_is_bounded(carla: Person, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "MOST_WISHES", 2)
    inside = [mug().id, mug().id]
    for product_id in inside:
        wish(carla, product_id)
    one_more = mug().id
    heard.events.clear()
    answer = carla("POST", ITEMS, {"productId": one_more})
    assert (answer.status_code, answer.data["code"]) == (409, "wishlist_full")
    assert wish(carla, inside[0])["version"] == 2, "what is in it already may be said again"
    assert heard.events == []


def test_it_has_a_tag_that_also_changes_with_a_price(carla: Person) -> None:
    tea = mug(price="100")
    wish(carla, tea.id)
    first = carla("GET", "/api/wishlist")
    again = carla("GET", "/api/wishlist", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    staff = person(Role.ADMIN)
    assert staff("PATCH", f"/api/products/{tea.id}", {"price": 90}).status_code == 200
    changed = carla("GET", "/api/wishlist", **{"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.data["items"][0]["price"]) == (200, 90)


def test_a_wish_is_taken_out_of_the_wishlist_that_was_read(carla: Person, heard: Heard) -> None:
    tea, cup = mug(), mug()
    wish(carla, tea.id)
    read = carla("GET", "/api/wishlist")["ETag"]
    wish(carla, cup.id)
    heard.events.clear()
    stale = carla("DELETE", f"{ITEMS}/{tea.id}", **{"If-Match": read})
    present = carla("GET", "/api/wishlist")["ETag"]
    assert (stale.status_code, stale.data["code"], stale["ETag"]) == (412, "precondition_failed", present)
    assert (WishlistItem.objects.count(), heard.events) == (2, [])
    answer = carla("DELETE", f"{ITEMS}/{tea.id}", **{"If-Match": present})
    assert (answer.status_code, wished(answer.data)) == (200, [cup.id])


def test_a_full_one_takes_as_many_queries_as_one_with_two(
    carla: Person, django_assert_num_queries: Any
) -> None:
    for product_id in made(*(draft() for _ in range(30))):
        add_wish(user_id=carla.id, product_id=product_id)
    with django_assert_num_queries(7):
        assert len(wishlist_of(carla.id).wishes) == 30


# --------------------------------------------------------------------------------- the services


def test_one_that_is_begun_by_hand_is_told_once(carla: Person, heard: Heard) -> None:
    assert begin_wishlist(user_id=carla.id).version == 1
    assert begin_wishlist(user_id=carla.id).version == 1
    assert [event.data()["action"] for event in heard.events] == ["wishlist_created"]
    assert heard.events[0].data()["product_id"] is None


def test_who_wishes_is_found_in_pages_and_only_who_did_so_in_time(db: None) -> None:
    tea = mug()
    people = [person(name=f"c{number}") for number in range(5)]
    for who in people:
        add_wish(user_id=who.id, product_id=tea.id)
    moment = now()
    add_wish(user_id=person(name="late").id, product_id=tea.id)
    found: list[tuple[str, str]] = []
    while page := wishers_of(
        product_id=tea.id, wished_by=moment, after=found[-1][0] if found else "", limit=2
    ):
        found += page
    assert {user_id for _id, user_id in found} == {who.id for who in people}
    assert len(found) == 5


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_change_takes_the_version_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    carla = person(name="carla")
    goods = [mug() for _ in range(8)]
    row = begin_wishlist(user_id=carla.id)
    monkeypatch.setattr(wishing, "_opened", lambda _user_id: Wishlist(id=row.id, version=1))
    at_once([lambda one=one: add_wish(user_id=carla.id, product_id=one.id) for one in goods])  # type: ignore[misc]
    assert wishlist_of(carla.id).version == 2, "after eight changes"


@pytest.mark.django_db(transaction=True)
def test_proof_changes_at_once_have_a_version_each_and_a_product_is_in_it_once(heard: Heard) -> None:
    carla = person(name="carla")
    goods = [mug() for _ in range(6)]
    heard.events.clear()
    works = [lambda one=one: add_wish(user_id=carla.id, product_id=one.id) for one in goods * 3]
    results = at_once(works, threads=9)
    assert [one for one in results if isinstance(one, Exception)] == []
    wishlist = wishlist_of(carla.id)
    assert (len(wishlist.wishes), wishlist.version) == (6, 6)
    assert sorted(event.version_number or 0 for event in heard.events) == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_proof_its_bound_holds_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "MOST_WISHES", 3)
    carla = person(name="carla")
    goods = [mug() for _ in range(8)]
    works = [lambda one=one: add_wish(user_id=carla.id, product_id=one.id) for one in goods]
    results = at_once(works, threads=8)
    assert sorted(getattr(one, "code", "done") for one in results) == ["done"] * 3 + ["wishlist_full"] * 5
    assert WishlistItem.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_wish_does_not_wait_for_whoever_changes_the_product() -> None:
    carla, tea = person(name="carla"), mug()
    with transaction.atomic():
        hold_product(product_id=tea.id)
        (outcome,) = at_once([lambda: add_wish(user_id=carla.id, product_id=tea.id)])
    assert not isinstance(outcome, Exception), outcome
    assert outcome.version == 1
