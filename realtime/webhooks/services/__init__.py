"""The only writers of subscriptions and deliveries.

``subscriptions`` and ``sending_again`` are for staff, through the admin; ``owning`` and ``outcomes`` for the
workers that deliver; ``sweeping`` for the timer.
"""

from __future__ import annotations

from realtime.webhooks.services.outcomes import note_sent_again, record_outcomes, stop
from realtime.webhooks.services.owning import Owned, begin, give_up_ownership, own
from realtime.webhooks.services.sending_again import discard, send_again
from realtime.webhooks.services.subscriptions import (
    MOST,
    change,
    create,
    delete,
    pause,
    resume,
    rotate_secret,
)
from realtime.webhooks.services.sweeping import forget_old_deliveries

__all__ = [
    "MOST",
    "Owned",
    "begin",
    "change",
    "create",
    "delete",
    "discard",
    "forget_old_deliveries",
    "give_up_ownership",
    "note_sent_again",
    "own",
    "pause",
    "record_outcomes",
    "resume",
    "rotate_secret",
    "send_again",
    "stop",
]
