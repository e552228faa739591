"""How the figures are told: tables for the terminal, and `docs/benchmarks/fanout.md`."""

import argparse

from tests.benchmarks.contestants import (
    NODE,
    NodeSocketIO,
    NodeWs,
    StockwireSocketIO,
    StockwireThroughLog,
    StockwireWs,
)
from tests.benchmarks.documents import in_rounds, table, target_table, written_by
from tests.benchmarks.explanation import EXPLANATION
from tests.benchmarks.figures import Figures, Trouble, WholePath, median
from tests.benchmarks.machine import machine, software
from tests.benchmarks.processes import ROOT
from tests.benchmarks.targets import Results, targets

DOCUMENT = ROOT / "docs" / "benchmarks" / "fanout.md"

_HEAD = """\
# Fan-out: one process, many listeners

{written}, in {minutes:.0f} minutes.
{machine}. {software}.
One core for the server, one for the listeners and for PostgreSQL and Redis ({pinned}). Medians of {rounds}.
"""


def document(results: Results, *, options: argparse.Namespace, pinned: bool, minutes: float) -> str:
    """Make the document's text."""
    parts = [
        _HEAD.format(
            written=written_by("make bench-fanout"),
            minutes=minutes,
            machine=machine(),
            software=software(NODE / "node_modules"),
            pinned="`taskset`" if pinned else "not pinned: this machine can't",
            rounds=in_rounds(options.rounds),
        ),
        target_table(targets(results)),
        *(_servers(clients, rounds, options) for clients, rounds in results.servers.items()),
        _path(results, options),
        _troubles(results),
        EXPLANATION.format(
            seconds=options.seconds,
            rate_seconds=options.rate_seconds,
            deliveries=options.deliveries,
            socketio=StockwireSocketIO.name,
            through_log=StockwireThroughLog.name,
            ws=StockwireWs.name,
            node_socketio=NodeSocketIO.name,
            node_ws=NodeWs.name,
        ),
        _every_round(results),
    ]
    return "\n".join(part for part in parts if part)


def write(text: str) -> None:
    """Put it where the documentation looks for it."""
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(text)


def _servers(clients: int, rounds: dict[str, list[Figures]], options: argparse.Namespace) -> str:
    head = (
        "",
        "deliveries/s",
        "bytes each",
        "late by: p50",
        "p99",
        "max",
        "KB per idle connection",
        "server's core",
        "listeners' core",
    )
    title = f"{clients:,} clients in one room; late at {options.deliveries:,} deliveries/s"
    return table(
        title, head, [f"| **{name}** | {_server(median(figures))} |" for name, figures in rounds.items()]
    )


def _path(results: Results, options: argparse.Namespace) -> str:
    head = (
        "",
        "events/s",
        "since COMMIT: p50",
        "p99",
        "since the request was sent: p50",
        "p99",
        "since it was answered: p50",
        "p99",
        "the answer itself: p50",
        "p99",
    )
    rows = [f"| {pace} | {_sale(median(figures))} |" for pace, figures in results.path.items()]
    return table(f"From a sale over REST to {min(options.clients):,} Socket.IO clients", head, rows)


def _troubles(results: Results) -> str:
    head = ("what is wrong", "late by: p50", "p99", "max", "the server grew by", "it lasted")
    rows = [f"| {name} | {_trouble(median(figures))} |" for name, figures in results.troubles.items()]
    return table("Somebody else's trouble", head, rows)


def _every_round(results: Results) -> str:
    rows = []
    for clients, servers in results.servers.items():
        for name, rounds in servers.items():
            for number, figures in enumerate(rounds, 1):
                rows.append(f"| {name}, {clients:,}: {number} | {_server(figures)} |")
    servers_table = table(
        "Every round", ("", "deliveries/s", "bytes", "p50", "p99", "max", "KB", "server", "listeners"), rows
    )
    rows = [
        f"| {pace}; {number} | {_sale(figures)} |"
        for pace, rounds in results.path.items()
        for number, figures in enumerate(rounds, 1)
    ]
    head = (
        "",
        "events/s",
        "COMMIT p50",
        "p99",
        "request p50",
        "p99",
        "answered p50",
        "p99",
        "answer p50",
        "p99",
    )
    return "\n".join(part for part in (servers_table, table("", head, rows)) if part)


def _server(figures: Figures) -> str:
    return " | ".join(
        (
            f"{figures.deliveries:,.0f}",
            f"{figures.bytes_each:.0f}",
            *(f"{ms:.2f} ms" for ms in (figures.p50, figures.p99, figures.most)),
            f"{figures.resident_each / 1000:.1f}",
            f"{figures.server_share:.0%}",
            f"{figures.load_share:.0%}",
        )
    )


def _sale(figures: WholePath) -> str:
    return " | ".join((f"{figures.per_second:.0f}", *(f"{ms:.1f} ms" for ms in figures[1:])))


def _trouble(figures: Trouble) -> str:
    lasted = f"{figures.lasted:.1f} s" if figures.lasted else ""
    return " | ".join(
        (
            *(f"{ms:.2f} ms" for ms in (figures.p50, figures.p99, figures.most)),
            f"{figures.grown / 1000:,.0f} KB",
            lasted,
        )
    )
