"""Carts that nobody will come back to."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models.functions import Now

from orders.models import Cart

#: How long a guest's cart is kept after its last change.
KEPT = dt.timedelta(days=60)
_AT_ONCE = 1000


def forget_stale_guest_carts() -> int:
    """Delete guests' carts that have not changed for ``KEPT``, a thousand at a time; how many there were.

    Locks: the carts that it deletes, skipping those that are being changed. Refuses: nothing.
    Announces: nothing: whoever held the token has been away for longer than the log goes back.
    """
    stale = Cart.objects.filter(user__isnull=True, updated_at__lt=Now() - KEPT).order_by("updated_at")
    forgotten = 0
    while True:
        with transaction.atomic():
            some = list(stale.select_for_update(skip_locked=True).values_list("id", flat=True)[:_AT_ONCE])
            Cart.objects.filter(id__in=some).delete()
        forgotten += len(some)
        if len(some) < _AT_ONCE:
            return forgotten
