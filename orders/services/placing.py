"""Placing orders: prices judged, stock taken, orders written, carts relieved, events recorded, or nothing.

In this order, since from the moment when stock is taken everybody who wants the same goods waits: what can be
read and refused before is read and refused before, and afterwards there is one statement and the commit.

Everything here goes from a list of placings to a list of outcomes, each for itself, in a number of statements
that does not depend on how many there are: those who come at the same moment may share a transaction
(``orders.api.checkout``). One that is refused has written nothing, so the others have nothing to undo.

A condition of a sale besides its stock (units of a pool, a cap for each customer) goes into ``_condition``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from catalog.dialects.shop import shop_currency
from catalog.offers import Offer
from catalog.selectors.offers import offers_for
from config.identity.models import User
from config.kernel.actors import Actor
from config.kernel.errors import InvalidInput, KeyReused, StockwireError
from config.kernel.events import DomainEvent, publish_all
from config.kernel.ids import new_id
from config.kernel.money import MAX_AMOUNT, quantize, to_number
from config.kernel.transactions import in_transaction, within_transaction
from inventory import services as inventory
from inventory.lines import StockLine
from orders.basket import Basket
from orders.dialects.options import shown_options
from orders.errors import CartEmpty, PriceChanged
from orders.events import OrderPlaced
from orders.flow import FIRST
from orders.order_records import LineRecord, OrderRecord, Person, StatusEntry
from orders.owners import CartOwner
from orders.selectors.carts import baskets_of, shown
from orders.selectors.wishes import understand_each
from orders.services.cart_changes import cart_event
from orders.services.cart_statements import LockedCart, lock_carts
from orders.services.offering import require_offered
from orders.services.order_events import event_fields
from orders.services.order_statements import NewOrder, write_orders
from orders.services.sale_units import limited_units, take_sale_units
from orders.wishes import Wanted, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Where to, and how it is paid. ``total`` is what whoever orders believes that it costs, if they said."""

    shipping_address: str
    phone: str
    notes: str = ""
    payment_method: str = "cod"
    total: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """An order that somebody wants to place: of ``wishes`` or, without any, of what lies in their cart.

    Orders of the past bring the id that they have (``order_id``) and when they were placed.
    """

    customer: User
    terms: Terms
    actor: Actor
    wishes: Sequence[Wish] = ()
    order_id: str | None = None
    occurred_at: dt.datetime | None = None


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
    return place_one(
        Placing(
            customer=customer,
            terms=terms,
            actor=actor,
            wishes=wishes,
            order_id=order_id,
            occurred_at=occurred_at,
        )
    )


def place_one(placing: Placing) -> OrderRecord:
    """``place_order``, for whoever has it written down.

    Locks, refuses, announces: as that.
    """

    def work() -> OrderRecord:
        (placed,) = _place([placing])
        if isinstance(placed, StockwireError):
            raise placed  # so that whatever shares this transaction is undone too
        return placed

    return within_transaction(work)


def place_orders(placings: Sequence[Placing]) -> list[OrderRecord | StockwireError]:
    """Place several orders in one transaction, each answered for itself: it, or what it is refused for.

    No two may be of the same customer: the second one's cart is what the first one leaves. They are placed in
    their order, so of the last unit the first of them gets it.

    Locks: the customers' carts in id order, then the stock heads of everything in the orders in id order.
    Refuses: nothing as a whole; each as ``place_order`` would. Announces: the same.
    """
    if len({one.customer.pk for one in placings}) < len(placings):
        raise ValueError("two orders of one customer can't share a transaction")
    return within_transaction(lambda: _place(placings))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What somebody wants, as it was understood (or why not), and their cart, if there is one."""

    placing: Placing
    cart: LockedCart | None
    basket: Basket
    wanted: list[Wanted] | StockwireError

    def variant_ids(self) -> set[str]:
        """Whatever a price is needed of: what is wanted, and what else lies in the cart."""
        wanted = () if isinstance(self.wanted, StockwireError) else self.wanted
        return {line.variant_id for line in self.basket.lines} | {one.variant_id for one in wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An order that nothing stands against but, maybe, its stock. Its moment is still to come."""

    placing: Placing
    order: OrderRecord
    wanted: Sequence[Wanted]
    cart: LockedCart | None
    basket: Basket
    offers: Mapping[str, Offer]


def _place(placings: Sequence[Placing]) -> list[OrderRecord | StockwireError]:
    if not placings:
        return []
    drafts = _drafts(placings)
    ready = [one for one in drafts if isinstance(one, _Draft)]
    if not ready:
        return [one for one in drafts if isinstance(one, StockwireError)]
    sold = inventory.sell_within([_sale(draft) for draft in ready], actor=ready[0].placing.actor)
    outcomes: dict[str, OrderRecord | StockwireError] = {}
    taken: list[_Draft] = []
    for draft, result in zip(ready, sold.results, strict=True):
        if isinstance(result, StockwireError):
            outcomes[draft.order.id] = result
        elif result.replayed:
            outcomes[draft.order.id] = KeyReused("Under this id something was sold already")
        else:
            taken.append(_at(draft, draft.placing.occurred_at or result.moment))
    outcomes |= _written(taken, sold.events)
    return [outcomes[one.order.id] if isinstance(one, _Draft) else one for one in drafts]


