"""An offer: what one unit of a variant costs with the choices that somebody makes, and whether it is sold.

Carts and orders price by this and by nothing else. Pure: ``selectors.offers`` reads offers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.sale_records import SaleOffer, reduced
from config.kernel.money import quantize


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is offered now, in one currency.

    ``price`` is its own or its product's; ``None``: it has none in this currency. An archived product or
    variant still has its name and its price, and is not ``for_sale``. ``sale`` is the running flash sale that
    counts for whoever asks; ``price`` is without it.
    """

    product_id: str
    variant_id: str
    sku: str
    title: str
    image: str
    attributes: Mapping[str, str]
    options: Sequence[Mapping[str, Any]]
    for_sale: bool
    currency: str
    price: Decimal | None
    sale: SaleOffer | None = None

    def unknown_choices(self, choices: Mapping[str, str]) -> list[str]:
        """The options in ``choices`` (option → choice) that there are not, or not with this choice."""
        return [option for option, choice in choices.items() if self._multiplier(option, choice) is None]

    def unit_price(self, choices: Mapping[str, str]) -> Decimal:
        """The price times each choice's multiplier, less what a sale takes off, rounded once, at the end.

        An unknown choice changes nothing, and what has no price costs nothing: whoever sells asks ``price``
        and ``unknown_choices`` first.
        """
        amount = self.price or Decimal(0)
        for option, choice in choices.items():
            multiplier = self._multiplier(option, choice)
            if multiplier is not None:
                amount *= multiplier
        if self.sale is not None:
            amount = reduced(amount, self.sale.discount_percentage)
        return quantize(amount, self.currency)

    def _multiplier(self, option: str, choice: str) -> Decimal | None:
        for known in self.options:
            if known["name"] == option:
                for one in known["choices"]:
                    if one["name"] == choice:
                        # A JSON number of at most four decimals: its text is exact, the double is not.
                        return Decimal(str(one["price_multiplier"]))
        return None
