"""Money that goes back, in three steps of which each may be the last that a process lives to take.

1. In a transaction: the amount is claimed from the payment, and the refund is there, pending.
2. Outside of any: its provider is told, under the refund's id, which makes it once however often.
3. In a transaction: refund and payment say that it has gone.

Whoever finds a pending refund that nobody is at goes on with step 2: a door that is asked again, the worker.
"""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from config.identity.models import Role
from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.errors import InProgress, InvalidInput, KeyReused
from config.kernel.money import quantize, to_number
from config.kernel.transactions import in_transaction, outside_transaction
from orders.errors import (
    AmountMismatch,
    NothingToRefund,
    PaymentNotFound,
    ProviderRefused,
    ProviderUnavailable,
    RefundTooLarge,
)
from orders.events import PaymentRefunded
from orders.models import Order, Payment, Refund
from orders.payment_records import (
    RECEIVED,
    REFUNDABLE,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundStatus,
)
from orders.providers import provider_for_money, provider_of
from orders.providers.port import Outcome, Repaid, Repayment
from orders.selectors.payments import payment_record, refund_record
from orders.services.payment_changes import changed, lock_payment, told
from orders.signals import payment_refunded

logger = logging.getLogger(__name__)

#: Longer than any call of a provider takes: after this, whoever was at it has died.
_HELD = dt.timedelta(seconds=60)
_FIRST_PAUSE = dt.timedelta(seconds=5)
_LONGEST_PAUSE = dt.timedelta(hours=1)
_LONGEST_PROBLEM = 1000
_MADE_THERE = "made at the provider"
_FAILED_THERE = "the provider says that it has failed"
_AT_ONCE = 20


def begin_refund(
    *,
    payment_id: str,
    amount: Decimal | None,
    reason: str,
    actor: Actor,
    role: Role | str | None,
    request_key: str | None = None,
) -> RefundRecord:
    """Step 1: claim ``amount`` (``None``: all that is left) of a payment. Whoever asked goes on with step 2.

    The same ``request_key`` again finds the refund that it made: one that has ended as it is, one that nobody
    is at any more to go on with.

    Locks: the order. Refuses: who is not staff (``PaymentNotFound``), an amount that the currency has not
    (``InvalidInput``), a payment of which nothing can go back (``NothingToRefund``), more than is left
    (``RefundTooLarge``), a key that asked for something else (``KeyReused``), or is being answered
    (``InProgress``).
    Announces: nothing yet.
    """

    def work() -> RefundRecord:
        if role != Role.ADMIN:
            raise PaymentNotFound
        _order, payment = lock_payment(payment_id)
        if amount is not None and quantize(amount, payment.currency) != amount:
            what = f"has more decimals than {payment.currency}"
            raise InvalidInput(f"amount: {what}", details={"amount": [what]})
        earlier = Refund.objects.filter(request_key=request_key).first() if request_key else None
        if earlier is not None:
            return _again(earlier, payment, amount)
        return _claim(payment, amount, reason=reason, actor=str(actor), request_key=request_key)

    try:
        return in_transaction(work)
    except IntegrityError:
        # Of two payments' refunds at the same moment under one key, the table lets one in.
        if request_key and Refund.objects.filter(request_key=request_key).exists():
            raise KeyReused from None
        raise


def call_provider(refund_id: str, *, keep: bool = False) -> str | None:
    """Step 2, by whoever holds the refund: what the provider calls it; ``None`` if that is not known (yet).

    A refusal ends the refund, and so does, unless ``keep``, a provider that has certainly not heard of it:
    its amount is free again. One that may have heard will be asked again, under the same id.

    Locks: the order, afterwards, where it fails. Refuses: what the provider refuses (``ProviderRefused``), a
    provider that can't be reached (``ProviderUnavailable``).
    Announces: nothing.
    """
    refund = Refund.objects.select_related("payment").get(id=refund_id)
    if refund.status != RefundStatus.PENDING:
        return None
    payment = refund.payment
    repayment = Repayment(
        refund_id=refund.id,
        payment_id=payment.id,
        reference=payment.reference,
        receipt=payment.receipt,
        amount=refund.amount,
        currency=payment.currency,
        again=refund.attempts > 1,
    )
    try:
        return outside_transaction(partial(provider_for_money(payment.provider).refund, repayment))
    except ProviderRefused as refusal:
        _give_up(refund_id, refusal.reason)
        raise
    except ProviderUnavailable as trouble:
        # An earlier attempt may have been heard.
        if keep or trouble.sent or refund.attempts > 1:
            _postpone(refund_id, trouble.message)
            return None
        _give_up(refund_id, trouble.message)
        raise