def _drafts(placings: Sequence[Placing]) -> list[_Draft | StockwireError]:
    """What is refused before any stock is locked, and the orders as far as they are known by then."""
    asked = _asked(placings)
    drafts: list[_Draft | StockwireError] = []
    for one, offers in zip(asked, _offers(asked), strict=True):
        try:
            drafts.append(_judged(one, offers))
        except StockwireError as refusal:
            drafts.append(refusal)
    return drafts


def _asked(placings: Sequence[Placing]) -> list[_Asked]:
    carts = lock_carts([one.customer.pk for one in placings])
    baskets = baskets_of([cart.id for cart in carts.values()])
    wishes = understand_each([one.wishes for one in placings])
    asked = []
    for placing, understood in zip(placings, wishes, strict=True):
        cart = carts.get(placing.customer.pk)
        basket = baskets[cart.id] if cart else Basket()
        wanted: list[Wanted] | StockwireError = understood if placing.wishes else _all_of(basket)
        asked.append(_Asked(placing=placing, cart=cart, basket=basket, wanted=wanted))
    return asked


def _offers(asked: Sequence[_Asked]) -> list[Mapping[str, Offer]]:
    """What is offered to each of them, by variant: of a flash sale they may have had their share already."""
    wanted = [(one.placing.customer.pk, one.variant_ids()) for one in asked]
    return list(offers_for(wanted, currency=shop_currency()))


def _judged(asked: _Asked, offers: Mapping[str, Offer]) -> _Draft:
    """The order as far as it is known before its stock is taken. Raises what it is refused for."""
    placing, wanted = asked.placing, asked.wanted
    if isinstance(wanted, StockwireError):
        raise wanted
    if not wanted:
        raise CartEmpty
    require_offered(wanted, offers)
    order = _drafted(placing, _lines(wanted, offers))
    _require_total(order, placing.terms.total)
    return _Draft(
        placing=placing, order=order, wanted=wanted, cart=asked.cart, basket=asked.basket, offers=offers
    )


def _sale(draft: _Draft) -> inventory.Operation:
    condition = _condition(draft)
    return inventory.sale(
        lines=_stock_lines(draft.wanted),
        actor=draft.placing.actor,
        reference=draft.order.id,
        new_reference=draft.placing.order_id is None,
        after_order=True,
        occurred_at=draft.placing.occurred_at,
        # In a savepoint, so that where it refuses what it has written is undone, and nothing else.
        condition=None if condition is None else partial(in_transaction, condition),
    )


def _condition(draft: _Draft) -> Callable[[], None] | None:
    """What the sale of this order hangs on besides its stock; ``None``: nothing.

    The units of flash sales; and the place for whatever else must be held in the transaction that sells. What
    it gives is called with all stock heads of the orders locked, in the order's turn, once its stock has been
    found to suffice, and is the last that can refuse the order. So it takes what it needs at once, by a
    conditional write, or raises what it refuses for (a ``StockwireError``): then what it has written itself
    is undone, and the other orders of the transaction go on. Rows that it locks come below the stock heads in
    ``docs/locking.md``.
    """
    units = limited_units(draft.wanted, draft.offers)
    if not units:
        return None
    return partial(
        take_sale_units,
        order_id=draft.order.id,
        customer_id=draft.placing.customer.pk,
        units=units,
        wanted=draft.wanted,
        offers=draft.offers,
    )


def _at(draft: _Draft, moment: dt.datetime) -> _Draft:
    """The order as it stands when its stock is taken: only its number is missing."""
    order = draft.order
    entry = StatusEntry(status=order.status.value, at=moment, note="", actor=str(draft.placing.actor))
    return replace(draft, order=replace(order, created_at=moment, updated_at=moment, history=(entry,)))


def _written(drafts: Sequence[_Draft], before: Sequence[DomainEvent]) -> dict[str, OrderRecord]:
    """The orders as they stand in the tables now, by id, announced after what came ``before`` them, with what
    they have left of their carts.
    """
    for draft in drafts:
        for line in draft.order.lines:
            draft.basket.take(line.variant_id, line.options, line.quantity)
    numbers = write_orders([_new(draft) for draft in drafts])
    events = list(before)
    placed = {}
    for draft in drafts:
        order = placed[draft.order.id] = replace(draft.order, number=numbers[draft.order.id])
        events.append(OrderPlaced(**event_fields(order)))
        if cart := _relieved(draft):
            owner = CartOwner.customer(order.customer.id)
            record = shown(
                owner, draft.basket, draft.offers, version=cart.version + 1, updated_at=order.created_at
            )
            events.append(cart_event(record, "updated"))
    publish_all(events)
    return placed


def _new(draft: _Draft) -> NewOrder:
    cart = _relieved(draft)
    return NewOrder(draft.order, str(draft.placing.actor), draft.basket, cart.id if cart else None)


def _relieved(draft: _Draft) -> LockedCart | None:
    return draft.cart if draft.basket.is_changed else None


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


def _drafted(placing: Placing, lines: tuple[LineRecord, ...]) -> OrderRecord:
    customer, terms = placing.customer, placing.terms
    total = sum((line.subtotal for line in lines), Decimal(0))
    if total > MAX_AMOUNT:
        raise InvalidInput("items: the total is larger than any amount", details={"items": ["too much"]})
    nowhere = dt.datetime.min.replace(tzinfo=dt.UTC)
    return OrderRecord(
        id=placing.order_id or new_id("ord"),
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
