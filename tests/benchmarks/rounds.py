"""One round: one server, freshly started, with freshly connected listeners; first idle, then flooded, then at
a steady rate.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.figures import Figures, Late
from tests.benchmarks.processes import LOAD_CORE, Child

SETTLE = 0.5
WARM_UP = 1.0
PATIENCE = 20.0
# The listeners come in as many steps; what each step adds to the server's memory is what its connections
# cost.
MEMORY_STEPS = 5


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, and how much."""

    clients: int
    #: Of saturation, and of the steady rate.
    seconds: float
    rate_seconds: float
    #: Deliveries a second at the steady rate.
    deliveries: int

    @property
    def events(self) -> float:
        """Events a second at the steady rate."""
        return self.deliveries / self.clients


def listeners(*, pinned: bool) -> Child:
    """Start the process of the listeners, on a core of its own."""
    return Child([sys.executable, "-m", "tests.benchmarks.listeners"], core=LOAD_CORE, pinned=pinned)


def measure(contestant: Contestant, plan: Plan, *, pinned: bool) -> Figures:
    """Measure one server."""
    with contestant, listeners(pinned=pinned) as load:
        load.answer()
        resident = connect(contestant, load, clients=plan.clients)
        contestant.begin_flood(WARM_UP)
        contestant.end_flood()
        wait_for_the_last(load, contestant.sent)
        time.sleep(SETTLE)

        load.ask(do="count")
        began, busy, load_busy = time.monotonic(), contestant.server.seconds_used(), load.seconds_used()
        contestant.begin_flood(plan.seconds)
        time.sleep(plan.seconds)
        counted = load.ask(do="count")
        took = time.monotonic() - began
        server_share = (contestant.server.seconds_used() - busy) / took
        load_share = (load.seconds_used() - load_busy) / took
        contestant.end_flood()
        wait_for_the_last(load, contestant.sent)
        time.sleep(SETTLE)

        late = steady(contestant, load, plan)
    return Figures(
        deliveries=counted["events"] / counted["microseconds"] * 1e6,
        bytes_each=counted["bytes"] / counted["events"],
        server_share=server_share,
        load_share=load_share,
        p50=late.p50,
        p99=late.p99,
        most=late.most,
        resident_each=resident,
    )


def connect(contestant: Contestant, load: Child, *, clients: int) -> float:
    """Have the listeners come in; gives what each costs the server while nothing happens: resident bytes."""
    resident = []
    for step in range(MEMORY_STEPS):
        more = clients // MEMORY_STEPS + (clients % MEMORY_STEPS if step == 0 else 0)
        load.ask(do="connect", port=contestant.port, door=contestant.door._asdict(), clients=more)
        time.sleep(SETTLE)
        resident.append(contestant.resident())
    # The first step pays for what is loaded and grown once.
    return (resident[-1] - resident[0]) / (clients // MEMORY_STEPS * (MEMORY_STEPS - 1))


def steady(
    contestant: Contestant, load: Child, plan: Plan, *, meanwhile: Callable[[], None] | None = None
) -> Late:
    """See how late events come at a steady rate, and that everybody has had every event that there ever was.

    `meanwhile` is done once the sending has begun.
    """
    before = contestant.sent
    load.ask(do="time")
    contestant.begin_steady(plan.events, plan.rate_seconds)
    if meanwhile is not None:
        meanwhile()
    contestant.end_steady()
    wait_for_the_last(load, contestant.sent)
    late = Late.of(load.ask(do="latency"))
    had, closed = load.ask(do="behind"), load.ask(do="count")["closed"]
    expected = (contestant.sent - before) * plan.clients
    if closed or {had["least"], had["most"]} != {contestant.sent} or late.events != expected:
        raise SystemExit(
            f"{contestant.name} lost or doubled something, or closed {closed} connections: "
            f"{contestant.sent} sent, {had} had, {late.events:.0f} of {expected} timed"
        )
    return late


def wait_for_the_last(load: Child, sent: int) -> None:
    """Wait until every listener has had every event; who lost one is seen afterwards."""
    deadline = time.monotonic() + PATIENCE
    while load.ask(do="behind")["least"] < sent and time.monotonic() < deadline:
        time.sleep(SETTLE / 10)