def settle_refund(*, refund_id: str, reference: str | None) -> tuple[PaymentRecord, RefundRecord]:
    """Step 3: it has gone back. However often this is said, it happens once; ``None``: nothing new is known.

    Locks: the order. Refuses: nothing. Announces: ``payment.refunded``.
    """

    def work() -> tuple[PaymentRecord, RefundRecord]:
        refund = refund_record(refund_id)
        order, payment = lock_payment(refund.payment_id)
        if reference is not None:
            _settle(order, payment, refund, reference)
        return payment_record(payment.id), refund_record(refund_id)

    return in_transaction(work)


def refund_payment(
    *,
    payment_id: str,
    amount: Decimal | None,
    reason: str,
    actor: Actor,
    role: Role | str | None,
    request_key: str | None = None,
) -> tuple[PaymentRecord, RefundRecord]:
    """All three steps, for who has no answer to remember. A refund that is still pending is on its way.

    Locks, refuses, announces: as ``begin_refund``, ``call_provider`` and ``settle_refund``.
    """
    refund = begin_refund(
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        actor=actor,
        role=role,
        request_key=request_key,
    )
    return settle_refund(refund_id=refund.id, reference=call_provider(refund.id))


def give_back(order: Order, payment: PaymentRecord, *, reason: str, actor: Actor) -> None:
    """All that is left of a payment goes back; step 1, within the transaction that holds the order.

    Step 2 follows right after the commit, or, should nobody live to take it, by the worker.

    Locks: nothing more. Refuses: nothing. Announces: ``payment.refunded``, at once where people move it.
    """
    if payment.refundable <= 0:
        return
    refund = _claim(payment, None, reason=reason, actor=str(actor))
    provider = provider_of(payment.provider)
    if provider is not None and provider.by_hand:
        _settle(order, payment_record(payment.id), refund, "")
        return
    transaction.on_commit(partial(_go_on, refund.id), robust=True)


def give_back_all(order: Order, *, reason: str, actor: Actor) -> None:
    """All that has come in for a (locked) order goes back."""
    payments = Payment.objects.filter(order_id=order.id, status__in=REFUNDABLE).order_by("id")
    for payment_id in payments.values_list("id", flat=True):
        give_back(order, payment_record(payment_id), reason=reason, actor=actor)


def note_repayment(*, payment_id: str, repaid: Repaid, actor: Actor) -> None:
    """Keep what a provider says of money that went back: by a refund of ours, or made on its own page.

    A refund of ours that fails after it was accepted stays as it is, with the problem: the money is with
    the provider, and somebody has to find another way for it.

    Locks: the order. Refuses: another amount than the refund's (``AmountMismatch``); what was made elsewhere
    of a payment of which nothing can go back (``NothingToRefund``), or more than is left of it
    (``RefundTooLarge``).
    Announces: ``payment.refunded``, unless it was known.
    """

    def work() -> None:
        order, payment = lock_payment(payment_id)
        refund = _told_of(payment, repaid)
        if repaid.currency != payment.currency or (refund is not None and refund.amount != repaid.amount):
            raise AmountMismatch
        if repaid.outcome == Outcome.FAILED:
            if refund is not None:
                _note_failure(refund)
            return
        if refund is None or refund.status == RefundStatus.FAILED:
            refund = _claim(payment, repaid.amount, reason=_MADE_THERE, actor=str(actor))
        _settle(order, payment_record(payment_id), refund, repaid.reference)

    in_transaction(work)


def give_back_what_is_due(*, limit: int = _AT_ONCE) -> int:
    """Go on with refunds that nobody is at; how many there were. For the worker, every few seconds.

    Locks: each refund for one statement, its order for another. Refuses: nothing; what goes wrong is tried
    again, after a pause that grows up to an hour.
    Announces: ``payment.refunded`` for each that has gone back.
    """
    due = Refund.objects.filter(status=RefundStatus.PENDING, due_at__lte=Now()).order_by("due_at")
    gone_on_with = 0
    for refund_id in list(due.values_list("id", flat=True)[:limit]):
        if _take(refund_id):
            _go_on(refund_id)
            gone_on_with += 1
    return gone_on_with


# ------------------------------------------------------------------------------------------ step 1


def _claim(
    payment: PaymentRecord,
    amount: Decimal | None,
    *,
    reason: str,
    actor: str,
    request_key: str | None = None,
) -> RefundRecord:
    """Take an amount from what is left of a payment, and a refund for it, held by whoever made it."""
    if payment.status not in RECEIVED or payment.refundable <= 0:
        raise NothingToRefund(payment.status)
    wanted = payment.refundable if amount is None else amount
    # Judged by what is there at this instant; the table's CHECK stands behind it.
    if not changed(
        payment.id,
        where={"status__in": REFUNDABLE, "amount__gte": F("refunded") + F("refunding") + wanted},
        refunding=F("refunding") + wanted,
    ):
        raise RefundTooLarge(to_number(payment.refundable, payment.currency), payment.currency)
    moment = clock.now()
    refund = Refund.objects.create(
        payment_id=payment.id,
        amount=wanted,
        reason=reason,
        actor=actor,
        request_key=request_key,
        attempts=1,
        due_at=moment + _HELD,
        created_at=moment,
    )
    return refund_record(refund.id)


