"""From a sale over REST to whoever listens: reduce, ledger, log, relay, hub, client, with nothing left out.

The moment of a COMMIT is PostgreSQL's own (`track_commit_timestamp`): it is taken when the commit begins,
before the record of it is written to disk. A sale is known again by the stock that it has left.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

from tests.benchmarks.contestants import SOCKETIO, Place
from tests.benchmarks.figures import WholePath, percentile
from tests.benchmarks.processes import LOAD_CORE, Child
from tests.benchmarks.rounds import listeners
from tests.benchmarks.shop import Shop, open_shop

# Timed are so many; the others are read too, but seldom, so that the core has room for the database.
TIMED = 100
QUIET = 1.0
WARM_UP_SECONDS = 2.0

# xmin is the transaction that has written the movement. Where two rounds come to the same stock, the newer
# one counts.
_COMMITS = """
SELECT balance_after, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1e6
FROM inventory_stockmovement WHERE kind = 'sale' ORDER BY recorded_at
"""


class Pace(NamedTuple):
    """So many sales a second, of so many items each: an event for each item."""

    sales: int
    items: int

    def __str__(self) -> str:
        of = f" of {self.items} items" if self.items > 1 else ""
        return f"{self.sales * self.items} events/s: {self.sales} sales/s{of}"


WARM_UP = Pace(50, 1)


def measure_whole_path(
    place: Place, *, clients: int, paces: Sequence[Pace], seconds: float
) -> dict[Pace, WholePath]:
    """Sell at each pace, with so many Socket.IO clients."""
    with (
        open_shop(place) as shop,
        listeners(pinned=place.pinned) as load,
        Child([sys.executable, "-m", "tests.benchmarks.sales"], core=LOAD_CORE, pinned=place.pinned) as till,
    ):
        load.answer()
        till.answer()
        load.ask(do="connect", port=shop.live.port, door=SOCKETIO._asdict(), clients=clients)
        load.ask(do="relax", every=max(1, clients // TIMED))
        _sell(till, shop, WARM_UP, WARM_UP_SECONDS)
        time.sleep(QUIET)
        return {pace: _measure(place, shop, load, till, pace=pace, seconds=seconds) for pace in paces}


def _measure(place: Place, shop: Shop, load: Child, till: Child, *, pace: Pace, seconds: float) -> WholePath:
    load.ask(do="time")
    done = _sell(till, shop, pace, seconds)
    time.sleep(QUIET)
    sold = done["sold"]
    since = {
        "commit": _commits(place.env["DATABASE_URL"]),
        "request": {left: sent for left, (sent, _answered) in sold.items()},
        "answer": {left: answered for left, (_sent, answered) in sold.items()},
    }
    late = load.ask(do="latencies", since=since)
    had, closed = load.ask(do="behind"), load.ask(do="count")["closed"]
    timed = late["request"]["count"]
    if done["refused"] or closed or had["least"] != had["most"] or not timed or timed % len(sold):
        raise SystemExit(
            f"a sale was not heard of: {done['refused']} refused, {had}, {closed} closed, {timed} timed"
        )
    return WholePath(
        per_second=len(sold) / done["seconds"],
        commit_p50=late["commit"]["p50"],
        commit_p99=late["commit"]["p99"],
        request_p50=late["request"]["p50"],
        request_p99=late["request"]["p99"],
        answer_p50=late["answer"]["p50"],
        answer_p99=late["answer"]["p99"],
        rest_p50=percentile(done["took"], 0.5),
        rest_p99=percentile(done["took"], 0.99),
    )


def _sell(till: Child, shop: Shop, pace: Pace, seconds: float) -> dict[str, Any]:
    return till.ask(
        do="sell",
        port=shop.web.port,
        key=shop.key,
        products=shop.products,
        per_second=pace.sales,
        items=pace.items,
        seconds=seconds,
    )


def _commits(database_url: str) -> dict[int, float]:
    """Give the moments at which sales were committed, on the monotonic clock."""
    with psycopg.connect(database_url) as connection:
        (setting,) = connection.execute("SHOW track_commit_timestamp").fetchone() or ("off",)
        if setting != "on":
            return {}
        rows = connection.execute(_COMMITS).fetchall()
    ahead = (time.time_ns() - time.monotonic_ns()) / 1000
    return {left: float(moment) - ahead for left, moment in rows}
