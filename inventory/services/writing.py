"""The one writer of stock: locks, reads a book, has it decide, writes what was decided, announces it.

Every service of this package comes through ``carry_out``; nothing else writes levels, movements or
heads. A list of operations is done in one transaction, each answered for itself, in a number of
statements that does not depend on how many operations, lines or variants there are:

1. lock the products' heads, in id order (two more statements where a product gets its first one);
2. end the holds that have run out, and read the book;
3. (only where a level is new) open it;
4. write: levels, heads, operations and movements in one statement;
5. record the events.

``docs/locking.md`` is the page about who locks what. What belongs elsewhere: the arithmetic
(``inventory.ledger``), what an item names (``inventory.selectors.items``), the rules of one use case.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db import IntegrityError

from config.kernel.actors import Actor
from config.kernel.errors import InProgress, InvalidInput
from config.kernel.events import DomainEvent, publish_all
from config.kernel.ids import new_id
from inventory.defaults import book_of
from inventory.events import StockEvent, StockReleased
from inventory.ledger.book import Book, Entry
from inventory.ledger.planning import Outcome, plan
from inventory.ledger.requests import EndHold, Request, Want
from inventory.lines import AnyLine
from inventory.services import announcing, statements
from inventory.services.refusing import refusal
from inventory.services.statements import LevelChange, MovementRow, OperationRow


@dataclass(frozen=True, slots=True)
class Told:
    """What an operation came to, for whoever renders its answer. ``moment`` is when it was recorded."""

    outcome: Outcome
    moment: dt.datetime
    book: Book

    def available(self, variant_id: str, location_id: str | None = None) -> int:
        """What could be sold of a variant (at one location) right after this operation."""
        for change in self.outcome.changes:
            if change.variant_id == variant_id:
                return change.available if location_id is None else change.available_at.get(location_id, 0)
        return self.book.shelf(variant_id).available_at(location_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to do to stock.

    ``kind`` is the movements' kind and, with ``reference``, the natural key (``new_reference``: it was made
    just now, so nobody else can bear it); ``announces`` the event of each variant it changes; ``lines`` are
    what its refusal names; ``answer`` renders what is remembered for the same request again. ``actor`` is who
    does it, where that is somebody else than does the rest. ``new_products`` are made in this transaction.
    """

    kind: str
    request: Request
    announces: type[StockEvent]
    product_ids: Collection[str]
    lines: Sequence[AnyLine] = ()
    reference: str | None = None
    new_reference: bool = False
    actor: Actor | None = None
    shown_reference: str | None = None
    fingerprint: str = ""
    after_order: bool = False
    touching: bool = False
    new_products: Collection[str] = ()
    occurred_at: dt.datetime | None = None
    answer: Callable[[Told], str] | None = None


@dataclass(slots=True)
class Done:
    """One operation's outcome, and what was remembered as its answer.

    ``changed`` is when the stock of each of its products last changed, as it leaves it.
    """

    told: Told
    operation_id: str
    answer: str = ""
    changed: Mapping[str, dt.datetime] = field(default_factory=dict)

    @property
    def changed_at(self) -> dt.datetime:
        """The newest of those changes."""
        return max(self.changed.values(), default=self.told.moment)


@dataclass(slots=True)
class _Ledger:
    """What one transaction is going to write."""

    moment: dt.datetime
    actor: Actor
    operations: list[OperationRow] = field(default_factory=list)
    movements: list[MovementRow] = field(default_factory=list)
    levels: dict[tuple[str, str], LevelChange] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    events: list[DomainEvent] = field(default_factory=list)

    def next_version(self, product_id: str) -> int:
        self.versions[product_id] += 1
        return self.versions[product_id]


@dataclass(frozen=True, slots=True)
class Written:
    """What was done, and the events that are still to be published, in this transaction."""

    done: list[Done]
    events: Sequence[DomainEvent]


def carry_out(
    operations: Sequence[Operation],
    *,
    actor: Actor,
    open_locations: Collection[str] = (),
    strict: bool = True,
) -> list[Done]:
    """Do ``operations`` in their order, inside the caller's transaction.

    Where one is refused, ``strict`` raises what for; else it changes nothing, its refusal stands in
    its outcome, and the others go on.

    Locks: the stock heads of all their products, in id order. Refuses: a new level at a location
    that is neither there nor among ``open_locations`` (``unknown_location``). Announces: each
    operation's event for each variant it changed, then ``stock.low`` and ``stock.back`` where it
    crossed; before them ``stock.released`` for holds that were found expired.
    """
    written = write_down(operations, actor=actor, open_locations=open_locations, strict=strict)
    publish_all(written.events)
    return written.done


