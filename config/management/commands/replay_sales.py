"""``manage.py replay_sales FILE``: a real shop's invoices, done again through the shop's own services."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from config.kernel.actors import Actor
from inventory.replay.parsing import BadFile, Book, Invoice, batches, read_file
from inventory.replay.replaying import Places, Tally, replay
from inventory.replay.stocking import CURRENCY, Stocked, stock_up
from inventory.replay.workers import replay_with_workers
from inventory.selectors.drift import drifts
from orders.replay import NotTheShopsCurrency, OrderReplay

_ACTOR = Actor(kind="command", id="replay_sales", source="import")
_LINES_AT_ONCE = 500
_BAD_ROWS_SHOWN = 10

Replay = Callable[[Sequence[Invoice], Places], Tally]


class Command(BaseCommand):
    help = (
        "Replay a file of real invoices: each sale, cancellation and adjustment under its own number, once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="CSV, or CSV.gz, with InvoiceNo, StockCode, Quantity, …"
        )
        pace = parser.add_mutually_exclusive_group()
        pace.add_argument("--speed", type=_positive, metavar="N", help="so many times as fast as it happened")
        pace.add_argument("--full-speed", action="store_true", help="as fast as it goes (the default)")
        parser.add_argument("--limit", type=int, metavar="N", help="the first N invoices only")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="so many processes (1)")
        parser.add_argument(
            "--as",
            dest="becoming",
            choices=("reductions", "orders"),
            default="reductions",
            help=f"what each sale becomes: a reduction of stock (the default), or an order; the file's prices"
            f" are in {CURRENCY}, so orders need a shop with STOCKWIRE_CURRENCY={CURRENCY}",
        )

    def handle(self, **options: Any) -> None:
        if options["speed"] and options["workers"] > 1:
            raise CommandError(
                "--workers is for full speed: invoices at their own pace come one after the other"
            )
        if options["workers"] > 1 and options["becoming"] == "orders":
            raise CommandError("--workers is for reductions: orders are placed one after the other")
        if options["workers"] < 1 or (options["limit"] is not None and options["limit"] < 1):
            raise CommandError("--workers and --limit must be at least 1")
        do = _replay_of(options["becoming"])
        console = Console(file=cast("TextIO", self.stdout._out))
        book = _read(Path(options["file"]))
        stocked = stock_up(list(book.goods.values()), begins_at=book.begins_at, actor=_ACTOR)
        invoices = book.invoices[: options["limit"]]
        started = time.monotonic()
        tally = Tally()
        with _progress(console) as progress:
            bar = progress.add_task("replaying", total=sum(invoice.lines for invoice in invoices), speed="")
            for part in _tallies(invoices, stocked.places, options, do):
                tally.add(part)
                speed = f"{tally.lines / max(time.monotonic() - started, 1e-6):,.0f} lines/s"
                progress.update(bar, completed=tally.lines, speed=speed)
        seconds = time.monotonic() - started
        drift = drifts()
        console.print(_summary(book, stocked, tally, seconds, verified=not drift))
        for row in book.bad_rows[:_BAD_ROWS_SHOWN]:
            console.print(f"not read: {row}", markup=False)
        for refusal in stocked.refused[:_BAD_ROWS_SHOWN]:
            console.print(f"not made: {refusal}", markup=False)
        if drift:
            console.print("The ledger does not hold: see manage.py verify_stock")
            sys.exit(1)


def _read(path: Path) -> Book:
    try:
        return read_file(path)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    except BadFile as error:
        raise CommandError(str(error)) from error


def _replay_of(becoming: str) -> Replay:
    if becoming == "reductions":
        return lambda invoices, places: replay(invoices, places=places, actor=_ACTOR)
    try:
        return OrderReplay(actor=_ACTOR)
    except NotTheShopsCurrency as error:
        raise CommandError(str(error)) from error


def _tallies(invoices: list[Invoice], places: Places, options: dict[str, Any], do: Replay) -> Iterator[Tally]:
    if options["speed"]:
        yield from _at_pace(invoices, places, options["speed"], do)
    elif options["workers"] > 1:
        parts = batches(invoices, lines=_LINES_AT_ONCE)
        yield from replay_with_workers(
            parts,
            workers=options["workers"],
            places=places,
            actor=_ACTOR,
            database=str(connection.settings_dict["NAME"]),
        )
    else:
        for batch in batches(invoices, lines=_LINES_AT_ONCE):
            yield do(batch, places)


def _at_pace(invoices: list[Invoice], places: Places, speed: float, do: Replay) -> Iterator[Tally]:
    """Each invoice at its time, so many times faster."""
    in_order = sorted(invoices, key=lambda invoice: invoice.occurred_at)
    began = time.monotonic()
    for invoice in in_order:
        due = (invoice.occurred_at - in_order[0].occurred_at).total_seconds() / speed
        time.sleep(max(0.0, began + due - time.monotonic()))
        yield do([invoice], places)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=console,
    )


def _summary(book: Book, stocked: Stocked, tally: Tally, seconds: float, *, verified: bool) -> Table:
    table = Table(show_header=False, title="Replayed")
    rows = {
        "invoices": tally.invoices,
        "lines": tally.lines,
        "sales": f"{tally.sales} ({tally.units_sold} units)",
        "returns": f"{tally.returns} ({tally.units_returned} units)",
        "adjustments": f"{tally.adjustments} ({tally.units_adjusted} units)",
        "refused": _with_parts(tally.refused, tally.reasons),
        "already done": tally.already_done,
        "no goods, left out": _with_parts(sum(book.no_goods.values()), book.no_goods),
        "rows not read": len(book.bad_rows),
        "products made": stocked.created,
        "units received first": stocked.received,
        "seconds": f"{seconds:.2f}",
        "lines/s": f"{tally.lines / seconds:,.0f}" if seconds else "-",
        "ledger verified": "yes" if verified else "NO",
    }
    for name, value in rows.items():
        table.add_row(name, str(value))
    return table


def _with_parts(total: int, parts: dict[str, int]) -> str:
    named = ", ".join(f"{name} {count}" for name, count in sorted(parts.items()))
    return f"{total} ({named})" if named else str(total)


def _positive(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise ValueError
    return speed
