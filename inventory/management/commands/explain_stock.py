"""``manage.py explain_stock SKU --at TIME``: why a figure is, or was, what it is."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel import clock
from inventory.models import StockMovement
from inventory.selectors.explaining import PlaceThen, explain, find_variant
from inventory.selectors.history import through


class Command(BaseCommand):
    help = (
        "Tell why the stock of a SKU is what it is, or was at a moment: the ledger's entries that make it up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sku", metavar="SKU")
        parser.add_argument(
            "--at", metavar="TIME", help="a moment, ISO 8601 (UTC unless it says otherwise); now"
        )
        parser.add_argument(
            "--last", type=int, default=20, metavar="N", help="entries to show of each location (20)"
        )

    def handle(self, **options: Any) -> None:
        try:
            moment = through(clock.parse_iso(options["at"])) if options["at"] else clock.now()
        except ValueError as error:
            raise CommandError(f"--at: {error}") from None
        variant = find_variant(options["sku"])
        if variant is None:
            raise CommandError(f"No variant has the SKU {options['sku']}")
        places = explain(variant, moment, last=max(0, options["last"]))
        self.stdout.write(f"{variant.sku} ({variant.product.title}) at {clock.iso(moment)}")
        for place in places:
            self._show(place)
        total = sum(place.on_hand for place in places)
        held = sum(place.held for place in places)
        self.stdout.write(f"on hand {total}, of it held {held}")
        if not places:
            self.stdout.write("It was not stocked by then.")

    def _show(self, place: PlaceThen) -> None:
        self.stdout.write(f"\n{place.location_id}: on hand {place.on_hand}, held {place.held}")
        older = place.entries - len(place.last)
        if older:
            before = place.on_hand - sum(entry.delta for entry in place.last)
            self.stdout.write(f"  {older} earlier entries add up to {before}")
        for entry in place.last:
            self.stdout.write(f"  {_entry(entry)}")
        self.stdout.write("")


def _entry(entry: StockMovement) -> str:
    parts = [
        clock.iso(entry.occurred_at),
        f"{entry.delta:+d}",
        f"-> {entry.balance_after}",
        entry.kind,
        f"reference {entry.reference}" if entry.reference else "",
        f'"{entry.reason}"' if entry.reason else "",
        f"by {entry.actor} ({entry.source})",
    ]
    return "  ".join(part for part in parts if part)
