"""What else is done when somebody has just signed in, stated by identity and handed in by apps above it.

A guest's cart is taken along, say. So no import points up; whoever has something to do says so in its
``AppConfig.ready``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from rest_framework.request import Request

from config.identity.models import User

logger = logging.getLogger(__name__)

#: Given the request that signed somebody in, and who it is. The sign-in is committed by then.
Arrival = Callable[[Request, User], None]

_arrivals: list[Arrival] = []


def on_arrival(work: Arrival) -> Arrival:
    """Have ``work`` done at each sign-in and registration."""
    if work not in _arrivals:
        _arrivals.append(work)
    return work


def arrived(request: Request, user: User) -> None:
    """Do all of it. Whatever fails there, who has signed in is signed in."""
    for work in _arrivals:
        try:
            work(request, user)
        except Exception:
            logger.exception("%r failed for %s, who has signed in", work, user.pk)
