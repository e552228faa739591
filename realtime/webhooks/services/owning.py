"""Whose a subscription is: one worker delivers it, and another takes over when that one has gone.

A worker says each second or two that it is there, and its subscriptions are its own for ``LEASE`` more. One
that could not say so begins no attempt that might outlast that time, and what it writes later is refused:
so two never deliver the same, however a worker ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models.functions import Now

from config.kernel.clock import iso, now
from config.kernel.ids import new_id
from realtime import selectors
from realtime.webhooks.models import DeliveryStatus, WebhookDelivery, WebhookState, WebhookSubscription
from realtime.webhooks.records import RESET, Beginning, Held, Target

LEASE = dt.timedelta(seconds=15)
#: Subscriptions that one worker takes over at a time: of several that start, each gets some.
_AT_ONCE = 5

_AGAIN = ("subscription_id", "id", "resend_at", "seq", "event_id")

_RENEW = """
UPDATE realtime_webhooksubscription SET owned_until = now() + make_interval(secs => %(lease)s)
WHERE owner = %(owner)s AND state = 'active'
"""
_TAKE = """
UPDATE realtime_webhooksubscription
SET owner = %(owner)s, owned_until = now() + make_interval(secs => %(lease)s)
WHERE id IN (
    SELECT id FROM realtime_webhooksubscription
    WHERE state = 'active' AND owner <> %(owner)s AND (owned_until IS NULL OR owned_until < now())
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Owned:
    """What a worker delivers; and of what it delivers, those that staff want sent once more."""

    targets: Collection[Target]
    #: The subscription, the delivery's number, when it was asked for, and the event.
    again: Collection[tuple[str, int, dt.datetime, int, str]]


def own(*, owner: str) -> Owned:
    """Keep what is the worker's, and take over what is nobody's.

    Locks: the subscriptions' rows; passes over those that another worker is taking. Refuses: nothing.
    Announces: nothing.
    """
    given: dict[str, str | float] = {"owner": owner, "lease": LEASE.total_seconds(), "limit": _AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, given)
        cursor.execute(_TAKE, given)
    targets = [
        _target(row) for row in WebhookSubscription.objects.filter(owner=owner, state=WebhookState.ACTIVE)
    ]
    again = WebhookDelivery.objects.filter(
        subscription_id__in=[target.id for target in targets], resend_at__isnull=False
    )
    return Owned(targets, list(again.values_list(*_AGAIN)[:100]))


def give_up_ownership(*, owner: str) -> None:
    """Leave what is the worker's to others, at once.

    Locks: the subscriptions' rows. Refuses: nothing. Announces: nothing.
    """
    WebhookSubscription.objects.filter(owner=owner).update(owner="", owned_until=None)


def begin(*, subscription_id: str, owner: str) -> Beginning | None:
    """Where to go on from; ``None`` where the subscription is not the worker's (any more).

    A place that the log has not any more can't be gone on from: what is held is discarded, and in its stead
    waits one message, before all others, that tells the receiver to fetch its state afresh.

    Locks: the subscription's row. Refuses: nothing. Announces: nothing.
    """
    with transaction.atomic():
        mine = WebhookSubscription.objects.select_for_update().filter(id=subscription_id, owner=owner)
        subscription = mine.first()
        if subscription is None:
            return None
        end = selectors.head()
        waiting = subscription.deliveries.filter(status=DeliveryStatus.WAITING)
        first = waiting.exclude(type=RESET).order_by("seq").values_list("seq", flat=True).first()
        oldest = subscription.seq if first is None else min(subscription.seq, first - 1)
        if subscription.epoch != end.epoch or subscription.seq > end.top:
            _begin_anew(subscription, end.epoch, end.floor, "epoch_changed")
        elif oldest < end.floor:
            _begin_anew(subscription, end.epoch, max(subscription.seq, end.floor), "expired")
        held = [Held(*row) for row in waiting.order_by("seq").values_list(*Held.__slots__)]
        known = subscription.deliveries.filter(seq__gt=subscription.seq).values_list("seq", flat=True)
        return Beginning(subscription.epoch, subscription.seq, held, frozenset(known))


def _begin_anew(subscription: WebhookSubscription, epoch: str, seq: int, reason: str) -> None:
    waiting = subscription.deliveries.filter(status=DeliveryStatus.WAITING)
    lost = waiting.exclude(type=RESET).update(
        status=DeliveryStatus.DISCARDED,
        finished_at=Now(),
        due_at=None,
        problem=f"The log has not got it: {reason}",
    )
    waiting.update(
        status=DeliveryStatus.DISCARDED, finished_at=Now(), due_at=None, problem="A newer one was due"
    )
    subscription.epoch, subscription.seq = epoch, seq
    what = {"expired": "the log does not go back far enough", "epoch_changed": "the log has begun anew"}[
        reason
    ]
    subscription.notice = (
        f"{iso(now())}: {what}. Events were not delivered ({lost} that waited, and those nobody counted); "
        "the receiver is told to fetch its state afresh."
    )
    subscription.save(update_fields=["epoch", "seq", "notice"])
    WebhookDelivery.objects.create(
        subscription=subscription,
        seq=seq,
        event_id=new_id("evt"),
        type=RESET,
        subject=reason,
        status=DeliveryStatus.WAITING,
        due_at=now(),
    )


def _target(row: WebhookSubscription) -> Target:
    keys = [row.secret]
    if row.old_secret and row.old_secret_until is not None and row.old_secret_until > now():
        keys.append(row.old_secret)
    return Target(row.id, row.url, tuple(row.topics), tuple(keys), row.revision)
