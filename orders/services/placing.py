"""Placing an order: prices judged, stock taken, order written, cart relieved, events recorded, or nothing.

In this order, since from the moment when stock is taken everybody who wants the same goods waits: what can be
read and refused before is read and refused before, and afterwards there is one statement and the commit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.dialects.shop import shop_currency
from catalog.offers import Offer
from catalog.selectors.offers import offers_of
from config.identity.models import User
from config.kernel.actors import Actor
from config.kernel.errors import InvalidInput, KeyReused
from config.kernel.events import DomainEvent, publish_all
from config.kernel.ids import new_id
from config.kernel.money import MAX_AMOUNT, quantize, to_number
from config.kernel.transactions import in_transaction
from inventory import services as inventory
from inventory.lines import StockLine
from orders.basket import Basket
from orders.dialects.options import shown_options
from orders.errors import CartEmpty, PriceChanged
from orders.events import OrderPlaced
from orders.flow import FIRST
from orders.models import Cart
from orders.order_records import LineRecord, OrderRecord, Person, StatusEntry
from orders.owners import CartOwner
from orders.selectors.carts import basket_of, shown
from orders.selectors.wishes import understand
from orders.services.cart_changes import cart_event
from orders.services.cart_statements import lock_cart
from orders.services.offering import require_offered
from orders.services.order_events import event_fields
from orders.services.order_statements import write_order
from orders.services.sale_units import take_sale_units
from orders.wishes import Wanted, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Where to, and how it is paid. ``total`` is what whoever orders believes that it costs, if they said."""

    shipping_address: str
    phone: str
    notes: str = ""
    payment_method: str = "cod"
    total: Decimal | None = None


def place_order(
    *,
    customer: User,
    terms: Terms,
    actor: Actor,
    wishes: Sequence[Wish] = (),
    order_id: str | None = None,
    occurred_at: dt.datetime | None = None,
) -> OrderRecord:
    """Sell what is wished for or, without wishes, what lies in the customer's cart.

    What is ordered leaves the cart; what else lies in it stays. Orders of the past bring the id that they
    have (``order_id``) and when they were placed (``occurred_at``).

    Locks: the customer's cart, then flash sales that have so many units only, then the stock heads of
    everything in the order.
    Refuses: an order of nothing (``CartEmpty``); what names no variant, or a choice that there is not
    (``InvalidItems``); what is not sold, or more than a flash sale has left (``ConflictingItems``); another
    total than ``terms`` has (``PriceChanged``); short stock, every short line named (``StockConflict``); an
    id under which something was sold already (``KeyReused``).
    Announces: ``stock.reduced`` for each variant and what it crossed, ``order.placed``, ``cart.updated``
    where something lay in it.
    """

    return in_transaction(
        lambda: _place(customer, terms, actor, wishes, order_id or new_id("ord"), occurred_at)
    )


def _place(
    customer: User,
    terms: Terms,
    actor: Actor,
    wishes: Sequence[Wish],
    order_id: str,
    occurred_at: dt.datetime | None,
) -> OrderRecord:
    cart = lock_cart(CartOwner.customer(customer.pk))
    basket = basket_of(cart.id) if cart else Basket()
    wanted = understand(wishes) if wishes else _all_of(basket)
    if not wanted:
        raise CartEmpty
    concerned = {line.variant_id for line in basket.lines} | {one.variant_id for one in wanted}
    offers = offers_of(concerned, currency=shop_currency(), customer=customer.pk)
    require_offered(wanted, offers)
    order = _drafted(order_id, customer, terms, _lines(wanted, offers))
    _require_total(order, terms.total)
    take_sale_units(order_id=order.id, customer_id=customer.pk, wanted=wanted, offers=offers)
    sold = inventory.reduce_stock(
        lines=_stock_lines(wanted),
        actor=actor,
        reference=order.id,
        after_order=True,
        occurred_at=occurred_at,
    )
    if sold.replayed:
        raise KeyReused("Under this id something was sold already")
    for line in order.lines:
        basket.take(line.variant_id, line.options, line.quantity)
    return _written(order, actor, occurred_at or sold.moment, cart, basket, offers)


