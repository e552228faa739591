"""Long random walks through a shop: whatever was done in whatever order, every unit is somewhere, and once.

And on the way: a listener that only hears events knows, after every step, what a fresh reader reads.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from config.identity.models import Role
from config.kernel import events
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
from orders.models import Disposition
from orders.owners import CartOwner
from orders.selectors import cart_of, order_record
from tests.catalog.goods import ACTOR
from tests.inventory.shop import Heard
from tests.orders.asking import wish
from tests.orders.conftest import person
from tests.orders.shop import Goods, shirt

STAFF = Actor(kind="user", id="usr_staff")
TERMS = services.Terms(shipping_address="Here", phone="0123")

variants = st.integers(0, 2)
quantities = st.integers(1, 4)
baskets = st.lists(st.tuples(variants, quantities), min_size=1, max_size=3)
dispositions = st.sampled_from(list(Disposition))
some_back = st.lists(st.tuples(variants, quantities, dispositions), min_size=1, max_size=3)


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


class Shop(RuleBasedStateMachine):
    goods: Goods

    @initialize()
    def open_shop(self) -> None:
        self.goods = shirt(stock=0)
        self.customer = person(name=f"walker-{self.goods.id[-12:]}").user
        self.owner = CartOwner.customer(self.customer.pk)
        self.received: Counter[int] = Counter()
        self.orders: dict[str, Known] = {}
        self.cart: Counter[int] = Counter()
        self.heard = Heard()
        events.record_with(self.heard)

    def teardown(self) -> None:
        if hasattr(self, "heard"):
            events._recorders.remove(self.heard)
            assert drifts() == []

    def on_hand(self, variant: int) -> int:
        gone = sum(order.outside(variant) for order in self.orders.values())
        gone += sum(
            order.returned[variant, one]
            for order in self.orders.values()
            for one in (Disposition.DAMAGED, Disposition.LOST)
        )
        return self.received[variant] - gone

    def pick(self, data: st.DataObject) -> str | None:
        return data.draw(st.sampled_from(sorted(self.orders))) if self.orders else None

    # --------------------------------------------------------------------------------------- rules

    @rule(variant=variants, quantity=st.integers(1, 12))
    def receive(self, variant: int, quantity: int) -> None:
        inventory.restock(lines=[self.goods.line(quantity, variant=variant)], actor=ACTOR)
        self.received[variant] += quantity

    @rule(variant=variants, quantity=quantities)
    def put_into_cart(self, variant: int, quantity: int) -> None:
        services.add_item(owner=self.owner, wish=wish(self.goods, quantity, variant=variant))
        self.cart[variant] += quantity

    @rule(wanted=baskets)
    def buy(self, wanted: list[tuple[int, int]]) -> None:
        units: Counter[int] = Counter()
        for variant, quantity in wanted:
            units[variant] += quantity
        self.place(units, [wish(self.goods, quantity, variant=variant) for variant, quantity in wanted])

    @rule()
    def buy_the_cart(self) -> None:
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

    @rule(data=st.data(), to=st.sampled_from(list(Status)))
    def go_on(self, data: st.DataObject, to: Status) -> None:
        order_id = self.pick(data)
        if order_id is None:
            return
        known = self.orders[order_id]
        there_is = flow.step(known.status, to, {Party.STAFF}) is not None
        try:
            services.change_status(order_id=order_id, to=to, actor=STAFF, role=Role.ADMIN)
        except IllegalTransition:
            assert not there_is
            return
        assert there_is
        known.status = to

    @rule(
        data=st.data(), items=st.lists(st.tuples(variants, quantities, dispositions), min_size=1, max_size=3)
    )
    def take_back(self, data: st.DataObject, items: list[tuple[int, int, Disposition]]) -> None:
        order_id = self.pick(data)
        if order_id is None:
            return
        known = self.orders[order_id]
        items = [item for item in items if known.sold[item[0]]]
        if not items:
            return
        asked: Counter[int] = Counter()
        for variant, quantity, _ in items:
            asked[variant] += quantity
        fits = known.status in flow.RETURNABLE and all(
            known.outside(variant) >= quantity for variant, quantity in asked.items()
        )
        try:
            services.return_items(
                order_id=order_id,
                items=[
                    services.Returned(
                        variant_id=self.goods.variants[variant], quantity=quantity, disposition=disposition
                    )
                    for variant, quantity, disposition in items
                ],
                actor=STAFF,
                role=Role.ADMIN,
            )
        except (NotReturnable, ConflictingItems):
            assert not fits
            return
        assert fits
        for variant, quantity, disposition in items:
            known.returned[variant, disposition] += quantity

    @rule(data=st.data())
    def the_customer_cancels(self, data: st.DataObject) -> None:
        order_id = self.pick(data)
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

    # ---------------------------------------------------------------------------------- invariants

    @invariant()
    def every_unit_is_somewhere_and_once(self) -> None:
        if not hasattr(self, "heard"):
            return
        for variant in range(3):
            assert self.goods.on_hand(variant) == self.on_hand(variant) >= 0
            outside = sum(order.outside(variant) for order in self.orders.values())
            damaged_or_lost = sum(
                order.returned[variant, one]
                for order in self.orders.values()
                for one in (Disposition.DAMAGED, Disposition.LOST)
            )
            assert outside + self.goods.on_hand(variant) + damaged_or_lost == self.received[variant]

    @invariant()
    def the_ledger_tells_each_order_apart(self) -> None:
        if not hasattr(self, "heard"):
            return
        for order_id, known in self.orders.items():
            moved: Counter[tuple[str, str]] = Counter()
            for variant_id, kind, delta in StockMovement.objects.filter(reference=order_id).values_list(
                "variant_id", "kind", "delta"
            ):
                moved[variant_id, kind] += delta
            for variant in range(3):
                variant_id = self.goods.variants[variant]
                sold = known.sold[variant]
                back = (
                    sold
                    if known.status == Status.CANCELLED
                    else known.returned[variant, Disposition.SELLABLE]
                )
                assert (moved[variant_id, "sale"], moved[variant_id, "return"]) == (-sold, back)

    @invariant()
    def a_listener_knows_what_a_reader_reads(self) -> None:
        if not hasattr(self, "heard"):
            return
        newest: dict[str, OrderEvent | CartUpdated] = {}
        for event in self.heard.events:
            if isinstance(event, OrderEvent | CartUpdated):
                before = newest.get(event.subject)
                assert event.version == (before.version if before else 0) + 1, "no version is left out"
                newest[event.subject] = event
        for order_id, known in self.orders.items():
            order = order_record(order_id)
            assert order.status == known.status
            heard = newest.pop(order_id)
            assert isinstance(heard, OrderEvent)
            assert (heard.shop_order, heard.version) == (shop_order(order), order.version)
        cart = cart_of(self.owner)
        assert Counter({self.number(line.variant_id): line.quantity for line in cart.lines}) == self.cart
        if self.owner.cart_id in newest:
            last = newest.pop(self.owner.cart_id)
            assert isinstance(last, CartUpdated)
            # What can be had may have changed without the cart having changed.
            assert unstocked(last.shop_cart) == unstocked(shop_cart(cart))
        assert newest == {}

    def number(self, variant_id: str) -> int:
        return self.goods.variants.index(variant_id)


def unstocked(cart: Any) -> dict[str, Any]:
    return {**cart, "items": [{**line, "available": None} for line in cart["items"]]}


@pytest.mark.timeout(300)
@pytest.mark.django_db
def test_over_long_random_walks_every_unit_is_somewhere_and_once() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
