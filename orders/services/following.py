"""Payments of which nobody has said how they ended: their providers are asked.

A call back can be lost for good, and the client's page be closed in the moment in which it is paid. Whether
somebody has paid must not depend on either.
"""

from __future__ import annotations

import datetime as dt
import logging
from functools import partial

from django.db.models.functions import Now

from config.kernel import clock
from config.kernel.actors import SYSTEM
from config.kernel.transactions import outside_transaction
from orders.errors import AmountMismatch, ProviderRefused, ProviderUnavailable
from orders.models import Payment
from orders.payment_records import OPEN
from orders.providers import COD, MANUAL, provider_for_money
from orders.services.settling import settle_payment

logger = logging.getLogger(__name__)

#: Most are paid, and told of, before anybody asks.
FIRST_LOOK = dt.timedelta(minutes=2)
#: Providers themselves try to call back for some days, and not longer.
_FOLLOWED = dt.timedelta(days=7)
_AT_ONCE = 20


def follow_payments(*, limit: int = _AT_ONCE) -> int:
    """Ask after payments that have not ended; how many there were. For the worker, every minute.

    The first time after two minutes, then each time when half as much again of its age has gone by.

    Locks: each payment for one statement; the order of one that has ended. Refuses: nothing; who can't be
    reached is asked the next time.
    Announces: as ``settle_payment``.
    """
    open_ones = Payment.objects.filter(
        status__in=OPEN, begun=True, held_until__lte=Now(), created_at__gte=Now() - _FOLLOWED
    )
    asked = 0
    for payment in list(
        open_ones.exclude(provider__in=[COD.name, MANUAL.name]).order_by("held_until")[:limit]
    ):
        pause = max(FIRST_LOOK, (clock.now() - payment.created_at) / 2)
        # Of many workers one has it.
        if open_ones.filter(id=payment.id).update(held_until=Now() + pause):
            _ask_after(payment)
            asked += 1
    return asked


def _ask_after(payment: Payment) -> None:
    try:
        provider = provider_for_money(payment.provider)
        standing = outside_transaction(partial(provider.look_up, payment.reference))
        if standing is not None:
            settle_payment(
                payment_id=payment.id,
                outcome=standing.outcome,
                actor=SYSTEM,
                receipt=standing.receipt,
                paid=None if standing.amount is None else (standing.amount, standing.currency),
            )
    except ProviderUnavailable as trouble:
        logger.warning("payment %s is asked after later: %s", payment.id, trouble.message)
    except (ProviderRefused, AmountMismatch) as refusal:
        logger.error("payment %s needs somebody to look at it: %s", payment.id, refusal.message)  # noqa: TRY400
