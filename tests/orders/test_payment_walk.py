"""Long random walks of money: whatever is paid, told, given back and lost on the way, it adds up.

Beside the shop stands a bank, in the plainest Python: what came into it and what it gave back. In the end
nobody owes anything: a cancelled order has cost nothing, another one its price at most, once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.identity.models import Role
from config.kernel.actors import SYSTEM, Actor
from config.kernel.errors import Conflict, Unreachable
from orders import providers, services
from orders.errors import ProviderUnavailable
from orders.events import OrderEvent
from orders.flow import Status
from orders.models import Order, Payment, Refund
from orders.payment_records import RECEIVED
from orders.providers.port import Notice, Outcome
from orders.selectors.orders import order_record
from tests.hearing import Heard, hearing
from tests.orders.asking import wish
from tests.orders.conftest import person
from tests.orders.paying import Bank, Watched, raising
from tests.orders.shop import mug

STAFF = Actor(kind="user", id="usr_staff")
TERMS = services.Terms(shipping_address="Here", phone="0123", payment_method="card")
LONG_AGO = "2026-01-01T00:00:00Z"
MOST_ORDERS = 2
PROVIDERS = ("fake", "fake", "fake", "manual", "cod")


class Walk:
    """A shop, its bank, and the steps that may be taken. Each makes of its numbers what fits."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.goods = mug(stock=10_000, price="99.99")
        self.customer = person(name=f"payer-{self.goods.id[-12:]}").user
        self.actor = Actor(kind="user", id=self.customer.pk)
        self.orders: list[str] = []
        #: What came into the bank, by payment.
        self.received: dict[str, Decimal] = {}
        #: Call backs that are on their way, in whatever order they will come.
        self.notices: list[Notice] = []
        self.numbers = itertools.count()
        self.place()

    # ---------------------------------------------------------------------------------------- steps

    def place(self, *_numbers: int) -> None:
        """Few orders, so that enough happens to each."""
        if len(self.orders) == MOST_ORDERS:
            return
        order = services.place_order(
            customer=self.customer, terms=TERMS, actor=self.actor, wishes=[wish(self.goods, 1)]
        )
        self.orders.append(order.id)

    def begin(self, order: int, provider: int, trouble: int) -> None:
        order_id = self.orders[order % len(self.orders)]
        self._meet(trouble)
        try:
            payment, charge = services.claim_payment(
                order_id=order_id,
                provider=PROVIDERS[provider % len(PROVIDERS)],
                actor=self.actor,
                role=Role.CUSTOMER,
            )
            begun = services.ask_provider(provider=payment.provider, charge=charge) if charge else None
            services.note_charge(payment=payment, begun=begun)
        except (Conflict, Unreachable):
            return

    def the_customer_pays(self, payment: int, fails: int, _more: int) -> None:
        """At the bank, which will tell us sooner or later, once or twice."""
        payable = [one for one in self.bank.charges if one not in self.received]
        if not payable:
            return
        payment_id = payable[payment % len(payable)]
        if fails % 4 == 0:
            self.notices.append(self._notice(payment_id, Outcome.FAILED))
            return
        self.received[payment_id] = self.bank.charges[payment_id]
        self.notices += [self._notice(payment_id, Outcome.COMPLETED)] * (1 + fails % 2)

    def the_bank_calls_back(self, which: int, *_numbers: int) -> None:
        if self.notices:
            notice = self.notices.pop(which % len(self.notices))
            provider = providers.provider_of("fake")
            assert provider is not None
            services.take_notice(provider=provider, notice=notice, body="{}", actor=SYSTEM)

    def staff_have_cash_in_hand(self, payment: int, *_numbers: int) -> None:
        pending = list(Payment.objects.filter(provider="manual", order_id__in=self.orders).order_by("id"))
        if not pending:
            return
        one = pending[payment % len(pending)]
        try:
            services.complete_manually(payment_id=one.id, actor=STAFF, role=Role.ADMIN)
        except Conflict:
            return
        self.received[one.id] = one.amount

    def staff_refund(self, payment: int, amount: int, trouble: int) -> None:
        received = list(Payment.objects.filter(order_id__in=self.orders, status__in=RECEIVED).order_by("id"))
        if not received:
            return
        payment_id = received[payment % len(received)].id
        wanted = None if amount == 0 else Decimal(amount * 12) + Decimal("0.33")
        self._meet(trouble)
        try:
            refund = services.begin_refund(
                payment_id=payment_id, amount=wanted, reason="", actor=STAFF, role=Role.ADMIN
            )
            services.settle_refund(refund_id=refund.id, reference=services.call_provider(refund.id))
        except (Conflict, Unreachable):
            return

    def cancel(self, order: int, *_numbers: int) -> None:
        self._step(order, Status.CANCELLED)

    def go_on(self, order: int, *_numbers: int) -> None:
        order_id = self.orders[order % len(self.orders)]
        following = {"pending": Status.PROCESSING, "processing": Status.SHIPPED, "shipped": Status.DELIVERED}
        if target := following.get(Order.objects.get(id=order_id).status):
            self._step(order, target)

    def the_worker_comes(self, trouble: int, *_numbers: int) -> None:
        self._meet(trouble)
        Refund.objects.filter(status="pending").update(due_at=LONG_AGO)
        Payment.objects.update(held_until=LONG_AGO)
        services.give_back_what_is_due(limit=3)

    def _step(self, order: int, target: Status) -> None:
        order_id = self.orders[order % len(self.orders)]
        try:
            services.change_status(order_id=order_id, to=target, actor=STAFF, role=Role.ADMIN)
        except Conflict:
            return
        for paid in Payment.objects.filter(order_id=order_id, provider="cod", status="completed"):
            self.received[paid.id] = paid.amount

    def _meet(self, trouble: int) -> None:
        self.bank.early.clear()
        self.bank.late.clear()
        if trouble % 3 == 1:
            self.bank.early.append(raising(ProviderUnavailable("fake", sent=False)))
        elif trouble % 3 == 2:
            self.bank.late.append(raising(ProviderUnavailable("fake", sent=True)))

    def _notice(self, payment_id: str, outcome: Outcome) -> Notice:
        return Notice(
            event_id=f"{self.goods.id}-{next(self.numbers)}",
            kind=f"payment.{outcome}",
            outcome=outcome,
            payment_id=payment_id,
            amount=self.bank.charges[payment_id],
            currency="EGP",
        )

    # --------------------------------------------------------------------------------- after each step

    def no_more_has_gone_back_than_came(self) -> None:
        for payment in Payment.objects.filter(order_id__in=self.orders):
            refunds = list(Refund.objects.filter(payment=payment))
            ours = {status: sum(r.amount for r in refunds if r.status == status) for status in RefundStates}
            assert (payment.refunded, payment.refunding) == (ours["completed"], ours["pending"])
            assert payment.refunded + payment.refunding <= payment.amount
            if payment.status in RECEIVED:
                assert payment.id in self.received, "nothing is paid that nobody has paid"
            if payment.provider == "fake":
                told = sum(self.bank.refunds.get(refund.id, Decimal(0)) for refund in refunds)
                settled, claimed = payment.refunded, payment.refunded + payment.refunding
                # The bank may have done what we do not know yet; never what we have not claimed.
                assert settled <= told <= claimed

    def each_order_is_paid_once(self) -> None:
        for order_id in self.orders:
            own = Payment.objects.filter(order_id=order_id, surplus=False, status__in=RECEIVED)
            assert own.count() <= 1

    def a_listener_knows_what_a_reader_reads(self, heard: Heard) -> None:
        newest: dict[str, OrderEvent] = {}
        for event in heard.events:
            if isinstance(event, OrderEvent):
                assert event.version == (newest[event.subject].version if event.subject in newest else 0) + 1
                newest[event.subject] = event
        for order_id in self.orders:
            order = order_record(order_id)
            last = newest[order_id]
            assert (last.shop_order["paymentStatus"], last.version) == (order.payment_status, order.version)

    # ------------------------------------------------------------------------------------- in the end

    def everybody_is_told_and_nobody_owes_anything(self) -> None:
        while self.notices:
            self.the_bank_calls_back(0)
        for _ in range(100):
            self.the_worker_comes(0)
            if not Refund.objects.filter(status="pending").exists():
                break
        assert not Refund.objects.filter(status="pending").exists()
        for order_id in self.orders:
            payments = list(Payment.objects.filter(order_id=order_id))
            order = Order.objects.get(id=order_id)
            assert {p.id for p in payments if p.status in RECEIVED} == {
                p.id for p in payments if p.id in self.received
            }
            kept = sum((p.amount - p.refunded for p in payments if p.status in RECEIVED), Decimal(0))
            came = sum((self.received.get(p.id, Decimal(0)) for p in payments), Decimal(0))
            back = sum((p.refunded for p in payments), Decimal(0))
            assert kept == came - back
            assert 0 <= kept <= order.total
            if order.status == Status.CANCELLED:
                assert kept == 0
            own = [p for p in payments if not p.surplus and p.status in RECEIVED]
            if own:
                assert order.payment_status == own[0].status
            else:
                assert order.payment_status in {"pending", "failed", "refunded"}
                assert kept == 0
        fake = Payment.objects.filter(order_id__in=self.orders, provider="fake")
        assert sum((p.refunded for p in fake), Decimal(0)) == self.bank.given_back


