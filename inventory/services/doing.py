"""From tasks to results: what the services of this package have in common around the writer.

``do_all`` is the function from a list of requests to a list of outcomes: whoever wants several
requests to share a transaction gives several tasks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from config.kernel.transactions import in_transaction
from inventory.events import StockEvent
from inventory.ledger.planning import Outcome
from inventory.ledger.requests import Request
from inventory.lines import CountLine, StockLine
from inventory.selectors.books import look_at
from inventory.services.references import Claim, Remembered, claim_all
from inventory.services.refusing import refusal
from inventory.services.writing import Done, Operation, Told, carry_out

Answer = Callable[[Told], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockResult:
    """What a service did. ``figures`` is, line by line, what can be sold now (at the line's location).

    ``answer`` is what the caller's ``answer`` rendered, or, where ``replayed``, what the first caller's did.
    """

    operation_id: str
    moment: dt.datetime
    figures: tuple[int, ...] = ()
    changed: int = 0
    answer: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do, and the lines that its refusal would name."""

    kind: str
    request: Request
    lines: Sequence[StockLine | CountLine]
    announces: type[StockEvent]
    reference: str | None = None
    shown_reference: str | None = None
    fingerprint: str = ""
    after_order: bool = False
    occurred_at: dt.datetime | None = None
    answer: Answer | None = None

    @property
    def claim(self) -> Claim | None:
        return Claim(self.kind, self.reference, self.fingerprint) if self.reference is not None else None

    def as_operation(self) -> Operation:
        return Operation(
            kind=self.kind,
            request=self.request,
            product_ids=[line.product_id for line in self.lines],
            announces=self.announces,
            reference=self.reference,
            shown_reference=self.shown_reference,
            fingerprint=self.fingerprint,
            after_order=self.after_order,
            occurred_at=self.occurred_at,
            answer=self.answer,
        )


def do(task: Task, *, actor: Actor, open_locations: Collection[str] = ()) -> StockResult:
    """Do one task; raises what it is refused for, and then nothing has changed."""

    def work() -> StockResult:
        result = do_within([task], actor=actor, open_locations=open_locations)[0]
        if isinstance(result, StockwireError):
            raise result
        return result

    return in_transaction(work)


def do_all(tasks: Sequence[Task], *, actor: Actor) -> list[StockResult | StockwireError]:
    """Do many tasks in one transaction, each answered for itself: its result, or what it is refused for."""
    return in_transaction(lambda: do_within(tasks, actor=actor))


def do_within(
    tasks: Sequence[Task], *, actor: Actor, open_locations: Collection[str] = ()
) -> list[StockResult | StockwireError]:
    """``do_all`` inside a transaction that the caller has begun. Two tasks never bear one reference."""
    taken = claim_all([task.claim for task in tasks if task.claim is not None])
    fresh = [task for task in tasks if (task.kind, task.reference) not in taken]
    done = iter(
        carry_out([task.as_operation() for task in fresh], actor=actor, open_locations=open_locations)
        if fresh
        else ()
    )
    results: list[StockResult | StockwireError] = []
    for task in tasks:
        before = taken.get((task.kind, task.reference or ""))
        if isinstance(before, StockwireError):
            results.append(before)
        elif before is not None:
            results.append(_again(task, before))
        else:
            results.append(_result(task, next(done)))
    return results


def _result(task: Task, done: Done) -> StockResult | StockwireError:
    if done.told.outcome.refused:
        return refusal(done.told.outcome, task.lines)
    return StockResult(
        operation_id=done.operation_id,
        moment=done.told.moment,
        figures=tuple(done.told.available(line.variant_id, line.location_id) for line in task.lines),
        changed=len(done.told.outcome.changes),
        answer=done.answer,
    )


def _again(task: Task, before: Remembered) -> StockResult:
    """The first answer; where the first caller rendered none (another door), one from the present figures."""
    answer = before.answer
    if not answer and task.answer is not None:
        answer = task.answer(
            Told(
                outcome=Outcome(),
                moment=before.recorded_at,
                book=look_at([line.product_id for line in task.lines]),
            )
        )
    return StockResult(
        operation_id=before.operation_id, moment=before.recorded_at, answer=answer, replayed=True
    )
