"""Long random histories, done by the shop and by a plain oracle: they must agree after every step.

And on the way: a listener that only hears events knows, after every step, what a fresh reader reads.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from config.kernel import events
from config.kernel.errors import Conflict, ConflictingItems
from inventory import services
from inventory.errors import ReservationOver
from inventory.events import StockEvent
from inventory.lines import StockLine
from inventory.models import Reservation, ReservationLine, StockLevel, StockMovement
from inventory.selectors.books import look_at
from inventory.selectors.drift import drifts
from inventory.services.sales import receipt, record_trade, sale
from tests.hearing import Heard
from tests.inventory.oracle import Held, Oracle
from tests.inventory.shop import ACTOR, Goods, make_goods, make_location

PLACES = ["east", "main", "west"]
VARIANTS = range(2)

variants = st.sampled_from(VARIANTS)
places = st.sampled_from(PLACES)
somewhere = st.none() | places
quantities = st.integers(1, 6)
wishes = st.lists(st.tuples(variants, quantities, somewhere), min_size=1, max_size=3)


class Shop(RuleBasedStateMachine):
    goods: Goods
    oracle: Oracle

    @initialize()
    def open_shop(self) -> None:
        for number, place in enumerate(PLACES):
            make_location(place, priority=number)
        self.goods = make_goods({"size": "S"}, {"size": "M"})
        self.oracle = Oracle(PLACES)
        self.counter = 0
        self.heard = Heard()
        events.record_with(self.heard)
        # Every level is there from the start: where units go that nobody sent anywhere is then fixed.
        lines = [self.goods.line(1, place, variant=variant) for variant in VARIANTS for place in PLACES]
        services.restock(lines=lines, actor=ACTOR)
        for variant in VARIANTS:
            for place in PLACES:
                self.oracle.move(variant, place, 1, "restock")

    def teardown(self) -> None:
        if hasattr(self, "heard"):
            events._recorders.remove(self.heard)
            assert drifts() == []

    def lines(self, some: list[tuple[int, int, str | None]]) -> list[StockLine]:
        return [self.goods.line(quantity, place, variant=variant) for variant, quantity, place in some]

    def next_reference(self) -> str:
        self.counter += 1
        return f"{self.goods.id}-{self.counter}"

    # --------------------------------------------------------------------------------------- rules

    @rule(some=wishes)
    def reduce(self, some: list[tuple[int, int, str | None]]) -> None:
        drawn = self.oracle.split(some)
        try:
            services.reduce_stock(lines=self.lines(some), actor=ACTOR, reference=self.next_reference())
        except ConflictingItems:
            assert drawn is None
            return
        assert drawn is not None
        self.oracle.tidy()
        for (variant, place), quantity in drawn.items():
            self.oracle.move(variant, place, -quantity, "sale")

    @rule(first=wishes, second=wishes)
    def two_sales_and_a_receipt_in_one_transaction(
        self, first: list[tuple[int, int, str | None]], second: list[tuple[int, int, str | None]]
    ) -> None:
        operations = [
            sale(lines=self.lines(first), reference=self.next_reference()),
            receipt(lines=self.lines([(0, 2, "west")])),
            sale(lines=self.lines(second), reference=self.next_reference()),
        ]
        results = record_trade(operations=operations, actor=ACTOR)
        self.oracle.tidy()
        for some, result in ((first, results[0]), (None, results[1]), (second, results[2])):
            if some is None:
                self.oracle.move(0, "west", 2, "restock")
                continue
            drawn = self.oracle.split(some)
            assert isinstance(result, ConflictingItems) is (drawn is None)
            for (variant, place), quantity in (drawn or {}).items():
                self.oracle.move(variant, place, -quantity, "sale")

    @rule(variant=variants, quantity=quantities, place=somewhere)
    def restock(self, variant: int, quantity: int, place: str | None) -> None:
        services.restock(lines=self.lines([(variant, quantity, place)]), actor=ACTOR)
        self.oracle.tidy()
        self.oracle.move(variant, place or PLACES[0], quantity, "restock")

    @rule(some=wishes)
    def reserve(self, some: list[tuple[int, int, str | None]]) -> None:
        drawn = self.oracle.split(some)
        try:
            hold = services.reserve_stock(lines=self.lines(some), ttl_seconds=3600, actor=ACTOR)
        except ConflictingItems:
            assert drawn is None
            return
        assert drawn is not None
        self.oracle.tidy()
        self.oracle.holds[hold.id] = Held(drawn)

    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        name = self.pick(data)
        if name is None:
            return
        held = self.oracle.holds[name]
        try:
            services.commit_reservation(reservation_id=name, actor=ACTOR)
        except ReservationOver:
            assert held.over
            return
        assert not held.over
        del self.oracle.holds[name]
        self.oracle.tidy()
        for (variant, place), quantity in sorted(held.units.items(), key=lambda one: self.order(*one[0])):
            self.oracle.move(variant, place, -quantity, "sale")

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        name = self.pick(data)
        if name is None:
            return
        was_over = self.oracle.holds[name].over
        services.release_reservation(reservation_id=name, actor=ACTOR)
        if not was_over:
            del self.oracle.holds[name]
            self.oracle.tidy()

    @rule(data=st.data())
    def the_clock_ends_a_hold(self, data: st.DataObject) -> None:
        name = self.pick(data)
        if name is not None and not self.oracle.holds[name].over:
            self.oracle.holds[name].over = True
            Reservation.objects.filter(id=name).update(expires_at=F("expires_at") - dt.timedelta(days=1))

    @rule()
    def sweep(self) -> None:
        services.release_expired()
        self.oracle.tidy()

    @rule(variant=variants, place=somewhere, quantity=st.integers(0, 12), off=st.sampled_from([0, 0, 0, 1]))
    def adjust(self, variant: int, place: str | None, quantity: int, off: int) -> None:
        there, standing = self.oracle.counted(variant, place)
        line = self.goods.count(quantity, place, expected=there + off, variant=variant)
        try:
            services.adjust_stock(lines=[line], actor=ACTOR)
        except Conflict:
            assert off or quantity < standing
            return
        assert not off
        assert quantity >= standing
        self.oracle.tidy()
        self.oracle.count(variant, place, quantity, "adjustment")

    @rule(variant=variants, place=somewhere, quantity=st.integers(0, 40))
    def sync(self, variant: int, place: str | None, quantity: int) -> None:
        _, standing = self.oracle.counted(variant, place)
        line = self.goods.count(quantity, place, variant=variant)
        try:
            services.sync_stock(touched=[self.goods.id], lines=[line], actor=ACTOR)
        except Conflict:
            assert quantity < standing
            return
        self.oracle.tidy()
        self.oracle.count(variant, place, quantity, "recount")

    @rule(variant=variants, quantity=quantities, origin=places, destination=places)
    def transfer(self, variant: int, quantity: int, origin: str, destination: str) -> None:
        if origin == destination:
            return
        enough = self.oracle.free(variant, origin) >= quantity
        line = self.goods.line(quantity, variant=variant)
        try:
            services.transfer_stock(lines=[line], source=origin, target=destination, actor=ACTOR)
        except ConflictingItems:
            assert not enough
            return
        assert enough
        self.oracle.tidy()
        self.oracle.move(variant, origin, -quantity, "transfer")
        self.oracle.move(variant, destination, quantity, "transfer")

    def pick(self, data: st.DataObject) -> str | None:
        names = list(self.oracle.holds)
        return data.draw(st.sampled_from(names)) if names else None

    def order(self, variant: int, place: str) -> tuple[str, str]:
        return self.goods.variants[variant].id, place

    # ---------------------------------------------------------------------------------- invariants

    @invariant()
    def levels_agree(self) -> None:
        if not hasattr(self, "oracle"):
            return
        for level in StockLevel.objects.filter(product=self.goods.product):
            variant = self.number(level.variant_id)
            assert level.on_hand == self.oracle.on_hand.get((variant, level.location_id), 0)
            assert level.reserved == self.oracle.reserved(variant, level.location_id)
        book = look_at([self.goods.id])
        for variant in VARIANTS:
            shelf = book.shelf(self.goods.variants[variant].id)
            assert shelf.available == self.oracle.available(variant)
            for place in PLACES:
                assert shelf.available_at(place) == self.oracle.free(variant, place)

    @invariant()
    def movements_agree(self) -> None:
        if not hasattr(self, "oracle"):
            return
        rows = StockMovement.objects.filter(product=self.goods.product).order_by("id")
        written = [
            (self.number(variant), *rest)
            for variant, *rest in rows.values_list(
                "variant_id", "location_id", "delta", "balance_after", "kind"
            )
        ]
        # Within one step lines are written variant by variant, in the order of ids.
        assert sorted(written) == sorted(self.oracle.movements)
        for variant in VARIANTS:
            for place in PLACES:
                chain = [row[2:] for row in written if row[:2] == (variant, place)]
                assert chain == [row[2:] for row in self.oracle.movements if row[:2] == (variant, place)]

    @invariant()
    def a_listener_knows_what_a_reader_reads(self) -> None:
        if not hasattr(self, "oracle"):
            return
        newest: dict[str, StockEvent] = {}
        last = 0
        # A sweep also tidies up what earlier histories left.
        mine = [event for event in self.heard.events if event.subject == self.goods.id]
        for event in mine:
            assert (event.version_number or 0) > last, "each event of a product is newer than the one before"
            last = event.version_number or 0
            if isinstance(event, StockEvent):
                newest[event.variant_id] = event
        total = 0
        for variant in VARIANTS:
            event = newest[self.goods.variants[variant].id]
            on_hand = {place["location_id"]: place["quantity"] for place in event.locations}
            assert on_hand == {place: self.oracle.on_hand.get((variant, place), 0) for place in PLACES}
            # A hold that has run out is announced when it is tidied up.
            untidied = sum(
                sum(q for (v, _), q in held.units.items() if v == variant)
                for held in self.oracle.holds.values()
                if held.over
            )
            assert event.stock == self.oracle.available(variant) - untidied
            total += event.stock
        last_state = [event for event in mine if isinstance(event, StockEvent)][-1]
        assert last_state.total_stock == total

    @invariant()
    def open_lines_agree(self) -> None:
        if hasattr(self, "oracle"):
            open_lines = ReservationLine.objects.filter(product=self.goods.product, ended_at__isnull=True)
            assert {line.reservation_id for line in open_lines} == set(self.oracle.holds)

    def number(self, variant_id: str) -> int:
        return [variant.id for variant in self.goods.variants].index(variant_id)


@pytest.mark.timeout(300)
@pytest.mark.django_db
def test_shop_and_oracle_agree_over_long_random_histories() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
