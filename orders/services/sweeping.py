"""What nobody will come back to: carts of guests, and call backs of long ago."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models.functions import Now

from config.kernel.forgetting import forget
from orders.models import Cart, ProviderEvent

#: How long a guest's cart is kept after its last change.
KEPT = dt.timedelta(days=60)


def forget_stale_guest_carts() -> int:
    """Delete guests' carts that have not changed for ``KEPT``, a thousand at a time; how many there were.

    Locks: the carts that it deletes, skipping those that are being changed. Refuses: nothing.
    Announces: nothing: whoever held the token has been away for longer than the log goes back.
    """
    stale = Cart.objects.filter(user__isnull=True, updated_at__lt=Now() - KEPT)
    return forget(stale.order_by("updated_at"))


def forget_old_provider_events() -> int:
    """Delete call backs that are older than ``STOCKWIRE_KEEP_PROVIDER_EVENTS`` days, a thousand at a time;
    how many there were. What they did stays: it is the payment's.

    Locks: the rows that it deletes, skipping those that are in use. Refuses: nothing. Announces: nothing.
    """
    keep = dt.timedelta(days=settings.STOCKWIRE_KEEP_PROVIDER_EVENTS)
    return forget(ProviderEvent.objects.filter(received_at__lt=Now() - keep).order_by("id"))
