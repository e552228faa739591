"""All figures of a run, and what they have to reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.contestants import NodeSocketIO, NodeWs, StockwireSocketIO
from tests.benchmarks.documents import Target
from tests.benchmarks.figures import Figures, Trouble, WholePath, median
from tests.benchmarks.troubles import CALM, SLOW_DATABASE, STOPPED
from tests.benchmarks.whole_path import Pace

TIMES_SOCKETIO = 3.0
MOST_BYTES_EACH = 25_000
PATH_EVENTS, PATH_P50, PATH_P99 = 200, 10.0, 50.0
ON_PACE = 0.97
#: What another's slow database call may add to the latest delivery, in ms.
MOST_DELAY = 50.0
#: A p99 varies by so much from one run to the next with nothing changed.
SAME_P99, SAME_P99_MS = 1.25, 1.0
MOST_GROWN = 4_000_000


@dataclass
class Results:
    """Round by round: of each server by number of listeners, of the whole path by pace, of each trouble."""

    servers: dict[int, dict[str, list[Figures]]] = field(default_factory=dict)
    path: dict[Pace, list[WholePath]] = field(default_factory=dict)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)

    def add(self, clients: int, name: str, figures: Figures) -> None:
        """Note a round of a server."""
        self.servers.setdefault(clients, {}).setdefault(name, []).append(figures)


def targets(results: Results) -> Sequence[Target]:
    """Judge the medians. What was not measured is not judged."""
    return [*_fan_out(results), *_path(results), *_troubles(results)]


def _fan_out(results: Results) -> list[Target]:
    found = []
    for clients, rounds in results.servers.items():
        ours, socketio, bare = (
            median(rounds[name]) for name in (StockwireSocketIO.name, NodeSocketIO.name, NodeWs.name)
        )
        times, than_bare = ours.deliveries / socketio.deliveries, ours.deliveries / bare.deliveries
        best = min(socketio.p99, bare.p99)
        found += [
            Target(
                f"{clients:,} clients: at least {TIMES_SOCKETIO:g} times the deliveries of Node's socket.io",
                f"{times:.1f} times",
                times >= TIMES_SOCKETIO,
            ),
            Target(
                f"{clients:,} clients: more deliveries than bare `ws`",
                f"{than_bare:.1f} times",
                than_bare > 1,
            ),
            Target(
                f"{clients:,} clients: p99 at the steady rate below both of theirs",
                f"{ours.p99:.1f} ms, theirs {socketio.p99:.1f} and {bare.p99:.1f}",
                ours.p99 < best,
            ),
            Target(
                f"{clients:,} clients: at most 25 KB for each idle connection",
                f"{ours.resident_each / 1000:.1f} KB",
                ours.resident_each <= MOST_BYTES_EACH,
            ),
        ]
    return found


def _path(results: Results) -> list[Target]:
    paces = {pace: rounds for pace, rounds in results.path.items() if pace.sales * pace.items == PATH_EVENTS}
    return [
        Target(
            f"{pace}: p50 since COMMIT under {PATH_P50:g} ms, p99 under {PATH_P99:g}",
            f"{path.commit_p50:.1f} and {path.commit_p99:.1f} ms at {path.per_second:.0f} events/s",
            0 < path.commit_p50 < PATH_P50
            and path.commit_p99 < PATH_P99
            and path.per_second > ON_PACE * PATH_EVENTS,
        )
        for pace, path in ((pace, median(rounds)) for pace, rounds in paces.items())
    ]


def _troubles(results: Results) -> list[Target]:
    if not results.troubles:
        return []
    calm, slow, stopped = (median(results.troubles[name]) for name in (CALM, SLOW_DATABASE, STOPPED))
    delay = slow.most - calm.most
    return [
        Target(
            f"a database call of 2 s in some handlers delays nobody else by {MOST_DELAY:g} ms",
            f"the latest delivery came {slow.most:.1f} ms late, without it {calm.most:.1f}",
            delay < MOST_DELAY,
        ),
        Target(
            "a stopped client changes nobody's p99",
            f"{stopped.p99:.1f} ms, without it {calm.p99:.1f}",
            stopped.p99 <= SAME_P99 * calm.p99 + SAME_P99_MS,
        ),
        Target(
            "a stopped client costs bounded memory, and is cut",
            f"{stopped.grown / 1000:,.0f} KB, cut after {stopped.lasted:.1f} s",
            stopped.grown <= MOST_GROWN and stopped.lasted > 0,
        ),
    ]
