"""Replaying real sales as orders: each invoice that sells becomes an order under the invoice's own number.

What is no sale (cancellations, which name no invoice, and write-offs) goes the way of every replay, as
movements. Reading the file, and receiving what will leave, are ``inventory.replay``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catalog.dialects.shop import shop_currency
from config.identity.models import User
from config.identity.services import create_user
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from config.kernel.ids import MAX_ID_LENGTH
from inventory.replay.parsing import Invoice
from inventory.replay.replaying import Places, Tally, replay
from inventory.replay.stocking import CURRENCY
from inventory.selectors.items import Item
from orders.models import Order
from orders.services import Terms, place_order
from orders.wishes import Wish

#: Whose orders they are. Nobody can sign in as this customer.
BUYER = "replayed-sales@stockwire.example"
_TERMS = Terms(shipping_address="Replayed from an invoice", phone="-", payment_method="manual")


class NotTheShopsCurrency(ValueError):
    """The file's prices can't be the shop's."""

    def __init__(self) -> None:
        super().__init__(f"orders are in the shop's currency: set STOCKWIRE_CURRENCY={CURRENCY}")


class OrderReplay:
    """``replay(invoices, places)``: the tally of these invoices, their sales as orders, each once for ever.

    Raises ``NotTheShopsCurrency`` as it is made.
    """

    def __init__(self, *, actor: Actor) -> None:
        if shop_currency() != CURRENCY:
            raise NotTheShopsCurrency
        self._actor = actor
        self._buyer = User.objects.with_email(BUYER).first() or create_user(
            email=BUYER, password=None, name="Replayed sales"
        )

    def __call__(self, invoices: Sequence[Invoice], places: Places) -> Tally:
        tally = replay([replace(one, sold=[]) for one in invoices], places=places, actor=self._actor)
        numbers = [one.number for one in invoices if one.sold]
        known = set(Order.objects.filter(id__in=numbers).values_list("id", flat=True))
        for invoice in invoices:
            units = [(places[sku][1], quantity) for sku, quantity in invoice.sold if sku in places]
            tally.reasons["unknown_sku"] += len(invoice.sold) - len(units)
            if invoice.number in known:
                tally.already_done += 1
            elif units:
                self._place(invoice, units, tally)
        tally.reasons = +tally.reasons
        return tally

    def _place(self, invoice: Invoice, units: Sequence[tuple[str, int]], tally: Tally) -> None:
        if len(invoice.number) > MAX_ID_LENGTH:
            tally.refused += 1
            tally.reasons["invalid_id"] += 1
            return
        try:
            place_order(
                customer=self._buyer,
                terms=_TERMS,
                actor=self._actor,
                wishes=[_wish(variant_id, quantity) for variant_id, quantity in units],
                order_id=invoice.number,
                occurred_at=invoice.occurred_at,
            )
        except StockwireError as refusal:
            tally.refused += 1
            tally.reasons[refusal.code] += 1
            return
        tally.sales += 1
        tally.units_sold += sum(quantity for _, quantity in units)


def _wish(variant_id: str, quantity: int) -> Wish:
    item = Item(sent={"variantId": variant_id, "quantity": quantity}, variant_id=variant_id)
    return Wish(item=item, quantity=quantity)
