"""`manage.py begin_new_epoch`: after the database was restored from a backup, or the event log was cut."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from realtime import services


class Command(BaseCommand):
    """Makes every cursor of before void, and sends all listeners to fetch their state afresh."""

    help = "Say that the event log is another one than before: to be run after a restore from a backup."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it."""
        head = services.begin_new_epoch()
        self.stdout.write(f"The event log goes on as {head.epoch}, after event {head.top}.")