def _again(earlier: Refund, payment: PaymentRecord, amount: Decimal | None) -> RefundRecord:
    if earlier.payment_id != payment.id or (amount is not None and amount != earlier.amount):
        raise KeyReused
    if earlier.status == RefundStatus.FAILED:
        # It was refused, and a refusal is not remembered.
        Refund.objects.filter(id=earlier.id).update(request_key=None)
        return _claim(
            payment,
            amount,
            reason=earlier.reason,
            actor=earlier.actor,
            request_key=earlier.request_key,
        )
    if earlier.status == RefundStatus.PENDING and not _take(earlier.id):
        raise InProgress
    return refund_record(earlier.id)


# ------------------------------------------------------------------------------------------ step 2


def _take(refund_id: str) -> bool:
    """Hold a pending refund that nobody is at, by one statement: of many who try, one has it."""
    due = Refund.objects.filter(id=refund_id, status=RefundStatus.PENDING, due_at__lte=Now())
    return bool(due.update(due_at=Now() + _HELD, attempts=F("attempts") + 1))


def _go_on(refund_id: str) -> None:
    """Steps 2 and 3, by whoever holds the refund. Nobody waits for the answer."""
    try:
        settle_refund(refund_id=refund_id, reference=call_provider(refund_id, keep=True))
    except ProviderRefused as refusal:
        logger.error("refund %s needs somebody to look at it: %s", refund_id, refusal.message)  # noqa: TRY400


def _postpone(refund_id: str, problem: str) -> None:
    refund = Refund.objects.get(id=refund_id)
    pause = min(_FIRST_PAUSE * 2 ** min(refund.attempts - 1, 20), _LONGEST_PAUSE)
    pending = Refund.objects.filter(id=refund_id, status=RefundStatus.PENDING)
    pending.update(due_at=Now() + pause, problem=problem[:_LONGEST_PROBLEM])
    logger.warning("refund %s is tried again in %s: %s", refund_id, pause, problem)


def _give_up(refund_id: str, problem: str) -> None:
    """It will not happen: what it claimed is free again."""

    def work() -> None:
        refund = refund_record(refund_id)
        lock_payment(refund.payment_id)
        if _end(refund, RefundStatus.FAILED, problem=problem[:_LONGEST_PROBLEM]):
            changed(refund.payment_id, where={}, refunding=F("refunding") - refund.amount)

    in_transaction(work)


# ------------------------------------------------------------------------------------------ step 3


def _settle(order: Order, payment: PaymentRecord, refund: RefundRecord, reference: str) -> None:
    if not _end(refund, RefundStatus.COMPLETED, reference=reference, problem=""):
        return
    whole = payment.refunded + refund.amount == payment.amount
    status = PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    changed(
        payment.id,
        where={},
        status=status.value,
        refunded=F("refunded") + refund.amount,
        refunding=F("refunding") - refund.amount,
    )
    change = to_number(refund.amount, refund.currency)
    payment_refunded.publish(told(PaymentRefunded, order, payment_record(payment.id), change=change))


def _told_of(payment: PaymentRecord, repaid: Repaid) -> RefundRecord | None:
    """The refund that a provider speaks of, by what we call it or else by what the provider calls it."""
    of_it = Refund.objects.filter(payment_id=payment.id)
    for name in ({"id": repaid.refund_id}, {"reference": repaid.reference}):
        found = of_it.filter(**name).values_list("id", flat=True).first() if all(name.values()) else None
        if found is not None:
            return refund_record(found)
    return None


def _note_failure(refund: RefundRecord) -> None:
    if refund.status == RefundStatus.PENDING:
        _give_up(refund.id, _FAILED_THERE)
    elif refund.status == RefundStatus.COMPLETED:
        Refund.objects.filter(id=refund.id).update(problem=_FAILED_THERE)
        logger.error("refund %s needs somebody to look at it: %s", refund.id, _FAILED_THERE)


def _end(refund: RefundRecord, status: RefundStatus, **values: str) -> bool:
    """A pending refund ends, by one statement: however many say so, one has done it."""
    pending = Refund.objects.filter(id=refund.id, status=RefundStatus.PENDING)
    return bool(pending.update(status=status.value, settled_at=clock.now(), **values))
