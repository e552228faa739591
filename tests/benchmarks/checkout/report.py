"""How the figures are told: `docs/benchmarks/checkout.md`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tests.benchmarks.checkout.explanation import EXPLANATION
from tests.benchmarks.checkout.figures import Checkouts, Lists, Rush, Statements
from tests.benchmarks.checkout.goods import SCARCE
from tests.benchmarks.checkout.measuring import RUSHING, SHOPPERS
from tests.benchmarks.checkout.targets import THEIR_ORDERS, Results, targets
from tests.benchmarks.documents import in_rounds, table, target_table, written_by
from tests.benchmarks.figures import median
from tests.benchmarks.machine import libraries, machine
from tests.benchmarks.processes import ROOT

F = TypeVar("F", bound=tuple[float, ...])

DOCUMENT = ROOT / "docs" / "benchmarks" / "checkout.md"

_HEAD = """\
# Checkout: whole orders, a rush on the last units, lists

{written}, in {minutes:.0f} minutes.
{machine}. {software}; PostgreSQL {postgres}.
One core for the server, one for the load and for PostgreSQL ({pinned}). Medians of {rounds}.
"""
_CHECKOUTS = (
    "",
    "checkouts/s",
    "placing: p50",
    "p99",
    "cart: p50",
    "p99",
    "paying: p50",
    "p99",
    "server, each",
    "server's core",
    "load",
    "PostgreSQL",
)
_LISTS = ("", "lists/s", "p50", "p99", "server, each")
_RUSH = (
    "round",
    "accepted",
    "out of stock",
    "anything else",
    "sold by the ledger",
    "left",
    "the last answer after",
)


def document(
    results: Results, *, options: argparse.Namespace, stored: str, pinned: bool, postgres: str, minutes: float
) -> str:
    """Make the document's text."""
    parts = [
        _HEAD.format(
            written=written_by("make bench-checkout"),
            minutes=minutes,
            machine=machine(),
            software=libraries("django", "djangorestframework", "granian", "psycopg"),
            postgres=postgres,
            pinned="`taskset`" if pinned else "not pinned: this machine can't",
            rounds=in_rounds(options.rounds),
        ),
        target_table(targets(results, stored=stored)),
        _medians(f"{SHOPPERS} customers check out", _CHECKOUTS, results.checkouts, _checkouts),
        _statements(results.statements),
        table(
            f"{RUSHING} customers at once for {SCARCE} units",
            _RUSH,
            [f"| {number} | {_rush(figures)} |" for number, figures in enumerate(results.rushes, 1)],
        ),
        _medians("Lists of twenty products", _LISTS, results.lists, _lists),
        EXPLANATION.format(
            shoppers=SHOPPERS,
            rushing=RUSHING,
            scarce=SCARCE,
            seconds=options.seconds,
            stored=options.stored,
            their_orders=THEIR_ORDERS,
        ),
        _rounds("Every round", _CHECKOUTS, results.checkouts, _checkouts),
        _rounds("", _LISTS, results.lists, _lists),
    ]
    return "\n".join(part for part in parts if part)


def write(text: str) -> None:
    """Put it where the documentation looks for it."""
    DOCUMENT.write_text(text)


def _medians(
    title: str, head: Sequence[str], rounds: Mapping[str, Sequence[F]], tell: Callable[[F], str]
) -> str:
    return table(
        title, head, [f"| **{name}** | {tell(median(figures))} |" for name, figures in rounds.items()]
    )


def _rounds(
    title: str, head: Sequence[str], rounds: Mapping[str, Sequence[F]], tell: Callable[[F], str]
) -> str:
    rows = [
        f"| {name}; {number} | {tell(figures)} |"
        for name, some in rounds.items()
        for number, figures in enumerate(some, 1)
    ]
    return table(title, head, rows)


def _statements(statements: Mapping[str, Statements]) -> str:
    rows = [
        f"| **{name}** | {one.cart:.0f} | {one.place:.0f} | {one.pay:.0f} | {one.whole:.0f} |"
        for name, one in statements.items()
    ]
    return table("Statements of a checkout", ("", "cart", "placing", "paying", "together"), rows)


def _checkouts(figures: Checkouts) -> str:
    times = (
        figures.place_p50,
        figures.place_p99,
        figures.cart_p50,
        figures.cart_p99,
        figures.pay_p50,
        figures.pay_p99,
    )
    shares = (figures.server_share, figures.load_share, figures.database_share)
    return " | ".join(
        (
            f"{figures.per_second:.0f}",
            *(f"{ms:.1f} ms" for ms in times),
            f"{figures.server_ms:.2f} ms",
            *(f"{share:.0%}" for share in shares),
        )
    )


def _lists(figures: Lists) -> str:
    times = (figures.p50, figures.p99)
    return " | ".join(
        (f"{figures.per_second:.0f}", *(f"{ms:.1f} ms" for ms in times), f"{figures.server_ms:.2f} ms")
    )


def _rush(figures: Rush) -> str:
    return " | ".join((*(f"{figure:.0f}" for figure in figures[:5]), f"{figures.most:.0f} ms"))
