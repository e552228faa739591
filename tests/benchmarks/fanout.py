"""`make bench-fanout`: one process, 1 000 listeners; deliveries a second, and how late they are.

The same for a Node server on `ws`, with the same listeners, the same bytes, the same cores, in turns. What is
measured is written into `docs/benchmarks/fanout.md`; what the figures mean stands there too.
"""

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from config import embedded
from tests.benchmarks import report
from tests.benchmarks.contestants import NODE, PATH, Contestant, NodeWs, StockwireHub, StockwireWhole
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import LOAD_CORE, ROOT, Child, allow_many_files, can_pin, pin_here
from tests.server_process import fresh_database_url

WARM_UP = 1.0
SETTLE = 0.5
PATIENCE = 20.0


def main() -> None:
    """Measure in turns, print, and write it down."""
    options = _options()
    allow_many_files()
    pinned = can_pin() and shutil.which("taskset") is not None
    _install_node_packages()
    with _services(pinned=pinned) as env:
        makers: list[Callable[[], Contestant]] = [
            lambda: StockwireHub(pinned=pinned, env=env),
            lambda: NodeWs(pinned=pinned),
            lambda: StockwireWhole(pinned=pinned, env=env),
        ]
        rounds: dict[str, list[Figures]] = {}
        for number in range(options.rounds):
            for make in makers:
                contestant = make()
                figures = _measure(contestant, options=options, pinned=pinned)
                rounds.setdefault(contestant.name, []).append(figures)
                print(f"round {number + 1}  {contestant.name:<28}{figures.line()}", flush=True)  # noqa: T201
    medians = {name: _median(figures) for name, figures in rounds.items()}
    text = report.table(rounds=rounds, medians=medians, options=options, pinned=pinned)
    print(text)  # noqa: T201  this is what the command is for
    if options.write:
        report.write(text)
    ours, theirs = medians[StockwireHub.name], medians[NodeWs.name]
    sys.exit(0 if ours.deliveries > theirs.deliveries else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-fanout", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of saturation, in each round")
    parser.add_argument("--rate", type=int, default=20, help="events a second for the latency")
    parser.add_argument("--rate-seconds", type=float, default=10.0)
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave the document alone")
    return parser.parse_args()


def _measure(contestant: Contestant, *, options: argparse.Namespace, pinned: bool) -> Figures:
    """Measure one server, freshly started, with freshly connected listeners."""
    load_command = ["node", "--max-semi-space-size=64", str(NODE / "load.mjs")]
    with contestant, Child(load_command, core=LOAD_CORE, pinned=pinned) as load:
        load.ask(do="connect", port=contestant.port, path=PATH, clients=options.clients)
        time.sleep(SETTLE)
        contestant.flood(WARM_UP, load)
        contestant.end_flood()
        time.sleep(SETTLE)

        load.ask(do="count")
        began, busy, load_busy = time.monotonic(), contestant.processor_seconds(), load.processor_seconds()
        contestant.flood(options.seconds, load)
        time.sleep(max(0.0, began + options.seconds - time.monotonic()))
        counted = load.ask(do="count")
        took = time.monotonic() - began
        server_share = (contestant.processor_seconds() - busy) / took
        load_share = (load.processor_seconds() - load_busy) / took
        contestant.end_flood()
        _wait_for_the_last(load, contestant.sent)

        load.ask(do="latency")
        timed = -contestant.sent
        contestant.steady(options.rate, options.rate_seconds)
        timed += contestant.sent
        _wait_for_the_last(load, contestant.sent)
        late = load.ask(do="latency", stop=True)
        behind = load.ask(do="behind")
    had = {behind["least"], behind["most"]}
    if counted["closed"] or had != {contestant.sent} or late["count"] != timed * options.clients:
        raise SystemExit(
            f"{contestant.name} lost or doubled something: {counted}, {behind}, {contestant.sent} sent"
        )
    return Figures(
        deliveries=counted["events"] / counted["microseconds"] * 1e6,
        bytes_each=counted["bytes"] / counted["events"],
        server_share=server_share,
        load_share=load_share,
        p50=late["p50"],
        p99=late["p99"],
        most=late["max"],
    )


def _wait_for_the_last(load: Child, sent: int) -> None:
    """Wait until every listener has had every event; who lost one is seen afterwards."""
    deadline = time.monotonic() + PATIENCE
    while load.ask(do="behind")["least"] < sent and time.monotonic() < deadline:
        time.sleep(SETTLE / 10)


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(*(statistics.median(values) for values in zip(*figures, strict=True)))


def _install_node_packages() -> None:
    """Have npm put `ws` into the benchmark's own folder, once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise SystemExit("The other server, and the listeners, need Node 20 or later with npm.")
    if not (NODE / "node_modules" / "ws").is_dir():
        subprocess.run(["npm", "install", "--silent"], cwd=NODE, check=True)


@contextmanager
def _services(*, pinned: bool) -> Iterator[Mapping[str, str]]:
    """Give the environment of a server on services of its own, or on those of DATABASE_URL and REDIS_URL."""
    with tempfile.TemporaryDirectory(prefix="stockwire-bench-") as folder:
        if pinned:
            # Whatever is started from here on, the services too, stays off the server's core.
            pin_here(LOAD_CORE)
        home = embedded.Home.at(folder)
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            services = embedded.attach(home)
            os.environ.setdefault("DATABASE_URL", services.database_url)
            os.environ.setdefault("REDIS_URL", services.redis_url)
        try:
            with fresh_database_url() as make:
                env = {
                    **os.environ,
                    "DATABASE_URL": make(),
                    "DJANGO_SETTINGS_MODULE": "config.settings.local",
                    "STOCKWIRE_SECRET_KEY": secrets.token_urlsafe(48),
                    "STOCKWIRE_REDIS_PREFIX": f"bench-{secrets.token_hex(6)}",
                    "STOCKWIRE_LOG_LEVEL": "WARNING",
                }
                subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
                yield env
        finally:
            embedded.detach(home)


if __name__ == "__main__":
    main()
