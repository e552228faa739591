"""Batches of changes and merges: what doors other than REST do to carts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from catalog.offers import Offer
from config.api.fields import MAX_QUANTITY
from config.kernel.errors import ConflictingItems, InvalidItems
from orders import services
from orders.basket import MAX_LINES, Basket, BasketLine
from orders.models import Cart, CartItem
from orders.owners import CartOwner, new_cart_token
from orders.selectors import cart_of
from orders.tasks import forget_carts_of_guests_who_are_gone
from tests.hearing import Heard
from tests.orders.asking import a_guest, step, wish
from tests.orders.conftest import Person
from tests.orders.shop import cake, mug, shirt

pytestmark = pytest.mark.django_db

VANILLA, HAZELNUT = {"flavors": "Vanilla"}, {"flavors": "Hazelnut"}


def quantities(owner: CartOwner) -> list[int]:
    return [line.quantity for line in cart_of(owner).lines]


# -------------------------------------------------------------------------------------------- batches


def test_a_batch_is_done_in_its_order_and_announced_once(heard: Heard) -> None:
    owner, one, two, three = a_guest(), mug(), mug(), mug()
    services.add_item(owner=owner, wish=wish(one, 5))
    services.add_item(owner=owner, wish=wish(two, 5))
    heard.events.clear()
    cart = services.batch_update(
        owner=owner,
        changes=[
            step("add", one, 2),
            step("remove", two),
            step("set", three, 9),
            step("add", three, 1),
            step("set", one, 3),
        ],
    )
    assert [line.quantity for line in cart.lines] == [3, 10]
    assert heard.names == ["cart.updated"]
    assert (heard.events[0].data()["action"], cart.version) == ("updated", 3)


def test_one_wrong_item_undoes_the_whole_batch_and_each_wrong_one_is_named(heard: Heard) -> None:
    owner, one, two = a_guest(), mug(), mug()
    services.add_item(owner=owner, wish=wish(one, MAX_QUANTITY))
    changes = [step("add", two, 1), step("add", one, 1), step("remove", shirt())]
    heard.events.clear()
    with pytest.raises(InvalidItems) as refusal:
        services.batch_update(owner=owner, changes=changes)
    assert [(error.item, error.code) for error in refusal.value.errors] == [
        (changes[1].wish.item.sent, "invalid"),
        (changes[2].wish.item.sent, "unknown_item"),
    ]
    assert (quantities(owner), heard.names, Cart.objects.get().version) == ([MAX_QUANTITY], [], 1)


def test_a_batch_refuses_what_is_not_sold_and_choices_that_there_are_not() -> None:
    owner, sweet, paused = a_guest(), cake(), mug(available=False)
    with pytest.raises(InvalidItems) as unknown:
        services.batch_update(owner=owner, changes=[step("set", sweet, options={"flavors": "Chalk"})])
    assert unknown.value.code == "unknown_option"
    with pytest.raises(ConflictingItems) as unsold:
        services.batch_update(owner=owner, changes=[step("add", sweet), step("add", paused)])
    assert [error.code for error in unsold.value.errors] == ["not_for_sale"]
    assert not Cart.objects.exists()


def test_without_options_the_plain_line_is_meant_else_the_only_one_else_nobody_knows() -> None:
    owner, sweet = a_guest(), cake()
    services.add_item(owner=owner, wish=wish(sweet, 1, options=VANILLA))
    services.batch_update(owner=owner, changes=[step("set", sweet, 4)])
    assert quantities(owner) == [4]
    services.add_item(owner=owner, wish=wish(sweet, 1, options=HAZELNUT))
    with pytest.raises(InvalidItems) as refusal:
        services.batch_update(owner=owner, changes=[step("set", sweet, 7)])
    assert refusal.value.code == "ambiguous_line"
    services.batch_update(owner=owner, changes=[step("set", sweet, 7, options=HAZELNUT)])
    services.add_item(owner=owner, wish=wish(sweet, 1, options={}))
    services.batch_update(owner=owner, changes=[step("set", sweet, 2)])
    assert quantities(owner) == [4, 7, 2]


def test_removing_without_options_takes_out_all_of_the_variant_and_with_them_one_line() -> None:
    owner, sweet = a_guest(), cake()
    for options in (VANILLA, HAZELNUT, {}):
        services.add_item(owner=owner, wish=wish(sweet, 1, options=options))
    services.batch_update(owner=owner, changes=[step("remove", sweet, options=HAZELNUT)])
    assert [dict(line.options) for line in cart_of(owner).lines] == [VANILLA, {}]
    services.batch_update(owner=owner, changes=[step("remove", sweet)])
    assert quantities(owner) == []


# --------------------------------------------------------------------------------------------- merges


def test_a_merge_adds_up_keeps_choices_apart_and_loses_nothing_for_want_of_room(customer: Person) -> None:
    token, sweet, plain = new_cart_token(), cake(), mug()
    guest, own = CartOwner.guest(token), CartOwner.customer(customer.id)
    services.add_item(owner=own, wish=wish(sweet, 1, options=VANILLA))
    services.add_item(owner=own, wish=wish(plain, MAX_QUANTITY))
    services.add_item(owner=guest, wish=wish(sweet, 2, options=VANILLA))
    services.add_item(owner=guest, wish=wish(sweet, 3, options=HAZELNUT))
    services.add_item(owner=guest, wish=wish(plain, 7))
    filling = [
        CartItem(
            cart_id=own.cart_id,
            product_id=plain.id,
            variant_id=plain.variants[0],
            options={"n": str(number)},
            quantity=1,
            position=number,
        )
        for number in range(3, MAX_LINES + 1)
    ]
    CartItem.objects.bulk_create(filling)
    assert services.merge_guest_cart(token=token, user_id=customer.id) is True
    lines = cart_of(own).lines
    assert [line.quantity for line in lines if line.product_id == sweet.id] == [3, 3]
    assert lines[1].quantity == MAX_QUANTITY
    assert len(lines) == MAX_LINES + 1
    assert quantities(guest) == []
    assert services.merge_guest_cart(token=token, user_id=customer.id) is False


def test_a_token_that_nobody_used_merges_nothing_and_writes_nothing(customer: Person, heard: Heard) -> None:
    assert services.merge_guest_cart(token=new_cart_token(), user_id=customer.id) is False
    assert (Cart.objects.count(), heard.names) == (0, [])


def test_what_was_archived_meanwhile_comes_along_and_says_so(customer: Person) -> None:
    token, goods = new_cart_token(), mug()
    services.add_item(owner=CartOwner.guest(token), wish=wish(goods, 2))
    goods.archive()
    services.merge_guest_cart(token=token, user_id=customer.id)
    (line,) = cart_of(CartOwner.customer(customer.id)).lines
    assert (line.quantity, line.available) == (2, False)


# -------------------------------------------------------------------------------------------- sweeping


def test_carts_of_guests_who_are_gone_are_forgotten_and_no_others(customer: Person) -> None:
    goods = mug()
    old, fresh, own = a_guest(), a_guest(), CartOwner.customer(customer.id)
    for owner in (old, fresh, own):
        services.add_item(owner=owner, wish=wish(goods, 2))
    then = dt.datetime.now(dt.UTC) - dt.timedelta(days=61)
    Cart.objects.exclude(id=fresh.cart_id).update(updated_at=then)
    forget_carts_of_guests_who_are_gone(timestamp=0)
    assert set(Cart.objects.values_list("id", flat=True)) == {fresh.cart_id, own.cart_id}
    assert quantities(old) == []


# ------------------------------------------------------------------------------------ the table's own


@pytest.mark.parametrize("both", [True, False])
def test_a_cart_is_a_customers_or_a_guests_and_never_both_or_neither(customer: Person, both: bool) -> None:
    whose = {"user": customer.user, "token_digest": "d" * 64} if both else {}
    with pytest.raises(IntegrityError, match="cart_is_a_customers_or_a_guests"):
        Cart.objects.create(id="cart_1", **whose)


# --------------------------------------------------------------------------------------------- pricing

cents = st.decimals(min_value=0, max_value=10_000, places=2)
multipliers = st.decimals(min_value=0, max_value=10, places=4)


@given(price=cents, flavor=multipliers, size=multipliers, quantity=st.integers(1, 1000))
def test_a_price_is_the_exact_product_rounded_once(
    price: Decimal, flavor: Decimal, size: Decimal, quantity: int
) -> None:
    options = [
        {"name": "flavors", "choices": [{"name": "F", "price_multiplier": float(flavor)}]},
        {"name": "sizes", "choices": [{"name": "S", "price_multiplier": float(size)}]},
    ]
    offer = Offer("p", "v", "SKU", "Cake", "", {}, options, for_sale=True, currency="EGP", price=price)
    unit = offer.unit_price({"flavors": "F", "sizes": "S"})
    exact = int(price.scaleb(2)) * int(flavor.scaleb(4)) * int(size.scaleb(4))  # in cents, times 10^8
    assert int(unit.scaleb(2)) == (exact + 5 * 10**7) // 10**8
    assert offer.unknown_choices({"flavors": "F", "sizes": "X", "eggs": "E"}) == ["sizes", "eggs"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "x"]), st.integers(1, 5)), max_size=20))
def test_a_basket_has_one_line_for_a_variant_and_its_choices(wishes: list[tuple[str, str, int]]) -> None:
    basket = Basket()
    for variant, flavor, quantity in wishes:
        options = {"flavors": flavor} if flavor else {}
        basket.add(BasketLine(product_id="p", variant_id=variant, options=options, quantity=quantity))
    keys = [(line.variant_id, tuple(line.options.items())) for line in basket.lines]
    assert len(set(keys)) == len(keys)
    assert sum(line.quantity for line in basket.lines) == sum(quantity for *_, quantity in wishes)
    assert [line.position for line in basket.lines] == sorted(line.position for line in basket.lines)
