"""Long random walks through a shop: whatever was done in whatever order, every unit is somewhere, and once.

And on the way: a listener that only hears events knows, after every step, what a fresh reader reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.identity.models import Role
from config.kernel.actors import Actor
from config.kernel.errors import Conflict, ConflictingItems
from inventory import services as inventory
from inventory.models import StockMovement
from inventory.selectors.drift import drifts
from orders import flow, services
from orders.dialects import shop_cart, shop_order
from orders.errors import CartEmpty, IllegalTransition, NotReturnable
from orders.events import CartUpdated, OrderEvent
from orders.flow import Party, Status
from orders.models import Disposition, Order
from orders.owners import CartOwner
from orders.selectors import cart_of, order_records
from tests.catalog.goods import ACTOR
from tests.hearing import Heard, hearing
from tests.orders.asking import wish
from tests.orders.conftest import person
from tests.orders.shop import Goods, shirt

STAFF = Actor(kind="user", id="usr_staff")
TERMS = services.Terms(shipping_address="Here", phone="0123")

VARIANTS = range(3)


@dataclass
class Known:
    """What the walk knows of an order, in the plainest Python."""

    sold: Counter[int]
    status: Status = Status.PENDING
    returned: Counter[tuple[int, Disposition]] = field(default_factory=Counter)

    def outside(self, variant: int) -> int:
        """Units that customers have, or that are waiting to go to them."""
        if self.status == Status.CANCELLED:
            return 0
        return self.sold[variant] - sum(self.returned[variant, one] for one in Disposition)

    def spoilt(self, variant: int) -> int:
        """Units that came back and can't be sold again, or never will come back."""
        return self.returned[variant, Disposition.DAMAGED] + self.returned[variant, Disposition.LOST]


