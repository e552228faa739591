"""`manage.py import_products`: products out of another system's export."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from catalog.importing.report import Report
from catalog.importing.running import FORMATS, Import
from catalog.services.rules import MAX_PLACE
from config.kernel.actors import Actor
from config.kernel.money import CURRENCIES


class Command(BaseCommand):
    """Reads files, hands them to the import, says what became of them."""

    help = (
        "Import products from CSV exports. Run again it changes nothing; a product that is there is changed "
        "to what the file has, but for its stock (--update-stock). Exits with 1 when a file can't be read "
        "or nothing in it is a product."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files and what they don't say themselves."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=FORMATS, default="shopify", help="the exporting system")
        parser.add_argument("--location", metavar="CODE", help="where the stock is")
        parser.add_argument(
            "--currency", default=settings.STOCKWIRE_CURRENCY, help="of the prices (default: the shop's own)"
        )
        parser.add_argument("--update-stock", action="store_true", help="count what is there already, too")
        parser.add_argument("--dry-run", action="store_true", help="do everything, and undo it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, then report."""
        currency, location = str(options["currency"]).upper(), options["location"]
        if currency not in CURRENCIES:
            raise CommandError(f"--currency: {currency} is no currency code of ISO 4217")
        if location is not None and not _names_a_place(location):
            raise CommandError(f"--location: must be 1 to {MAX_PLACE} printable characters")
        files: list[Path] = options["files"]
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        with bar:
            size = sum(path.stat().st_size for path in files if path.is_file())
            task = bar.add_task("Importing", total=size)
            report = Import(
                actor=Actor(kind="command", id="import_products", source="import"),
                currency=currency,
                location_id=location,
                update_stock=options["update_stock"],
                dry_run=options["dry_run"],
                progress=lambda length: bar.advance(task, length),
            ).run(files)
        self._say(report, dry_run=options["dry_run"])

    def _say(self, report: Report, *, dry_run: bool) -> None:
        for note in report.notes:
            self.stdout.write(str(note))
        for refusal in report.refused:
            self.stderr.write(self.style.WARNING(f"refused: {refusal}"))
        self.stdout.write(report.summary() + (" (dry run: nothing was written)" if dry_run else ""))
        if report.unreadable:
            raise CommandError("\n".join(report.unreadable))
        if not report.imported:
            raise CommandError("No product could be imported.")


def _names_a_place(code: str) -> bool:
    return bool(code.strip()) and code.isprintable() and len(code) <= MAX_PLACE