def write_down(
    operations: Sequence[Operation],
    *,
    actor: Actor,
    open_locations: Collection[str] = (),
    strict: bool = True,
) -> Written:
    """``carry_out`` for a caller that publishes the events itself, after some of its own.

    Locks, refuses: as ``carry_out``. Announces: nothing.
    """
    product_ids = sorted(set(itertools.chain.from_iterable(one.product_ids for one in operations)))
    heads = statements.lock_heads(product_ids)
    reading = statements.read_book(product_ids)
    book = book_of(reading.shelves)
    versions = {product_id: head.version for product_id, head in heads.items()}
    ledger = _Ledger(moment=reading.moment, actor=actor, versions=dict(versions))
    if reading.expired:
        _note(ledger, book, _expiry(reading.expired, product_ids), plan(book, [EndHold(reading.expired)])[0])

    outcomes = plan(book, [operation.request for operation in operations])
    if strict:
        _raise_first(operations, outcomes, _changed(heads, ledger))
    done = [
        _note(ledger, book, operation, outcome)
        for operation, outcome in zip(operations, outcomes, strict=True)
    ]
    _open_levels(book, open_locations)
    _write(ledger, book, locked=versions)
    changed = _changed(heads, ledger)
    for operation, one in zip(operations, done, strict=True):
        one.changed = {id_: changed[id_] for id_ in operation.product_ids if id_ in changed}
    return Written(done, ledger.events)


def _changed(heads: Mapping[str, statements.Head], ledger: _Ledger) -> dict[str, dt.datetime]:
    """When each product's stock last changed: now, where there is something to announce of it."""
    return {
        product_id: head.changed_at if ledger.versions[product_id] == head.version else ledger.moment
        for product_id, head in heads.items()
    }


def _raise_first(
    operations: Sequence[Operation], outcomes: Sequence[Outcome], changed: Mapping[str, dt.datetime]
) -> None:
    for operation, outcome in zip(operations, outcomes, strict=True):
        if outcome.refused:
            raise refusal(outcome, operation.lines, changed)


def _expiry(expired: Sequence[Want], product_ids: Sequence[str]) -> Operation:
    """The holds that the clock has ended, as an operation of their own."""
    return Operation(
        kind="release", request=EndHold(expired), product_ids=product_ids, announces=StockReleased
    )


def _note(ledger: _Ledger, book: Book, operation: Operation, outcome: Outcome) -> Done:
    """Add one outcome to what will be written."""
    told = Told(outcome=outcome, moment=ledger.moment, book=book)
    done = Done(told=told, operation_id=new_id("op"))
    if outcome.refused:
        return done
    if operation.answer is not None:
        done.answer = operation.answer(told)
    if operation.reference is not None or any(entry.delta for entry in outcome.entries):
        ledger.operations.append(
            OperationRow(
                id=done.operation_id,
                kind=operation.kind,
                reference=operation.reference,
                fingerprint=operation.fingerprint,
                answer=done.answer,
            )
        )
    for entry in outcome.entries:
        _note_entry(ledger, operation, entry, done.operation_id)
    for change in outcome.changes:
        shelf = book.shelf(change.variant_id)
        ledger.events += announcing.events_of(
            change,
            shelf=shelf,
            announces=operation.announces,
            reference=operation.shown_reference or operation.reference,
            after_order=operation.after_order,
            touching=operation.touching,
            is_new=shelf.product_id in operation.new_products,
            next_version=partial(ledger.next_version, shelf.product_id),
        )
    return done


def _note_entry(ledger: _Ledger, operation: Operation, entry: Entry, operation_id: str) -> None:
    key = (entry.variant_id, entry.location_id)
    change = ledger.levels.setdefault(key, LevelChange())
    change.delta += entry.delta
    change.held += entry.held
    if not entry.delta:
        return
    actor = operation.actor or ledger.actor
    ledger.movements.append(
        MovementRow(
            level=key,
            so_far=change.delta,
            operation_id=operation_id,
            delta=entry.delta,
            kind=operation.kind,
            reason=entry.reason,
            reference=operation.shown_reference or operation.reference or "",
            actor=str(actor),
            source=actor.source,
            occurred_at=operation.occurred_at or ledger.moment,
        )
    )


def _open_levels(book: Book, open_locations: Collection[str]) -> None:
    """Give rows to the levels that were opened while deciding, and to their locations where allowed."""
    levels = list(book.new_levels())
    if not levels:
        return
    allowed = {*open_locations, book.default_location}
    unknown = statements.ensure_locations({level.location_id for level in levels}, allowed=allowed)
    if unknown:
        raise InvalidInput(f"Unknown location: {min(unknown)}", code="unknown_location")
    statements.open_levels(levels)


def _write(ledger: _Ledger, book: Book, *, locked: dict[str, int]) -> None:
    """Write all of it with one statement, the levels' conditions included: the decision is the write."""
    heads = {p: version for p, version in ledger.versions.items() if version != locked[p]}
    level_ids = {key: book.level(*key).id or 0 for key in ledger.levels}
    changes = {level_ids[key]: change for key, change in ledger.levels.items()}
    if not heads and not changes and not ledger.operations:
        return
    try:
        moved = statements.write(
            changes=changes,
            heads=heads,
            operations=ledger.operations,
            movements=ledger.movements,
            level_ids=level_ids,
            moment=ledger.moment,
        )
    except IntegrityError as error:
        if statements.violates(error, "operation_once"):
            # Another door has just done it under the same reference: its answer is there in a moment.
            raise InProgress from error
        raise
    if moved != len(changes):
        # The heads were locked, so nobody who comes through here can have changed a level since it
        # was read: somebody wrote past the ledger. The database has refused, and all is undone.
        raise statements.LevelMoved(f"{len(changes) - moved} levels were changed past the ledger")
