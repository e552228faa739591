"""`make bench-fanout`: how many deliveries a second, how late, in how much memory, beside two Node servers.

The same listeners, the same event, the same cores, in turns. What is measured is written into
`docs/benchmarks/fanout.md`; what the figures mean stands there too.
"""

import argparse
import shutil
import subprocess
import sys
import time
from dataclasses import replace

from tests.benchmarks import report
from tests.benchmarks.contestants import CONTESTANTS, NODE, Place, StockwireThroughLog
from tests.benchmarks.figures import Figures, Trouble, WholePath
from tests.benchmarks.processes import allow_many_files, can_pin, on_every_core
from tests.benchmarks.rounds import Plan, measure
from tests.benchmarks.services import service_processes, services
from tests.benchmarks.shop import customer_token
from tests.benchmarks.targets import Results, targets
from tests.benchmarks.troubles import Troubles
from tests.benchmarks.whole_path import Pace, measure_whole_path

PARTS = ("fanout", "path", "troubles")
PACES = (Pace(50, 1), Pace(50, 4), Pace(200, 1))


def main() -> None:
    """Measure in turns, print, and write it down."""
    options = _options()
    allow_many_files()
    pinned = can_pin() and shutil.which("taskset") is not None
    _install_node_packages()
    began = time.monotonic()
    results = Results()
    with services(pinned=pinned) as env:
        place = Place(pinned=pinned, env=env)
        for number in range(options.rounds):
            if "fanout" in options.parts:
                _fan_out(results, place, options, number=number)
            if "path" in options.parts:
                _whole_path(results, place, options, number=number)
            if "troubles" in options.parts:
                _troubles(results, place, options, number=number)
    text = report.document(results, options=options, pinned=pinned, minutes=(time.monotonic() - began) / 60)
    print(text)  # noqa: T201  this is what the command is for
    if options.write:
        report.write(text)
    sys.exit(0 if all(target.is_reached for target in targets(results)) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-fanout", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of saturation, in each round")
    parser.add_argument("--deliveries", type=int, default=20_000, help="a second, for the latency")
    parser.add_argument("--rate-seconds", type=float, default=8.0)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true", help="one short round with the fewest clients")
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave the document alone")
    options = parser.parse_args()
    if options.quick:
        options.clients, options.rounds, options.write = [min(options.clients)], 1, False
        options.seconds, options.rate_seconds = options.seconds / 2, options.rate_seconds / 2
    return options


def _plan(options: argparse.Namespace, clients: int) -> Plan:
    return Plan(
        clients=clients,
        seconds=options.seconds,
        rate_seconds=options.rate_seconds,
        deliveries=options.deliveries,
    )


def _fan_out(results: Results, place: Place, options: argparse.Namespace, *, number: int) -> None:
    fewest = min(options.clients)
    for clients in options.clients:
        plan = _plan(options, clients)
        for kind in CONTESTANTS:
            figures = measure(kind(place), plan, pinned=place.pinned)
            results.add(clients, kind.name, figures)
            _say(number, f"{kind.name}, {clients:,}", figures)
    figures = measure(StockwireThroughLog(place), _plan(options, fewest), pinned=place.pinned)
    results.add(fewest, StockwireThroughLog.name, figures)
    _say(number, f"{StockwireThroughLog.name}, {fewest:,}", figures)


def _whole_path(results: Results, place: Place, options: argparse.Namespace, *, number: int) -> None:
    clients = min(options.clients)
    with on_every_core(service_processes(place.env)):
        place = replace(place, pinned=False)
        found = measure_whole_path(place, clients=clients, paces=PACES, seconds=options.rate_seconds)
    for pace, figures in found.items():
        results.path.setdefault(pace, []).append(figures)
        _say(number, f"whole path, {pace}", figures)


def _troubles(results: Results, place: Place, options: argparse.Namespace, *, number: int) -> None:
    plan = _plan(options, min(options.clients))
    for name, figures in Troubles(place, plan, token=customer_token(place)).measure().items():
        results.troubles.setdefault(name, []).append(figures)
        _say(number, name, figures)


def _say(number: int, name: str, figures: Figures | WholePath | Trouble) -> None:
    print(f"round {number + 1}  {name:<45}{figures}", flush=True)  # noqa: T201  this is what it is for


def _install_node_packages() -> None:
    """Have npm put the other servers' packages into the benchmark's own folder, once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise SystemExit("The other servers need Node 20 or later with npm.")
    wanted = ("ws", "socket.io", "redis", "@socket.io/redis-adapter")
    if not all((NODE / "node_modules" / name).is_dir() for name in wanted):
        subprocess.run(["npm", "install", "--silent"], cwd=NODE, check=True)


if __name__ == "__main__":
    main()
