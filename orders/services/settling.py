"""How a payment ends, whoever says so: the client, the provider's call back, staff, a delivery."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection

from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.transactions import in_transaction
from orders.errors import AmountMismatch, NoWebhooks
from orders.events import PaymentCompleted, PaymentFailed
from orders.flow import Status
from orders.models import Order, Payment, ProviderEvent
from orders.payment_records import OPEN, RECEIVED, PaymentRecord, PaymentStatus
from orders.providers import COD, provider_of
from orders.providers.port import Notice, Outcome, Provider
from orders.selectors.payments import is_paid, payment_named, payment_record
from orders.services.payment_changes import changed, lock_payment, told
from orders.services.refunding import give_back, note_repayment
from orders.signals import payment_completed, payment_failed

_TOO_LATE = "came for an order that needs it no more"


def settle_payment(
    *,
    payment_id: str,
    outcome: Outcome,
    actor: Actor,
    receipt: str = "",
    paid: tuple[Decimal, str] | None = None,
) -> PaymentRecord:
    """End a payment; as often as it is said, it happens once. ``paid`` is what a provider says that came.

    Money that comes in is never denied: also after an attempt that failed. Where the order is cancelled or
    paid already, it goes back whole.

    Locks: the order. Refuses: a payment that is not there (``PaymentNotFound``), another amount than it is of
    (``AmountMismatch``).
    Announces: ``payment.completed`` or ``payment.failed``; nothing if it had ended before.
    """

    def work() -> PaymentRecord:
        order, payment = lock_payment(payment_id)
        if outcome == Outcome.FAILED:
            return _fail(order, payment)
        if paid is not None and paid != (payment.amount, payment.currency):
            raise AmountMismatch
        return _complete(order, payment, receipt, actor)

    return in_transaction(work)


def take_notice(*, provider: Provider, notice: Notice, body: str, actor: Actor) -> bool:
    """Do what a provider's (genuine) call back says, in the transaction that keeps it; whether it was new.

    Locks: the event, then the order of the payment. Refuses: as ``settle_payment`` and ``note_repayment``;
    the event is then not kept, and may come again.
    Announces: as they do.
    """

    def work() -> bool:
        payment_id = payment_named(provider.name, payment_id=notice.payment_id, reference=notice.reference)
        event = ProviderEvent(
            provider=provider.name,
            event_id=notice.event_id,
            kind=notice.kind[:100],
            payment_id=payment_id,
            body=body,
        )
        if not _kept(event):
            return False
        if payment_id is not None and notice.outcome is not None:
            settle_payment(
                payment_id=payment_id,
                outcome=notice.outcome,
                actor=actor,
                receipt=notice.receipt,
                paid=None if notice.amount is None else (notice.amount, notice.currency),
            )
        if payment_id is not None and notice.repaid is not None:
            note_repayment(payment_id=payment_id, repaid=notice.repaid, actor=actor)
        return True

    return in_transaction(work)


def require_caller_back(name: str) -> Provider:
    """The provider of this name that calls back. Refuses: anybody else (``NoWebhooks``)."""
    provider = provider_of(name)
    if provider is None or provider.by_hand:
        raise NoWebhooks
    return provider


def settle_on_delivery(order: Order, actor: Actor) -> None:
    """Cash on delivery has come in with the delivery of a (locked) order; within its transaction."""
    if order.total <= 0 or is_paid(order.id):
        return
    payments = Payment.objects.filter(order_id=order.id, provider=COD.name)
    payment_id = payments.filter(status=PaymentStatus.PENDING).values_list("id", flat=True).first()
    if payment_id is None:
        if order.payment_method != COD.name:
            return
        # Nobody has to ask for it first: it is how the order was to be paid.
        moment = clock.now()
        payment_id = Payment.objects.create(
            order=order,
            provider=COD.name,
            amount=order.total,
            currency=order.currency,
            begun=True,
            held_until=moment,
            created_at=moment,
            updated_at=moment,
        ).id
    _complete(order, payment_record(payment_id), "", actor)


def _complete(order: Order, payment: PaymentRecord, receipt: str, actor: Actor) -> PaymentRecord:
    if payment.status in RECEIVED:
        return payment
    surplus = order.status == Status.CANCELLED or is_paid(order.id)
    if not changed(
        payment.id,
        where={"status__in": OPEN},
        status=PaymentStatus.COMPLETED.value,
        surplus=surplus,
        receipt=receipt,
    ):
        return payment_record(payment.id)
    completed = payment_record(payment.id)
    payment_completed.publish(told(PaymentCompleted, order, completed))
    if surplus:
        give_back(order, completed, reason=_TOO_LATE, actor=actor)
    return payment_record(payment.id)


def _fail(order: Order, payment: PaymentRecord) -> PaymentRecord:
    if not changed(
        payment.id, where={"status": PaymentStatus.PENDING.value}, status=PaymentStatus.FAILED.value
    ):
        return payment_record(payment.id)
    failed = payment_record(payment.id)
    payment_failed.publish(told(PaymentFailed, order, failed))
    return failed


def _kept(event: ProviderEvent) -> bool:
    """Keep it, unless it has been kept. Whoever brings the same one at once waits here for the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_providerevent (provider, event_id, kind, payment_id, body)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT ON CONSTRAINT provider_event_once DO NOTHING RETURNING id
            """,
            [event.provider, event.event_id, event.kind, event.payment_id, event.body],
        )
        return cursor.fetchone() is not None
