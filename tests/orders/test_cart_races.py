"""Two devices on one cart. Each race has a control, in which the guard is taken out, and the proof."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from config.kernel.transactions import in_transaction
from orders import services
from orders.cart_records import CartRecord
from orders.models import Cart, CartItem
from orders.owners import CartOwner, new_cart_token
from orders.selectors import cart_of
from orders.selectors.carts import basket_of
from orders.services import cart_changes, merging
from tests.hearing import hearing
from tests.inventory.crowds import at_once
from tests.orders.asking import a_guest, wish
from tests.orders.conftest import person
from tests.orders.shop import mug

pytestmark = pytest.mark.django_db(transaction=True)


def meeting_between_look_and_write(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Without the lock, so many changes have all read the cart before the first of them writes."""
    gate = threading.Barrier(count)

    def read_and_meet(cart_id: str) -> Any:
        basket = basket_of(cart_id)
        gate.wait(timeout=10)
        return basket

    monkeypatch.setattr(cart_changes, "basket_of", read_and_meet)
    for name in ("lock_cart", "open_cart"):
        monkeypatch.setattr(cart_changes, name, lambda owner: Cart.objects.get(id=owner.cart_id))


def test_control_without_the_lock_one_device_undoes_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, goods = a_guest(), mug()
    services.add_item(owner=owner, wish=wish(goods, 1))
    meeting_between_look_and_write(monkeypatch, 2)
    at_once([lambda: services.add_item(owner=owner, wish=wish(goods, 1))] * 2)
    monkeypatch.undo()
    assert cart_of(owner).item_count == 2, "three were put in"


@pytest.mark.parametrize("opened", [True, False])
def test_proof_twenty_changes_at_once_lose_nothing_of_each_other(opened: bool) -> None:
    owner, goods, others = a_guest(), mug(), [mug() for _ in range(5)]
    if opened:
        services.add_item(owner=owner, wish=wish(goods, 1))
    works: list[Callable[[], CartRecord]] = [
        lambda: services.add_item(owner=owner, wish=wish(goods, 2)) for _ in range(10)
    ]
    works += [lambda one=one: services.add_item(owner=owner, wish=wish(one, 1)) for one in others * 2]  # type: ignore[misc]
    with hearing() as heard:
        results = at_once(works, threads=10)
    assert all(isinstance(one, CartRecord) for one in results), results
    cart = cart_of(owner)
    assert cart.item_count == opened + 20 + 10
    assert (len(cart.lines), CartItem.objects.count(), Cart.objects.count()) == (6, 6, 1)
    assert cart.version == opened + 20
    assert sorted(event.version_number or 0 for event in heard.events) == list(range(opened + 1, opened + 21))


def test_proof_a_cart_that_is_merged_from_two_tabs_at_once_is_merged_once() -> None:
    customer = person(name="carla")
    token, goods = new_cart_token(), mug()
    services.add_item(owner=CartOwner.guest(token), wish=wish(goods, 3))
    works = [lambda: services.merge_guest_cart(token=token, user_id=customer.id)] * 8
    results = at_once(works, threads=8)
    assert sorted(map(str, results)) == ["False"] * 7 + ["True"]
    assert cart_of(CartOwner.customer(customer.id)).item_count == 3


def test_control_a_merge_that_does_not_look_again_under_the_lock_doubles_what_it_brings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = person(name="carla")
    token, goods = new_cart_token(), mug()
    guest, own = CartOwner.guest(token), CartOwner.customer(customer.id)
    services.add_item(owner=guest, wish=wish(goods, 3))
    seen = basket_of(guest.cart_id)
    monkeypatch.setattr(merging, "basket_of", lambda cart_id: seen)
    at_once([lambda: in_transaction(lambda: merging._merged(guest, own))] * 2)
    assert cart_of(own).item_count == 6, "three were in it"


def test_proof_merges_and_changes_of_both_carts_do_not_block_each_other_for_ever() -> None:
    customer = person(name="carla")
    token, goods = new_cart_token(), mug()
    guest, own = CartOwner.guest(token), CartOwner.customer(customer.id)
    services.add_item(owner=guest, wish=wish(goods, 1))

    def put(owner: CartOwner) -> Callable[[], Any]:
        return lambda: services.add_item(owner=owner, wish=wish(goods, 1))

    def merge() -> Any:
        return services.merge_guest_cart(token=token, user_id=customer.id)

    results = at_once([put(guest), put(own), merge] * 10, threads=6)
    assert not [one for one in results if isinstance(one, Exception)]
    services.merge_guest_cart(token=token, user_id=customer.id)
    assert (cart_of(own).item_count, cart_of(guest).item_count) == (21, 0)
