"""Holds: units that others no longer see as available, until they are sold, given back or run out.

A hold ends at ``expires_at`` by the database's clock, which every statement here asks for itself;
``release_expired`` only tidies up what has ended already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.kernel.actors import SYSTEM, Actor
from config.kernel.transactions import in_transaction
from inventory.errors import ReservationOver, UnknownReservation
from inventory.events import StockReduced, StockReleased, StockReserved
from inventory.ledger.requests import Draw, EndHold, Want
from inventory.lines import StockLine
from inventory.models import Reservation, ReservationState
from inventory.services import hold_statements as holding
from inventory.services.doing import StockResult, do_within
from inventory.services.references import fingerprint_of
from inventory.services.statements import lock_heads
from inventory.services.writing import Operation, Told, carry_out

MAX_TTL = 86_400
DEFAULT_TTL = 600
_SWEPT_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as its holder sees it. ``figures`` is, line by line, what others can still have."""

    id: str
    expires_at: dt.datetime
    moment: dt.datetime
    figures: tuple[int, ...] = ()


def reserve_stock(*, lines: Sequence[StockLine], ttl_seconds: int, actor: Actor) -> Hold:
    """Hold all of these units for ``actor``, or none, for so many seconds.

    Locks: the products' stock heads. Refuses: short stock (``out_of_stock``), an archived variant.
    Announces: ``stock.reserved`` for each variant, then its ``stock.low``.
    """

    def work() -> Hold:
        operation = Operation(
            kind="reserve",
            request=Draw([line.want for line in lines], holding=True),
            lines=lines,
            product_ids=[line.product_id for line in lines],
            announces=StockReserved,
        )
        told = carry_out([operation], actor=actor)[0].told
        reservation = Reservation(
            holder=str(actor), expires_at=told.moment + dt.timedelta(seconds=ttl_seconds)
        )
        holding.insert(
            reservation_id=reservation.id,
            holder=reservation.holder,
            created_at=told.moment,
            expires_at=reservation.expires_at,
            entries=told.outcome.entries,
        )
        return Hold(
            id=reservation.id,
            expires_at=reservation.expires_at,
            moment=told.moment,
            figures=tuple(told.available(line.variant_id, line.location_id) for line in lines),
        )

    return in_transaction(work)


def commit_reservation(
    *,
    reservation_id: str,
    actor: Actor,
    staff: bool = False,
    reference: str | None = None,
    after_order: bool = False,
    answer: Callable[[Told, Sequence[Want]], str] | None = None,
) -> StockResult:
    """Sell what is held, under ``reference`` or, without one, under the reservation's own id.

    The same commit again gets the first answer.

    Locks: the products' stock heads, then the reservation. Refuses: whoever is neither its holder nor
    staff (``unknown_reservation``), a hold that has ended (``reservation_expired``, ``_released``,
    ``_committed``), a reference that sold something else (``idempotency_key_reused``).
    Announces: ``stock.reduced`` for each variant.
    """

    def work() -> StockResult:
        product_ids = _owned(reservation_id, actor, staff=staff)
        held = holding.lines_of(reservation_id)
        operation = Operation(
            kind="sale",
            request=EndHold(held, selling=True),
            product_ids=product_ids,
            announces=StockReduced,
            reference=reference or reservation_id,
            fingerprint=fingerprint_of((), "commit", reservation_id),
            after_order=after_order,
            answer=None if answer is None else lambda told: answer(told, held),
        )

        def end() -> None:
            lock_heads(product_ids)
            _end(reservation_id, ReservationState.COMMITTED)

        return do_within(operation, actor=actor, before=end)

    return in_transaction(work)


def release_reservation(*, reservation_id: str, actor: Actor, staff: bool = False) -> None:
    """Give back what is held. One that has been given back, by its holder or by the clock, stays so.

    Locks: the products' stock heads, then the reservation. Refuses: whoever is neither its holder nor
    staff (``unknown_reservation``), a hold that was sold (``reservation_committed``).
    Announces: ``stock.released`` for each variant, then ``stock.back`` where there was nothing to sell.
    """

    def work() -> None:
        product_ids = _owned(reservation_id, actor, staff=staff)
        lock_heads(product_ids)
        try:
            held = _end(reservation_id, ReservationState.RELEASED)
        except ReservationOver as over:
            if over.code == "reservation_committed":
                raise
            return
        _give_back(held, product_ids, actor)

    in_transaction(work)


def extend_reservation(*, reservation_id: str, ttl_seconds: int, actor: Actor, staff: bool = False) -> Hold:
    """Hold for so many seconds from now; never shorter than it was.

    Locks: the products' stock heads (so that nobody finds it expired meanwhile), then the reservation.
    Refuses: as ``commit_reservation``. Announces: nothing.
    """

    def work() -> Hold:
        lock_heads(_owned(reservation_id, actor, staff=staff))
        extended = holding.extend(reservation_id, ttl_seconds)
        if extended is None:
            raise _over(reservation_id)
        expires_at, moment = extended
        return Hold(id=reservation_id, expires_at=expires_at, moment=moment)

    return in_transaction(work)


def release_expired(*, limit: int = _SWEPT_AT_ONCE) -> int:
    """Tidy up holds that have run out; returns how many. What they held was available already.

    Locks: the products' stock heads, then the reservations. Refuses: nothing.
    Announces: ``stock.released`` for each variant, then ``stock.back`` where there was nothing to sell.
    """

    def work() -> int:
        reservation_ids, product_ids = holding.expired(limit)
        if not reservation_ids:
            return 0
        _give_back((), product_ids, SYSTEM)
        return holding.mark_expired(reservation_ids)

    return in_transaction(work)


def _give_back(held: Sequence[Want], product_ids: Sequence[str], actor: Actor) -> None:
    """What is held becomes available; so does, by the way of every change, what else has run out."""
    operation = Operation(
        kind="release", request=EndHold(held), product_ids=product_ids, announces=StockReleased
    )
    carry_out([operation], actor=actor)


def _owned(reservation_id: str, actor: Actor, *, staff: bool) -> list[str]:
    """The products of a reservation that the actor may see."""
    rows = list(
        Reservation.objects.filter(id=reservation_id).values_list("holder", "lines__product_id").distinct()
    )
    if not rows or (not staff and rows[0][0] != str(actor)):
        raise UnknownReservation
    return [product_id for _, product_id in rows]


def _end(reservation_id: str, state: ReservationState) -> list[Want]:
    """End an active hold; what it held. Raises ``ReservationOver`` for one that has ended."""
    held = holding.end(reservation_id, state)
    if not held:
        raise _over(reservation_id)
    return held


def _over(reservation_id: str) -> ReservationOver:
    state = Reservation.objects.values_list("state", flat=True).get(id=reservation_id)
    if state == ReservationState.COMMITTED:
        return ReservationOver("The reservation has been sold already", code="reservation_committed")
    if state == ReservationState.RELEASED:
        return ReservationOver("The reservation has been released", code="reservation_released")
    return ReservationOver("The reservation has expired", code="reservation_expired")
