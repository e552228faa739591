"""From operations to results: what the services of this package have in common around the writer.

``do_all`` is the function from a list of requests to a list of outcomes: whoever wants several
requests to share a transaction gives several operations.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from config.kernel.events import DomainEvent, publish_all
from config.kernel.transactions import in_transaction
from inventory.ledger.planning import Outcome
from inventory.selectors.books import look_at
from inventory.services.references import Remembered, claim_all
from inventory.services.refusing import refusal
from inventory.services.writing import Done, Operation, Told, Written, carry_out, write_down

Answer = Callable[[Told], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockResult:
    """What a service did. ``figures`` is, line by line, what can be sold now (at the line's location).

    ``changed_at`` is the newest change of the stock that it is about: its own or, where it changed nothing,
    an earlier one. ``answer`` is what the caller's ``answer`` rendered, or, where ``replayed``, what the
    first caller's did.
    """

    operation_id: str
    moment: dt.datetime
    changed_at: dt.datetime
    figures: tuple[int, ...] = ()
    changed: int = 0
    answer: str = ""
    replayed: bool = False


def do(operation: Operation, *, actor: Actor, open_locations: Collection[str] = ()) -> StockResult:
    """Do one operation, once; raises what it is refused for, and then nothing has changed."""
    return in_transaction(lambda: do_within(operation, actor=actor, open_locations=open_locations))


def do_within(
    operation: Operation,
    *,
    actor: Actor,
    open_locations: Collection[str] = (),
    before: Callable[[], None] | None = None,
) -> StockResult:
    """``do`` inside the caller's transaction. ``before`` runs where it has not been done yet."""
    taken = claim_all([operation]).get((operation.kind, operation.reference))
    if isinstance(taken, StockwireError):
        raise taken
    if taken is not None:
        return _again(operation, taken)
    if before is not None:
        before()
    return _done(operation, carry_out([operation], actor=actor, open_locations=open_locations)[0])


def do_all(operations: Sequence[Operation], *, actor: Actor) -> list[StockResult | StockwireError]:
    """Do many in one transaction, each answered for itself: its result, or what it is refused for.

    No two may bear the same kind and reference.
    """
    return in_transaction(lambda: _do_all(operations, actor))


def _do_all(operations: Sequence[Operation], actor: Actor) -> list[StockResult | StockwireError]:
    together = do_all_within(operations, actor=actor)
    publish_all(together.events)
    return together.results


@dataclass(frozen=True, slots=True)
class Together:
    """What became of several operations, each for itself, and the events that are still to be published."""

    results: list[StockResult | StockwireError]
    events: Sequence[DomainEvent]


def do_all_within(operations: Sequence[Operation], *, actor: Actor) -> Together:
    """``do_all`` inside the transaction of a caller who publishes the events with those of its own."""
    taken = claim_all(operations)
    fresh = [one for one in operations if (one.kind, one.reference) not in taken]
    written = write_down(fresh, actor=actor, strict=False) if fresh else Written([], ())
    done = iter(written.done)
    results: list[StockResult | StockwireError] = []
    for operation in operations:
        before = taken.get((operation.kind, operation.reference))
        if before is None:
            results.append(_result(operation, next(done)))
        elif isinstance(before, StockwireError):
            results.append(before)
        else:
            results.append(_again(operation, before))
    return Together(results, written.events)


def _result(operation: Operation, done: Done) -> StockResult | StockwireError:
    if done.told.outcome.refused:
        return refusal(done.told.outcome, operation.lines, done.changed)
    return _done(operation, done)


def _done(operation: Operation, done: Done) -> StockResult:
    return StockResult(
        operation_id=done.operation_id,
        moment=done.told.moment,
        changed_at=done.changed_at,
        figures=tuple(done.told.available(line.variant_id, line.location_id) for line in operation.lines),
        changed=len(done.told.outcome.changes),
        answer=done.answer,
    )


def _again(operation: Operation, before: Remembered) -> StockResult:
    """The first answer; where the first caller rendered none (another door), one from the present figures."""
    answer = before.answer
    if not answer and operation.answer is not None:
        book = look_at(list(operation.product_ids))
        answer = operation.answer(Told(outcome=Outcome(), moment=before.recorded_at, book=book))
    return StockResult(
        operation_id=before.operation_id,
        moment=before.recorded_at,
        changed_at=before.recorded_at,
        answer=answer,
        replayed=True,
    )
