"""Bringing ledger and levels together again, after something wrote past them.

The level is what was sold against, and what the shelf was counted by, so it stands; the ledger gets a
compensating entry that says so. No entry is ever edited or taken out.
"""

from __future__ import annotations

from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.transactions import in_transaction
from inventory.models import MovementKind, StockLevel, StockMovement, StockOperation
from inventory.selectors.drift import Drift, drifts_of
from inventory.services.statements import lock_heads

REASON = "repair: the level stood elsewhere than the ledger"


def repair_drift(*, actor: Actor) -> list[Drift]:
    """Repair every drift there is; returns what it found.

    Levels keep their figure and the ledger gets a compensating entry; ``reserved`` is set to what open
    holds add up to, as far as the shelf goes; an entry with a wrong balance is noted as known.

    Locks: the stock heads of the products concerned, then their levels. Refuses: nothing.
    Announces: nothing: what can be sold has not changed by being written down.
    """

    def work() -> list[Drift]:
        suspects = [drift for kind in ("balance", "chain", "reserved") for drift in drifts_of(kind)]
        # Asked again under the locks: what was found may have been a sale in between.
        lock_heads([drift.product_id for drift in suspects])
        found = [*drifts_of("chain"), *drifts_of("reserved"), *drifts_of("balance")]
        for drift in found:
            _REPAIRS[drift.kind](drift, actor)
        return found

    return in_transaction(work)


def _compensate(drift: Drift, actor: Actor) -> None:
    operation = StockOperation.objects.create(kind="repair")
    StockMovement.objects.create(
        operation=operation,
        product_id=drift.product_id,
        variant_id=drift.variant_id,
        location_id=drift.location_id,
        delta=drift.stands - drift.should,
        balance_after=drift.stands,
        kind=MovementKind.ADJUSTMENT,
        reason=REASON,
        actor=str(actor),
        source=actor.source,
        occurred_at=clock.now(),
    )


def _note(drift: Drift, actor: Actor) -> None:  # noqa: ARG001  as the other repairs
    StockOperation.objects.create(kind="known", reference=f"movement {drift.movement_id}", answer=str(drift))


def _set_reserved(drift: Drift, actor: Actor) -> None:  # noqa: ARG001  as the other repairs
    level = StockLevel.objects.get(variant_id=drift.variant_id, location_id=drift.location_id)
    # More than is there can't be held: such holds fail when they are sold, and the report shows them.
    level_bears = drift.should if level.allow_backorder else min(drift.should, level.on_hand - level.safety)
    StockLevel.objects.filter(id=level.id).update(reserved=level_bears)


_REPAIRS = {"balance": _compensate, "chain": _note, "reserved": _set_reserved}
