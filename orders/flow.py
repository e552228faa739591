"""The flow of an order: one table of steps, and who may take each. Pure; its page is drawn from it too."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Party(StrEnum):
    """What somebody is to an order."""

    OWNER = "owner"
    STAFF = "staff"
    TAILOR = "tailor"
    DELIVERY = "delivery partner"


@dataclass(frozen=True, slots=True)
class Step:
    """From one status to the next. ``returns_stock``: what was sold goes back on the shelf."""

    source: Status
    target: Status
    parties: frozenset[Party]
    returns_stock: bool = False


def _step(source: Status, target: Status, *parties: Party, returns_stock: bool = False) -> Step:
    return Step(source, target, frozenset(parties), returns_stock)


FLOW: tuple[Step, ...] = (
    _step(Status.PENDING, Status.PROCESSING, Party.STAFF),
    _step(Status.PROCESSING, Status.SHIPPED, Party.STAFF),
    _step(Status.SHIPPED, Status.DELIVERED, Party.STAFF, Party.DELIVERY),
    _step(Status.PENDING, Status.CANCELLED, Party.STAFF, Party.OWNER, returns_stock=True),
    _step(Status.PROCESSING, Status.CANCELLED, Party.STAFF, returns_stock=True),
)

FIRST = Status.PENDING
#: Where no step leads on, nothing is assigned or sewn any more.
CLOSED = frozenset(Status) - {step.source for step in FLOW}
#: Goods have left the house, and may come back one by one.
RETURNABLE = frozenset({Status.SHIPPED, Status.DELIVERED})


def step(source: Status, target: Status, parties: Collection[Party]) -> Step | None:
    """The step between the two, if one of these parties may take it."""
    for one in FLOW:
        if (one.source, one.target) == (source, target) and not one.parties.isdisjoint(parties):
            return one
    return None


def allowed(source: Status, parties: Collection[Party]) -> list[Status]:
    """Where these parties may bring an order from here."""
    return [one.target for one in FLOW if one.source == source and not one.parties.isdisjoint(parties)]


class TailorStatus(StrEnum):
    """How far the tailor is; in this order."""

    ASSIGNED = "assigned"
    MEASURING = "measuring"
    CUTTING = "cutting"
    STITCHING = "stitching"
    READY = "ready"


def tailor_steps(present: TailorStatus, parties: Collection[Party]) -> list[TailorStatus]:
    """Where the work may go on from here: onwards for the tailor, anywhere for staff."""
    steps = list(TailorStatus)
    if Party.STAFF in parties:
        return [one for one in steps if one != present]
    return steps[steps.index(present) + 1 :] if Party.TAILOR in parties else []


# --------------------------------------------------------------------------------------- the document

_PAGE = """# The flow of an order

Generated from `orders/flow.py` by `manage.py render_docs`: the table that the services ask is the one that
is drawn here.

```mermaid
stateDiagram-v2
    [*] --> {first}
{arrows}
```

| from | to | who | |
|---|---|---|---|
{rows}

A step that is not there, or not for whoever asks, is a 409 `illegal_transition` with the steps that are, in
`allowed`. Units come back one by one (`return`) from orders that are {returnable}.

While an order is not {closed}, its tailor goes on {tailoring}. The tailor goes
onwards only and may leave steps out; staff may also go back.
"""


def page() -> str:
    """The page about the flow."""
    arrows = [f"    {one.source} --> {one.target}: {_who(one.parties)}" for one in FLOW]
    arrows += [f"    {status} --> [*]" for status in Status if status in CLOSED]
    rows = [
        f"| `{one.source}` | `{one.target}` | {_who(one.parties)} |"
        f" {'stock comes back' if one.returns_stock else ''} |"
        for one in FLOW
    ]
    return _PAGE.format(
        first=FIRST,
        arrows="\n".join(arrows),
        rows="\n".join(rows),
        returnable=_listed(status for status in Status if status in RETURNABLE),
        closed=_listed(status for status in Status if status in CLOSED),
        tailoring=" → ".join(f"`{status}`" for status in TailorStatus),
    )


def _who(parties: Collection[Party]) -> str:
    return ", ".join(party.value for party in Party if party in parties)


def _listed(statuses: Iterable[Status]) -> str:
    return " or ".join(f"`{status}`" for status in statuses)
