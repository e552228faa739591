"""Telling whoever listens that rights were withdrawn."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from config.identity.signals import Subject, rights_changed


def announce_rights_changed(*subjects: Subject) -> None:
    """Send ``rights_changed`` once the transaction is committed; a roll-back sends nothing.

    Django logs a receiver that fails, and goes on with the next.
    """
    send = partial(rights_changed.send_robust, sender=Subject, subjects=subjects)
    transaction.on_commit(send, robust=True)
