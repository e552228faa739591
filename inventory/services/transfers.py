"""Bringing units from one location to another."""

from __future__ import annotations

from collections.abc import Sequence

from config.kernel.actors import Actor
from config.kernel.errors import InvalidInput
from inventory.events import StockUpdated
from inventory.ledger.requests import Move
from inventory.lines import StockLine
from inventory.models import Location
from inventory.services.doing import Answer, StockResult, do
from inventory.services.writing import Operation


def transfer_stock(
    *,
    lines: Sequence[StockLine],
    source: str,
    target: str,
    actor: Actor,
    reason: str = "",
    answer: Answer | None = None,
) -> StockResult:
    """Move all of these units from ``source`` to ``target``, both sides at once, or none.

    Locks: the products' stock heads. Refuses: an unknown location (``unknown_location``), the same one
    twice (``same_location``), short stock at the source (``out_of_stock``).
    Announces: ``stock.updated`` for each variant (its ``change`` is 0); ``stock.low`` at the source.
    """
    if source == target:
        raise InvalidInput("toLocationId: must be another location", code="same_location")
    known = set(Location.objects.filter(code__in=[source, target]).values_list("code", flat=True))
    for field, code in (("fromLocationId", source), ("toLocationId", target)):
        if code not in known:
            raise InvalidInput(
                f"{field}: unknown location", code="unknown_location", details={field: ["unknown"]}
            )
    narrowed = [
        StockLine(
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            location_id=source,
            item=line.item,
        )
        for line in lines
    ]
    operation = Operation(
        kind="transfer",
        request=Move([line.want for line in narrowed], source=source, target=target, reason=reason),
        lines=narrowed,
        product_ids=[line.product_id for line in narrowed],
        announces=StockUpdated,
        answer=answer,
    )
    return do(operation, actor=actor)
