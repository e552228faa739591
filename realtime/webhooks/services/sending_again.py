"""What staff do about single deliveries."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from realtime.webhooks.errors import EventGone, NotActive, NotWaiting, UnknownWebhook
from realtime.webhooks.models import DeliveryStatus, WebhookDelivery, WebhookState, WebhookSubscription
from realtime.webhooks.records import RESET
from realtime.webhooks.selectors import is_in_log


def send_again(*, delivery_id: int) -> None:
    """Send an event once more, under the id that it has; one that waits is tried at once.

    What has been delivered, or given up, is sent out of its turn, and once: it holds nothing up.

    Locks: its row. Refuses: one that is not there (``UnknownWebhook``), one whose webhook is not active
    (``NotActive``), one that the log has not any more (``EventGone``). Announces: nothing.
    """
    with transaction.atomic():
        row = _locked(delivery_id)
        if row.subscription.state != WebhookState.ACTIVE:
            raise NotActive
        if row.status == DeliveryStatus.WAITING:
            WebhookDelivery.objects.filter(id=row.id, attempts__gt=0).update(due_at=Now())
            _begin_anew(row)
            return
        if row.type == RESET or not is_in_log(seq=row.seq, event_id=row.event_id):
            raise EventGone
        WebhookDelivery.objects.filter(id=row.id).update(resend_at=Now())


def discard(*, delivery_id: int) -> None:
    """Never deliver an event that waits, so that those of its subject behind it go on.

    Locks: its row. Refuses: one that is not there (``UnknownWebhook``), one that does not wait
    (``NotWaiting``). Announces: nothing.
    """
    with transaction.atomic():
        row = _locked(delivery_id)
        if row.status != DeliveryStatus.WAITING:
            raise NotWaiting
        WebhookDelivery.objects.filter(id=row.id).update(
            status=DeliveryStatus.DISCARDED, finished_at=Now(), due_at=None
        )
        _begin_anew(row)


def _locked(delivery_id: int) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("subscription")
    row = rows.filter(id=delivery_id).first()
    if row is None:
        raise UnknownWebhook
    return row


def _begin_anew(row: WebhookDelivery) -> None:
    """Have the worker read how things stand."""
    WebhookSubscription.objects.filter(id=row.subscription_id).update(revision=F("revision") + 1)
