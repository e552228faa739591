"""Telling whoever listens that rights were withdrawn."""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction

from config.identity.signals import Subject, rights_changed

logger = logging.getLogger(__name__)


def announce_rights_changed(*subjects: Subject) -> None:
    """Send ``rights_changed`` once the transaction is committed; a roll-back sends nothing."""
    transaction.on_commit(partial(_send, subjects), robust=True)


def _send(subjects: tuple[Subject, ...]) -> None:
    for receiver, outcome in rights_changed.send_robust(sender=Subject, subjects=subjects):
        if isinstance(outcome, Exception):
            logger.error("receiver %r failed for changed rights", receiver, exc_info=outcome)
