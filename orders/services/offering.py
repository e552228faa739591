"""Whether what somebody wants can be had as they want it: sold, priced, and with choices that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.offers import Offer
from config.kernel.errors import ConflictingItems, InvalidItems
from orders import errors
from orders.dialects.options import CHOICE_OF
from orders.wishes import Wanted


def require_offered(wanted: Sequence[Wanted], offers: Mapping[str, Offer]) -> None:
    """Refuses: every item with a choice that there is not (``InvalidItems``); else every one that is not
    for sale or has no price in the shop's currency (``ConflictingItems``).
    """
    wrong = [
        errors.unknown_option(one.sent, [CHOICE_OF.get(name, name) for name in unknown])
        for one in wanted
        if (unknown := offers[one.variant_id].unknown_choices(one.choices))
    ]
    if wrong:
        raise InvalidItems(wrong)
    kept_back = []
    for one in wanted:
        offer = offers[one.variant_id]
        if not offer.for_sale:
            kept_back.append(errors.not_for_sale(one.sent))
        elif offer.price is None:
            kept_back.append(errors.no_price(one.sent, offer.currency))
    if kept_back:
        raise ConflictingItems(kept_back)
