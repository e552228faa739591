"""``manage.py verify_stock``: does every level say what the ledger adds up to?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.kernel.actors import Actor
from inventory.selectors import drift
from inventory.services.repairs import repair_drift

_ACTOR = Actor(kind="command", id="verify_stock", source="command")


class Command(BaseCommand):
    help = (
        "Recompute every balance from the ledger, and every hold from its lines. "
        "Exits 1 with a report where something disagrees."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="write compensating movements for what disagrees (levels keep their figures)",
        )

    def handle(self, **options: Any) -> None:
        if options["repair"]:
            for repaired in repair_drift(actor=_ACTOR):
                self.stdout.write(f"repaired: {repaired}")
        found = drift.drifts()
        for one in found:
            self.stdout.write(self.style.ERROR(str(one)))
        levels, entries = drift.sizes()
        checked = f"{levels} levels against {entries} ledger entries"
        if found:
            self.stdout.write(self.style.ERROR(f"{len(found)} disagree, of {checked}"))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"The ledger holds: {checked}"))
