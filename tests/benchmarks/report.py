"""How the figures are told: a table for the terminal, and `docs/benchmarks/fanout.md`."""

import argparse
import datetime as dt
from collections.abc import Mapping, Sequence

from tests.benchmarks.contestants import NODE, NodeWs, StockwireHub, StockwireWhole
from tests.benchmarks.figures import Figures
from tests.benchmarks.machine import machine, software
from tests.benchmarks.processes import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks" / "fanout.md"

_TEXT = """\
# Fan-out: one process, {clients:,} listeners

Written by `make bench-fanout`, {date}.
{machine}. {software}.

{table}
Medians of {rounds} rounds, taken in turns, each with a fresh server and fresh listeners. {ratio}

## What is measured
- **Deliveries/s**: events received by all listeners together, counted by the listeners, while the server is
  given as many events as get through ({seconds:g} s; nobody falls behind by more than 256 KiB).
- **Late by**: from the moment of sending, which stands in the event, to the moment at which a listener has
  read it, at {rate} events/s (= {rate_deliveries:,} deliveries/s) for {rate_seconds:g} s. Both ends read one
  monotonic clock. All listeners share one process, so the last one's place in the row is part of it.
- The listeners are raw sockets in one Node process that reads frames and nothing more, the same for every
  server. Server and listeners have a core each ({pinned}). Where the listeners' core is the busier one, the
  server could have done more than the table says.
- The event is a sale (`stock.reduced`) of some 600 bytes, put together and encoded anew each time, by all.

## What the rows are
- **{hub}**: the live process of `manage.py serve --role live`, with its consumers, hub and transport. Events
  are made in that process and enter by the hub's own door for events that have no place in the log. From
  there on all is as always: built once, encoded once, framed once, joined within 2 ms, written to everybody.
- **{node}**: a server that does nothing but broadcast: encode once, `client.send(buffer)` for each, deflate
  off. No log, no database, no resume, no rights.
- **{whole}**: the same process once more. Another process commits the events to PostgreSQL, the
  relay (in the live process) numbers them, Redis carries them, the hub follows. Late by: from before the
  transaction to the listener. PostgreSQL, Redis and the publisher share the listeners' core.
"""


def table(
    *,
    rounds: Mapping[str, Sequence[Figures]],
    medians: Mapping[str, Figures],
    options: argparse.Namespace,
    pinned: bool,
) -> str:
    """Make the document's text."""
    head = "| | deliveries/s | late by: p50 | p99 | max | server's core | listeners' core |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|"]
    lines += [f"| **{name}** | {_cells(figures, bold=True)}" for name, figures in medians.items()]
    for number in range(options.rounds):
        lines += [
            f"| round {number + 1}: {name} | {_cells(all_of[number])}" for name, all_of in rounds.items()
        ]
    return _TEXT.format(
        clients=options.clients,
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        machine=machine(),
        software=software(NODE / "node_modules"),
        table="\n".join(lines) + "\n",
        rounds=options.rounds,
        ratio=_ratio(medians),
        seconds=options.seconds,
        rate=options.rate,
        rate_deliveries=options.rate * options.clients,
        rate_seconds=options.rate_seconds,
        pinned="`taskset`" if pinned else "not pinned: this machine can't",
        hub=StockwireHub.name,
        node=NodeWs.name,
        whole=StockwireWhole.name,
    )


def write(text: str) -> None:
    """Put it where the documentation looks for it."""
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(text)


def _cells(figures: Figures, *, bold: bool = False) -> str:
    deliveries = f"{figures.deliveries:,.0f}"
    return " | ".join(
        (
            f"**{deliveries}**" if bold else deliveries,
            f"{figures.p50:.2f} ms",
            f"{figures.p99:.2f} ms",
            f"{figures.most:.2f} ms",
            f"{figures.server_share:.0%}",
            f"{figures.load_share:.0%} |",
        )
    )


def _ratio(medians: Mapping[str, Figures]) -> str:
    theirs = medians[NodeWs.name]
    said = [
        f"{name} delivers {figures.deliveries / theirs.deliveries:.2f} times what {NodeWs.name} does"
        for name, figures in medians.items()
        if name != NodeWs.name
    ]
    return "; ".join(said) + "."
