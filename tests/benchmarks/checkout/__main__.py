"""`make bench-checkout`: whole checkouts a second, what they ask of the database, a rush, lists.

What is measured is written into `docs/benchmarks/checkout.md`; what the figures mean stands there too.
"""

import argparse
import shutil
import sys
import time

import psycopg

from tests.benchmarks.checkout import report
from tests.benchmarks.checkout.figures import Checkouts, Lists, Rush, Statements
from tests.benchmarks.checkout.measuring import (
    RUSHING,
    SHOPPERS,
    Scene,
    count_statements,
    measure_checkouts,
    measure_lists,
    measure_rush,
)
from tests.benchmarks.checkout.shop import Stock, fill
from tests.benchmarks.checkout.targets import (
    DISTINCT,
    HOT,
    KEYS,
    PLAIN,
    STORED,
    WITH_KEY,
    Results,
    targets,
)
from tests.benchmarks.contestants import Place
from tests.benchmarks.processes import allow_many_files, can_pin
from tests.benchmarks.services import services

PARTS = ("checkouts", "hot", "keys", "stored", "statements", "rush", "lists")
PATHS = ("/api/products?limit=20", "/products?limit=20")


def main() -> None:
    """Measure in turns, print, and write it down."""
    options = _options()
    allow_many_files()
    pinned = can_pin() and shutil.which("taskset") is not None
    began = time.monotonic()
    results = Results()
    stored = STORED.format(stored=options.stored)
    with services(pinned=pinned) as env:
        place = Place(pinned=pinned, env=env)
        stock = fill(place, products=SHOPPERS, shoppers=RUSHING)
        postgres = _postgres(stock)
        if "statements" in options.parts:
            _count(results, place, stock, options)
        for number in range(options.rounds):
            _round(results, place, stock, options, number=number)
    text = report.document(
        results,
        options=options,
        stored=stored,
        pinned=pinned,
        postgres=postgres,
        minutes=(time.monotonic() - began) / 60,
    )
    print(text)  # noqa: T201  this is what the command is for
    if options.write:
        report.write(text)
    sys.exit(0 if all(target.is_reached for target in targets(results, stored=stored)) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-checkout", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of checkouts and lists, in each round")
    parser.add_argument("--stored", type=int, default=200_000, help="orders that are there already")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--tell", action="store_true", help="print the statements of a checkout")
    parser.add_argument("--quick", action="store_true", help="one short round, and fewer stored orders")
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave the document alone")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.write = 1, options.seconds / 2, False
        options.stored = options.stored // 10
    return options


def _round(results: Results, place: Place, stock: Stock, options: argparse.Namespace, *, number: int) -> None:
    scenes = {
        "checkouts": Scene(name=DISTINCT),
        "stored": Scene(name=STORED.format(stored=options.stored), stored=options.stored),
        "hot": Scene(name=HOT, is_hot=True),
        "keys": Scene(name=KEYS, keys=True),
    }
    for part, scene in scenes.items():
        if part in options.parts:
            figures = measure_checkouts(place, stock, scene, seconds=options.seconds)
            results.checkouts.setdefault(scene.name, []).append(figures)
            _say(number, scene.name, figures)
    if "rush" in options.parts:
        rush = measure_rush(place, stock)
        results.rushes.append(rush)
        _say(number, "rush", rush)
    if "lists" in options.parts:
        for path in PATHS:
            lists = measure_lists(place, stock, path, seconds=options.seconds)
            results.lists.setdefault(path, []).append(lists)
            _say(number, path, lists)


def _count(results: Results, place: Place, stock: Stock, options: argparse.Namespace) -> None:
    for name, keys in ((PLAIN, False), (WITH_KEY, True)):
        results.statements[name] = count_statements(place, stock, keys=keys, tell=options.tell)
        _say(0, name, results.statements[name])


def _say(number: int, name: str, figures: Checkouts | Lists | Rush | Statements) -> None:
    print(f"round {number + 1}  {name:<45}{figures}", flush=True)  # noqa: T201  this is what it is for


def _postgres(stock: Stock) -> str:
    with psycopg.connect(stock.database_url) as connection:
        (version,) = connection.execute("SHOW server_version").fetchone() or ("",)
    return str(version).split(" ", 1)[0]


if __name__ == "__main__":
    main()