def _written(
    order: OrderRecord,
    actor: Actor,
    moment: dt.datetime,
    cart: Cart | None,
    basket: Basket,
    offers: Mapping[str, Offer],
) -> OrderRecord:
    """The order as it stands in the tables now, announced, with what it has left of the cart."""
    relieved = cart if basket.is_changed else None
    number = write_order(
        order,
        actor=str(actor),
        moment=moment,
        basket=basket,
        cart_id=relieved.id if relieved else None,
    )
    entry = StatusEntry(status=order.status.value, at=moment, note="", actor=str(actor))
    placed = replace(order, number=number, created_at=moment, updated_at=moment, history=(entry,))
    events: list[DomainEvent] = [OrderPlaced(**event_fields(placed))]
    if relieved:
        owner = CartOwner.customer(order.customer.id)
        record = shown(owner, basket, offers, version=relieved.version + 1, updated_at=moment)
        events.append(cart_event(record, "updated"))
    publish_all(events)
    return placed


def _all_of(basket: Basket) -> list[Wanted]:
    return [
        Wanted(
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            options=line.options,
            sent={
                "productId": line.product_id,
                "variantId": line.variant_id,
                "options": shown_options(line.options),
                "quantity": line.quantity,
            },
        )
        for line in basket.lines
    ]


def _lines(wanted: Sequence[Wanted], offers: Mapping[str, Offer]) -> tuple[LineRecord, ...]:
    """One line for a variant and its choices, with the names and prices of now, for ever."""
    lines: dict[tuple[str, tuple[tuple[str, str], ...]], LineRecord] = {}
    for one in wanted:
        key = (one.variant_id, tuple(sorted(one.choices.items())))
        if key in lines:
            lines[key] = replace(lines[key], quantity=lines[key].quantity + one.quantity)
            continue
        offer = offers[one.variant_id]
        lines[key] = LineRecord(
            id=new_id("line"),
            product_id=offer.product_id,
            variant_id=offer.variant_id,
            sku=offer.sku,
            name=offer.title,
            attributes=offer.attributes,
            options=one.choices,
            price=offer.unit_price(one.choices),
            quantity=one.quantity,
        )
    return tuple(lines.values())


def _stock_lines(wanted: Sequence[Wanted]) -> list[StockLine]:
    return [
        StockLine(product_id=one.product_id, variant_id=one.variant_id, quantity=one.quantity, item=one.sent)
        for one in wanted
    ]


def _drafted(order_id: str, customer: User, terms: Terms, lines: tuple[LineRecord, ...]) -> OrderRecord:
    """The order as far as it is known before its stock is taken."""
    total = sum((line.subtotal for line in lines), Decimal(0))
    if total > MAX_AMOUNT:
        raise InvalidInput("items: the total is larger than any amount", details={"items": ["too much"]})
    nowhere = dt.datetime.min.replace(tzinfo=dt.UTC)
    return OrderRecord(
        id=order_id,
        number="",
        customer=Person(id=customer.pk, name=customer.name, email=customer.email, phone=customer.phone),
        status=FIRST,
        currency=shop_currency(),
        total=total,
        item_count=sum(line.quantity for line in lines),
        shipping_address=terms.shipping_address,
        phone=terms.phone,
        notes=terms.notes,
        payment_method=terms.payment_method,
        payment_status="pending",
        tailor=None,
        tailor_status="",
        delivery_partner_id=None,
        estimated_delivery=None,
        carrier="",
        tracking_number="",
        version=1,
        created_at=nowhere,
        updated_at=nowhere,
        lines=lines,
        history=(),
    )


def _require_total(order: OrderRecord, believed: Decimal | None) -> None:
    """What clients sum up in floating point is meant to the currency's decimals."""
    if believed is not None and quantize(believed, order.currency) != order.total:
        raise PriceChanged(to_number(order.total, order.currency), order.currency)