RefundStates = ("pending", "completed", "failed")
STEPS = [
    Walk.place,
    Walk.begin,
    Walk.begin,
    Walk.begin,
    Walk.the_customer_pays,
    Walk.the_customer_pays,
    Walk.the_bank_calls_back,
    Walk.the_bank_calls_back,
    Walk.staff_have_cash_in_hand,
    Walk.staff_have_cash_in_hand,
    Walk.staff_refund,
    Walk.staff_refund,
    Walk.cancel,
    Walk.go_on,
    Walk.the_worker_comes,
]
numbers = st.integers(0, 11)


@pytest.mark.timeout(300)
@pytest.mark.django_db
@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STEPS), numbers, numbers, numbers), min_size=25, max_size=40))
def test_over_long_random_walks_money_adds_up(
    no_money_call_inside_a_transaction: list[str],
    steps: list[tuple[Callable[..., None], int, int, int]],
) -> None:
    bank = Bank()
    with hearing() as heard, pytest.MonkeyPatch.context() as patch:
        patch.setitem(providers._MAKERS, "fake", lambda: Watched(bank, no_money_call_inside_a_transaction))
        walk = Walk(bank)
        for step, *chosen in steps:
            step(walk, *chosen)
            walk.no_more_has_gone_back_than_came()
            walk.each_order_is_paid_once()
        walk.a_listener_knows_what_a_reader_reads(heard)
        walk.everybody_is_told_and_nobody_owes_anything()
        walk.a_listener_knows_what_a_reader_reads(heard)
