"""A payment's beginning, in three steps of which each may be the last that a process lives to take.

1. In a transaction: the payment is there, pending, and held by whoever asked.
2. Outside of any: its provider has a charge ready, under the payment's id, which makes it one however often.
3. In a transaction: the payment knows what its provider calls it, and what its payer needs.

Whoever asks again finds the payment, and goes on from where it is. So an order has one charge there.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.db import OperationalError, connection
from django.db.models.functions import Now

from config.identity.models import Role
from config.kernel import clock
from config.kernel.actors import SYSTEM, Actor
from config.kernel.errors import InProgress
from config.kernel.transactions import in_transaction, outside_transaction
from orders.errors import (
    NothingToPay,
    OrderClosed,
    OrderNotFound,
    OrderPaid,
    PaymentNotFound,
    PaymentSettled,
    ProviderRefused,
    ProviderUnavailable,
    SignatureMismatch,
    UnknownProvider,
    WrongProvider,
)
from orders.flow import Party, Status
from orders.models import Order, Payment
from orders.payment_records import RECEIVED, PaymentRecord, PaymentStatus
from orders.providers import FAKE, MANUAL, RAZORPAY, provider_for_money, provider_names, provider_of
from orders.providers.port import Begun, Charge, Outcome, Provider
from orders.selectors.payments import is_paid, payment_named, payment_record, visible_payment
from orders.services.following import FIRST_LOOK
from orders.services.order_changes import lock_order
from orders.services.payment_changes import changed
from orders.services.payment_statements import begin_first_payment
from orders.services.settling import settle_payment

#: Longer than any call of a provider takes: after this, whoever was at it has died.
_HELD = dt.timedelta(seconds=60)


def claim_payment(
    *, order_id: str, provider: str, actor: Actor, role: Role | str | None
) -> tuple[PaymentRecord, Charge | None]:
    """Step 1: the payment of an order by this provider, and what is to be told to it; ``None``: it knows.

    Locks: the order. Refuses: a provider that there is not (``UnknownProvider``), an order that is not the
    asker's own (``OrderNotFound``), is cancelled (``OrderClosed``), has been paid (``OrderPaid``) or costs
    nothing (``NothingToPay``); a payment that somebody is just asking its provider for (``InProgress``).
    Announces: nothing.
    """

    def work() -> tuple[PaymentRecord, Charge | None]:
        if provider_of(provider) is None:
            raise UnknownProvider(provider_names())
        order, parties = lock_order(order_id, actor=actor, role=role)
        if Party.OWNER not in parties:
            raise OrderNotFound
        _require_payable(order)
        pending = Payment.objects.filter(order_id=order.id, provider=provider, status=PaymentStatus.PENDING)
        payment_id = pending.values_list("id", flat=True).first()
        if payment_id is None:
            payment_id = _made(order, provider)
            return payment_record(payment_id), _charge(order, payment_id)
        if Payment.objects.values_list("begun", flat=True).get(id=payment_id):
            return payment_record(payment_id), None
        if not pending.filter(held_until__lte=Now()).update(held_until=Now() + _HELD):
            raise InProgress
        return payment_record(payment_id), _charge(order, payment_id, again=True)

    return _begun_by_hand(order_id, provider, actor=actor) or in_transaction(work)


def ask_provider(*, provider: str, charge: Charge) -> Begun:
    """Step 2: have the charge ready to be paid.

    Locks: the order, afterwards, where it is refused. Refuses: what the provider refuses
    (``ProviderRefused``: the payment has failed), a provider that can't be reached (``ProviderUnavailable``:
    whoever asks again goes on with the same payment).
    Announces: ``payment.failed`` for what was refused.
    """
    try:
        return outside_transaction(partial(provider_for_money(provider).begin, charge))
    except ProviderRefused:
        settle_payment(payment_id=charge.payment_id, outcome=Outcome.FAILED, actor=SYSTEM)
        raise
    except ProviderUnavailable:
        Payment.objects.filter(id=charge.payment_id).update(held_until=Now())
        raise


def note_charge(*, payment: PaymentRecord, begun: Begun | None) -> PaymentRecord:
    """Step 3: keep what the provider calls it; ``None``: that is known.

    Locks: the payment, for one statement. Refuses: nothing. Announces: nothing.
    """

    if begun is None:
        return payment

    def work() -> PaymentRecord:
        changed(
            payment.id,
            where={"begun": False},
            begun=True,
            reference=begun.reference,
            checkout=dict(begun.checkout),
            held_until=Now() + FIRST_LOOK,
        )
        return payment_record(payment.id)

    return in_transaction(work)


def verify_razorpay(
    *, reference: str, receipt: str, signature: str, actor: Actor, role: Role | str | None
) -> PaymentRecord:
    """Complete a payment that Razorpay's page says was made, in its own signature.

    Locks: the order. Refuses: where Razorpay is not switched on (``UnknownProvider``); what it has not signed
    (``SignatureMismatch``); a payment that is not the asker's (``PaymentNotFound``).
    Announces: ``payment.completed``, unless it was known.
    """
    provider = provider_of(RAZORPAY)
    if provider is None:
        raise UnknownProvider(provider_names())
    _check(provider, reference, receipt, signature)
    payment_id = payment_named(RAZORPAY, reference=reference)
    if payment_id is None or visible_payment(payment_id, actor=actor, role=role) is None:
        raise PaymentNotFound
    return settle_payment(payment_id=payment_id, outcome=Outcome.COMPLETED, actor=actor, receipt=receipt)


def complete_manually(*, payment_id: str, actor: Actor, role: Role | str | None) -> PaymentRecord:
    """Staff have the money in hand. Said again, it stays as it is.

    Locks: the order. Refuses: a payment that is not the doer's to see (``PaymentNotFound``), one by another
    provider (``WrongProvider``), an order that was cancelled (``OrderClosed``) or is paid by another payment
    (``OrderPaid``): money that nobody has taken yet need not be given back.
    Announces: ``payment.completed``.
    """

    def work() -> PaymentRecord:
        payment = _of(MANUAL.name, payment_id, actor=actor, role=role)
        order = Order.objects.select_for_update(no_key=True).get(id=payment.order_id)
        if payment_record(payment_id).status not in RECEIVED:
            _require_payable(order)
        return settle_payment(payment_id=payment_id, outcome=Outcome.COMPLETED, actor=actor)

    return in_transaction(work)


def confirm_fake(
    *, payment_id: str, outcome: Outcome, actor: Actor, role: Role | str | None
) -> PaymentRecord:
    """What a real provider's page would do: pretend that it was paid, or was not. Said again, it stays.

    Locks: the order. Refuses: a payment that is not the doer's (``PaymentNotFound``), one by a real provider
    (``WrongProvider``), one that has ended otherwise (``PaymentSettled``).
    Announces: ``payment.completed`` or ``payment.failed``.
    """

    def work() -> PaymentRecord:
        _of(FAKE, payment_id, actor=actor, role=role)
        payment = settle_payment(payment_id=payment_id, outcome=outcome, actor=actor)
        if outcome == Outcome.FAILED and payment.status != PaymentStatus.FAILED:
            raise PaymentSettled(payment.status)
        return payment

    return in_transaction(work)


def _require_payable(order: Order) -> None:
    if order.status == Status.CANCELLED:
        raise OrderClosed(order.status)
    if is_paid(order.id):
        raise OrderPaid
    if order.total <= 0:
        raise NothingToPay


def _begun_by_hand(order_id: str, provider: str, *, actor: Actor) -> tuple[PaymentRecord, None] | None:
    """The first payment of an own order, by people, of whom nobody has to be told: in one statement.

    ``None``: it is something else, or somebody was quicker; then it is looked at with the order locked.
    """
    how = provider_of(provider)
    if how is None or not how.by_hand or actor.kind != "user":
        return None
    try:
        payment = begin_first_payment(order_id=order_id, payer_id=actor.id, provider=provider)
    except OperationalError:  # it could not be locked in time: that is tried again there
        if connection.in_atomic_block:
            raise
        return None
    return (payment, None) if payment else None


def _made(order: Order, provider: str) -> str:
    moment = clock.now()
    return Payment.objects.create(
        order=order,
        provider=provider,
        amount=order.total,
        currency=order.currency,
        held_until=moment + _HELD,
        created_at=moment,
        updated_at=moment,
    ).id


def _charge(order: Order, payment_id: str, *, again: bool = False) -> Charge:
    return Charge(
        payment_id=payment_id,
        order_id=order.id,
        order_number=order.number,
        amount=order.total,
        currency=order.currency,
        again=again,
    )


def _check(provider: Provider, reference: str, receipt: str, signature: str) -> None:
    # Only this one has a page that signs; its class is not imported where its package may not be.
    check = getattr(provider, "check", None)
    if check is None:
        raise SignatureMismatch
    check(order_id=reference, payment_id=receipt, signature=signature)


def _of(name: str, payment_id: str, *, actor: Actor, role: Role | str | None) -> PaymentRecord:
    payment = visible_payment(payment_id, actor=actor, role=role)
    if payment is None:
        raise PaymentNotFound
    if payment.provider != name:
        raise WrongProvider(name, payment.provider)
    return payment
