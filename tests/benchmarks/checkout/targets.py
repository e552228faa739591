"""All figures of a run, and what they have to reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.checkout.figures import Checkouts, Lists, Rush, Statements
from tests.benchmarks.checkout.goods import SCARCE
from tests.benchmarks.checkout.measuring import RUSHING
from tests.benchmarks.documents import Target
from tests.benchmarks.figures import median

#: The quicker of two leading Node back ends for shops, measured on such a machine: orders and lists a second.
THEIR_ORDERS, THEIR_LISTS = 11.8, 29.0
TIMES_THEIR_ORDERS, TIMES_THEIR_LISTS = 25.0, 20.0
PLACE_P99 = 200.0
MOST_STATEMENTS = 25
MOST_GROWTH = 1.2
#: How a checkout's statements are named in the figures.
PLAIN, WITH_KEY = "a checkout", "placed under an `Idempotency-Key`"
DISTINCT, HOT = "distinct products", "one hot product"
KEYS = "distinct products, each placed under an `Idempotency-Key`"
STORED = "distinct products, {stored:,} orders stored"


@dataclass
class Results:
    """Round by round: checkouts by scene, lists by path, rushes; and the statements of a checkout."""

    checkouts: dict[str, list[Checkouts]] = field(default_factory=dict)
    lists: dict[str, list[Lists]] = field(default_factory=dict)
    rushes: list[Rush] = field(default_factory=list)
    statements: dict[str, Statements] = field(default_factory=dict)


def targets(results: Results, *, stored: str) -> Sequence[Target]:
    """Judge the medians. What was not measured is not judged."""
    return [
        *_speed(results),
        *_statements(results),
        *_rush(results),
        *_growth(results, stored),
        *_lists(results),
    ]


def _speed(results: Results) -> list[Target]:
    least = THEIR_ORDERS * TIMES_THEIR_ORDERS
    found = []
    for name in (DISTINCT, HOT):
        if name not in results.checkouts:
            continue
        figures = median(results.checkouts[name])
        found += [
            Target(
                f"{name}: {TIMES_THEIR_ORDERS:g} times the quicker one's orders, {least:.0f} a second",
                f"{figures.per_second:.0f}/s, {figures.per_second / THEIR_ORDERS:.1f} times",
                figures.per_second >= least,
            ),
            Target(
                f"{name}: p99 of placing under {PLACE_P99:g} ms",
                f"{figures.place_p99:.0f} ms",
                figures.place_p99 < PLACE_P99,
            ),
        ]
    return found


def _statements(results: Results) -> list[Target]:
    if PLAIN not in results.statements:
        return []
    whole = results.statements[PLAIN].whole
    return [
        Target(
            f"at most {MOST_STATEMENTS} statements for a whole checkout",
            f"{whole:.0f}",
            whole <= MOST_STATEMENTS,
        )
    ]


def _rush(results: Results) -> list[Target]:
    if not results.rushes:
        return []
    worst = max(results.rushes, key=lambda rush: (rush.otherwise, abs(rush.accepted - SCARCE)))
    exact = all(
        (rush.accepted, rush.sold, rush.left) == (SCARCE, SCARCE, 0)
        and (rush.out_of_stock, rush.otherwise) == (RUSHING - SCARCE, 0)
        for rush in results.rushes
    )
    return [
        Target(
            f"{RUSHING} at once for {SCARCE} units: {SCARCE} accepted, {RUSHING - SCARCE} told out of stock, "
            "nobody refused otherwise, in every round",
            f"{worst.accepted:.0f}, {worst.out_of_stock:.0f}, {worst.otherwise:.0f}",
            exact,
        )
    ]


def _growth(results: Results, stored: str) -> list[Target]:
    if not {DISTINCT, stored} <= results.checkouts.keys():
        return []
    # Round by round, one beside the other: so what the machine did meanwhile counts for both.
    pairs = zip(results.checkouts[DISTINCT], results.checkouts[stored], strict=True)
    ratio = sorted(with_them.place_p99 / without.place_p99 for without, with_them in pairs)
    middle = ratio[len(ratio) // 2]
    return [
        Target(
            f"p99 of placing with orders stored at most {MOST_GROWTH:g} times that without",
            f"{middle:.2f} times",
            middle <= MOST_GROWTH,
        )
    ]


def _lists(results: Results) -> list[Target]:
    least = THEIR_LISTS * TIMES_THEIR_LISTS
    return [
        Target(
            f"`{path}`: {TIMES_THEIR_LISTS:g} times the quicker one's lists, {least:.0f} a second",
            f"{figures.per_second:.0f}/s, {figures.per_second / THEIR_LISTS:.1f} times",
            figures.per_second >= least,
        )
        for path, figures in ((path, median(rounds)) for path, rounds in results.lists.items())
    ]