class Walk:
    """A shop with one product, an oracle beside it, and the steps that may be taken.

    Each step takes a few numbers and makes of them what fits: which of the orders, how many of what.
    """

    def __init__(self) -> None:
        self.goods: Goods = shirt(stock=0)
        self.customer = person(name=f"walker-{self.goods.id[-12:]}").user
        self.owner = CartOwner.customer(self.customer.pk)
        self.received: Counter[int] = Counter()
        self.orders: dict[str, Known] = {}
        self.cart: Counter[int] = Counter()
        for variant in VARIANTS:
            self.receive(variant, 15)

    # --------------------------------------------------------------------------------------- oracle

    def on_hand(self, variant: int) -> int:
        gone = sum(order.outside(variant) + order.spoilt(variant) for order in self.orders.values())
        return self.received[variant] - gone

    def an_order(self, number: int, *statuses: Status) -> str | None:
        """One of the orders (in one of these statuses)."""
        fitting = [id_ for id_, known in self.orders.items() if not statuses or known.status in statuses]
        return fitting[number % len(fitting)] if fitting else None

    # ---------------------------------------------------------------------------------------- steps

    def a_delivery_comes(self, variant: int, quantity: int, _more: int) -> None:
        self.receive(variant % 3, 1 + quantity % 4)

    def receive(self, variant: int, quantity: int) -> None:
        inventory.restock(lines=[self.goods.line(quantity, variant=variant)], actor=ACTOR)
        self.received[variant] += quantity

    def put_into_the_cart(self, variant: int, quantity: int, _more: int) -> None:
        variant, quantity = variant % 3, 1 + quantity % 4
        services.add_item(owner=self.owner, wish=wish(self.goods, quantity, variant=variant))
        self.cart[variant] += quantity

    def buy(self, variant: int, first: int, second: int) -> None:
        wanted = [(variant % 3, 1 + first % 4), ((variant + first) % 3, 1 + second % 4)]
        units: Counter[int] = Counter()
        for one, quantity in wanted:
            units[one] += quantity
        self.place(units, [wish(self.goods, quantity, variant=one) for one, quantity in wanted])

    def buy_the_cart(self, *_numbers: int) -> None:
        if self.cart:
            self.place(Counter(self.cart), [])
            return
        with pytest.raises(CartEmpty):
            services.place_order(customer=self.customer, terms=TERMS, actor=STAFF)

    def place(self, units: Counter[int], wishes: list[Any]) -> None:
        enough = all(self.on_hand(variant) >= quantity for variant, quantity in units.items())
        try:
            order = services.place_order(customer=self.customer, terms=TERMS, actor=STAFF, wishes=wishes)
        except ConflictingItems:
            assert not enough
            return
        assert enough
        self.orders[order.id] = Known(units)
        self.cart = +(self.cart - units)

    def try_any_step(self, order: int, to: int, _more: int) -> None:
        order_id = self.an_order(order)
        if order_id is not None:
            self.go_on(order_id, list(Status)[to % len(Status)])

    def ship(self, order: int, *_numbers: int) -> None:
        """Tried at random, hardly any order would ever leave the house."""
        order_id = self.an_order(order, Status.PENDING)
        if order_id is not None:
            for to in (Status.PROCESSING, Status.SHIPPED):
                self.go_on(order_id, to)

    def go_on(self, order_id: str, to: Status) -> None:
        known = self.orders[order_id]
        there_is = flow.step(known.status, to, {Party.STAFF}) is not None
        try:
            services.change_status(order_id=order_id, to=to, actor=STAFF, role=Role.ADMIN)
        except IllegalTransition:
            assert not there_is
            return
        assert there_is
        known.status = to

    def take_back(self, order: int, quantity: int, disposition: int) -> None:
        order_id = self.an_order(order, *flow.RETURNABLE) or self.an_order(order)
        if order_id is None:
            return
        known = self.orders[order_id]
        # One more than there is, now and then.
        asked = {variant: 1 + (quantity + variant) % (known.outside(variant) + 1) for variant in known.sold}
        items = {
            variant: (units, DISPOSITIONS[(disposition + variant) % 3]) for variant, units in asked.items()
        }
        fits = known.status in flow.RETURNABLE and all(
            known.outside(variant) >= units for variant, units in asked.items()
        )
        try:
            services.return_items(
                order_id=order_id,
                items=[
                    services.Returned(
                        variant_id=self.goods.variants[variant], quantity=units, disposition=how
                    )
                    for variant, (units, how) in items.items()
                ],
                actor=STAFF,
                role=Role.ADMIN,
            )
        except (NotReturnable, ConflictingItems):
            assert not fits
            return
        assert fits
        for variant, (units, how) in items.items():
            known.returned[variant, how] += units

    def the_customer_cancels(self, order: int, *_numbers: int) -> None:
        order_id = self.an_order(order)
        if order_id is None:
            return
        known = self.orders[order_id]
        actor = Actor(kind="user", id=self.customer.pk)
        try:
            services.cancel_order(order_id=order_id, actor=actor, role=Role.CUSTOMER)
        except Conflict:
            assert known.status != Status.PENDING
            return
        assert known.status == Status.PENDING
        known.status = Status.CANCELLED

    # --------------------------------------------------------------------------------- after each step

    def every_unit_is_somewhere_and_once(self) -> None:
        for variant in VARIANTS:
            outside = sum(order.outside(variant) for order in self.orders.values())
            spoilt = sum(order.spoilt(variant) for order in self.orders.values())
            assert outside + self.goods.on_hand(variant) + spoilt == self.received[variant]

    def the_ledger_tells_the_orders_apart(self) -> None:
        moved: Counter[tuple[str, str, str]] = Counter()
        rows = StockMovement.objects.filter(reference__in=list(self.orders))
        for reference, variant_id, kind, delta in rows.values_list(
            "reference", "variant_id", "kind", "delta"
        ):
            moved[reference, variant_id, kind] += delta
        for order_id, known in self.orders.items():
            for variant, variant_id in enumerate(self.goods.variants):
                sold, sellable = known.sold[variant], known.returned[variant, Disposition.SELLABLE]
                back = sold if known.status == Status.CANCELLED else sellable
                found = (moved[order_id, variant_id, "sale"], moved[order_id, variant_id, "return"])
                assert found == (-sold, back)

    def a_listener_knows_what_a_reader_reads(self, heard: Heard) -> None:
        newest: dict[str, OrderEvent | CartUpdated] = {}
        for event in heard.events:
            if isinstance(event, OrderEvent | CartUpdated):
                before = newest.get(event.subject)
                assert event.version == (before.version if before else 0) + 1, "no version is left out"
                newest[event.subject] = event
        for order in order_records(Order.objects.filter(id__in=list(self.orders))):
            assert order.status == self.orders[order.id].status
            last = newest.pop(order.id)
            assert isinstance(last, OrderEvent)
            assert (last.shop_order, last.version) == (shop_order(order), order.version)
        cart = cart_of(self.owner)
        lines = {self.goods.variants.index(line.variant_id): line.quantity for line in cart.lines}
        assert lines == dict(self.cart)
        if self.owner.cart_id in newest:
            of_cart = newest.pop(self.owner.cart_id)
            assert isinstance(of_cart, CartUpdated)
            # What can be had may have changed without the cart having changed.
            assert unstocked(of_cart.shop_cart) == unstocked(shop_cart(cart))
        assert newest == {}


DISPOSITIONS = list(Disposition)
STEPS = [
    Walk.a_delivery_comes,
    Walk.put_into_the_cart,
    Walk.buy,
    Walk.buy,
    Walk.buy_the_cart,
    Walk.try_any_step,
    Walk.ship,
    Walk.ship,
    Walk.take_back,
    Walk.take_back,
    Walk.take_back,
    Walk.the_customer_cancels,
]
numbers = st.integers(0, 11)


def unstocked(cart: Any) -> dict[str, Any]:
    return {**cart, "items": [{**line, "available": None} for line in cart["items"]]}


@pytest.mark.timeout(300)
@pytest.mark.django_db
@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STEPS), numbers, numbers, numbers), min_size=25, max_size=35))
def test_over_long_random_walks_every_unit_is_somewhere_and_once(
    steps: list[tuple[Callable[..., None], int, int, int]],
) -> None:
    with hearing() as heard:
        walk = Walk()
        for step, *chosen in steps:
            step(walk, *chosen)
            walk.every_unit_is_somewhere_and_once()
            walk.the_ledger_tells_the_orders_apart()
            walk.a_listener_knows_what_a_reader_reads(heard)
    assert drifts() == []
