"""How late a client hears of a commit, while something sells; and whether it heard all that the ledger holds.

    python -m tests.benchmarks.commit_to_client [--server URL] [--clients N] -- COMMAND…

listens on `/ws` of a running server (of the same STOCKWIRE_HOME, or DATABASE_URL), runs the command (such as
`manage.py replay_sales FILE --full-speed`), waits until the log is quiet, and then says p50, p99 and the
most, and compares, variant by variant, what the events said with what the ledger has. It exits 1 where they
differ, or where the command failed.

An event's own time is the beginning of its transaction, cut to milliseconds: the figures are too high by the
length of the transaction.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from websockets.asyncio.client import connect

from config.settings import environment

QUIET_SECONDS = 2.0
MILLISECONDS = 1000
LARGEST_MESSAGE = 1 << 20
# What moves units on the shelf (a hold does not), and under which name they are compared.
MOVING = {"stock.reduced": "sold", "stock.updated": "otherwise"}
TOPICS = "products,stock"


@dataclass
class Listener:
    """What one client has heard."""

    events: int = 0
    heard_at: float = 0.0
    late: list[float] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    doubled: int = 0

    async def listen(self, address: str, ready: asyncio.Event) -> None:
        """Hear everything, until cancelled."""
        async with connect(address, max_size=LARGEST_MESSAGE, compression=None, max_queue=None) as socket:
            async for text in socket:
                now = time.time()
                message = orjson.loads(text)
                if "data" in message:
                    self._hear(message, now)
                elif message["type"] == "hello":
                    ready.set()
        raise RuntimeError("the server has closed the connection")

    def agrees_with(self, moved: Counter[str]) -> bool:
        """Say whether what was heard is what the ledger says was moved, and nothing twice."""
        return not self.doubled and all(
            self.moved[name] == moved[name] for name in self.moved.keys() | moved.keys()
        )

    def _hear(self, event: dict[str, object], now: float) -> None:
        identity, data = str(event["id"]), event["data"]
        assert isinstance(data, dict)
        self.doubled += identity in self.seen
        self.seen.add(identity)
        self.events += 1
        self.heard_at = now
        self.late.append((now - _seconds(str(event["timestamp"]))) * MILLISECONDS)
        if event["type"] in MOVING:
            self.moved[f"{data['variant_id']} {MOVING[str(event['type'])]}"] += data["change"]


def _seconds(moment: str) -> float:
    # Much faster than to parse it, and a listener must keep up.
    return _seconds_of_day(moment[:10]) + (
        int(moment[11:13]) * 3600 + int(moment[14:16]) * 60 + float(moment[17:-1])
    )


_days: dict[str, float] = {}


def _seconds_of_day(day: str) -> float:
    if day not in _days:
        import calendar

        _days[day] = float(calendar.timegm(time.strptime(day, "%Y-%m-%d")))
    return _days[day]


async def measure(*, address: str, clients: int, command: Sequence[str]) -> tuple[list[Listener], int]:
    """Run the command while so many clients listen; give what they heard, and its exit code."""
    listeners = [Listener() for _ in range(clients)]
    ready = [asyncio.Event() for _ in listeners]
    async with asyncio.TaskGroup() as group:
        pairs = zip(listeners, ready, strict=True)
        tasks = [group.create_task(listener.listen(address, event)) for listener, event in pairs]
        for event in ready:
            await event.wait()
        process = await asyncio.create_subprocess_exec(*command)
        code = await process.wait()
        ended = time.time()
        # Not an event to wait for but the absence of any.
        while time.time() - max(ended, *(listener.heard_at for listener in listeners)) < QUIET_SECONDS:  # noqa: ASYNC110
            await asyncio.sleep(QUIET_SECONDS / 10)
        for task in tasks:
            task.cancel()
    return listeners, code


def ledger() -> Counter[str]:
    """Sum the ledger's movements: of each variant what was sold, and what was moved otherwise."""
    from django.db.models import Sum

    from inventory.models import MovementKind, StockMovement

    rows = StockMovement.objects.values("variant_id", "kind").annotate(sum=Sum("delta"))
    moved: Counter[str] = Counter()
    for row in rows:
        manner = "sold" if row["kind"] == MovementKind.SALE else "otherwise"
        moved[f"{row['variant_id']} {manner}"] += row["sum"]
    return moved


def main() -> None:
    """Measure, compare, tell."""
    options = _options()
    _set_up()
    before = ledger()
    address = f"{options.server.replace('http', 'ws', 1).rstrip('/')}/ws?topics={TOPICS}"
    started = time.monotonic()
    listeners, code = asyncio.run(measure(address=address, clients=options.clients, command=options.command))
    took = time.monotonic() - started - QUIET_SECONDS
    moved = ledger()
    moved.subtract(before)
    moved = Counter({name: units for name, units in moved.items() if units})
    lines = [_HEAD, *(_line(listener, moved, took) for listener in listeners)]
    print("\n" + "\n".join(lines))  # noqa: T201  this is what the command is for
    exact = all(listener.agrees_with(moved) for listener in listeners)
    sys.exit(0 if exact and code == 0 else 1)


_HEAD = f"{'events':>9}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}   against the ledger"


def _line(listener: Listener, moved: Counter[str], took: float) -> str:
    late = sorted(listener.late) or [0.0]
    p50, p99 = (late[min(len(late) - 1, int(len(late) * share))] for share in (0.5, 0.99))
    figures = f"{listener.events:>9}{listener.events / took:>8.0f}{p50:>9.1f}{p99:>9.1f}{late[-1]:>9.1f}   "
    if listener.agrees_with(moved):
        sold = -sum(units for name, units in moved.items() if name.endswith(" sold"))
        return f"{figures}exact: {len(moved)} sums, {sold} units sold, {sum(moved.values()) + sold} otherwise"
    return f"{figures}DIFFERS: {_differences(listener.moved, moved)}, {listener.doubled} events doubled"


def _differences(heard: Counter[str], moved: Counter[str]) -> str:
    different = [name for name in heard.keys() | moved.keys() if heard[name] != moved[name]]
    shown = ", ".join(f"{name} {heard[name]:+d} not {moved[name]:+d}" for name in sorted(different)[:3])
    return f"{len(different)} sums ({shown})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="commit_to_client", description=__doc__)
    host, port = environment.HOST.read(), environment.PORT.read()
    parser.add_argument("--server", default=f"http://{host}:{port}")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("command", nargs="+", help="what sells, after --")
    return parser.parse_args()


def _set_up() -> None:
    import os

    import django

    from config import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    embedded.provide()
    django.setup()


if __name__ == "__main__":
    main()
