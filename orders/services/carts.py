"""Putting into a cart and taking out of it. Want of stock is no reason to refuse: the line says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.offers import Offer
from config.kernel.errors import InvalidInput, InvalidItems, ItemError
from config.kernel.transactions import in_transaction
from orders import errors
from orders.basket import Basket, BasketLine
from orders.cart_records import CartRecord
from orders.owners import CartOwner
from orders.selectors.wishes import understand
from orders.services.cart_changes import Expectation, change_cart
from orders.services.offering import require_offered
from orders.wishes import CartChange, Wanted, Wish


def add_item(*, owner: CartOwner, wish: Wish, origin: str = "") -> CartRecord:
    """Put units into the owner's cart, to those that are there of the same variant and choices.

    Locks: the cart. Refuses: an item that names no variant, or a choice that there is not
    (``InvalidItems``); one that is not sold (``ConflictingItems``); too many units (``InvalidInput``) or
    lines (``CartFull``).
    Announces: ``cart.updated``.
    """
    (wanted,) = understand([wish])

    def change(basket: Basket, offers: Mapping[str, Offer]) -> None:
        require_offered([wanted], offers)
        basket.add(_line(wanted))

    return in_transaction(
        lambda: change_cart(
            owner, action="item_added", change=change, variant_ids=[wanted.variant_id], origin=origin
        )
    )


def set_quantity(
    *, owner: CartOwner, item_id: str, quantity: int, expect: Expectation | None = None
) -> CartRecord:
    """Have so many units on a line.

    Locks: the cart. Refuses: a line that is not there (``UnknownItem``), whatever ``expect`` raises.
    Announces: ``cart.updated``; nothing where there were as many.
    """

    def change(basket: Basket, offers: Mapping[str, Offer]) -> None:  # noqa: ARG001  as the other changes
        basket.line(item_id).quantity = quantity

    return in_transaction(lambda: change_cart(owner, action="updated", change=change, expect=expect))


def remove_item(*, owner: CartOwner, item_id: str, expect: Expectation | None = None) -> CartRecord:
    """Take a line out.

    Locks: the cart. Refuses: a line that is not there (``UnknownItem``), whatever ``expect`` raises.
    Announces: ``cart.updated``.
    """

    def change(basket: Basket, offers: Mapping[str, Offer]) -> None:  # noqa: ARG001  as the other changes
        basket.remove(basket.line(item_id))

    return in_transaction(lambda: change_cart(owner, action="item_removed", change=change, expect=expect))


def take_out(*, owner: CartOwner, wish: Wish, origin: str = "") -> CartRecord:
    """Take out what is named as it was when it was put in, by product and attributes: as ``remove`` in a
    batch.

    Locks: the cart. Refuses: an item that names no variant, or is not there (``InvalidItems``).
    Announces: ``cart.updated``.
    """
    (wanted,) = understand([wish])

    def change(basket: Basket, offers: Mapping[str, Offer]) -> None:  # noqa: ARG001  as the other changes
        if wrong := _remove(basket, wanted):
            raise InvalidItems([wrong])

    return in_transaction(lambda: change_cart(owner, action="item_removed", change=change, origin=origin))


def clear(*, owner: CartOwner, expect: Expectation | None = None) -> CartRecord:
    """Take everything out.

    Locks: the cart. Refuses: whatever ``expect`` raises.
    Announces: ``cart.updated``; nothing for an empty cart.
    """

    def change(basket: Basket, offers: Mapping[str, Offer]) -> None:  # noqa: ARG001  as the other changes
        basket.lines.clear()

    return in_transaction(lambda: change_cart(owner, action="updated", change=change, expect=expect))


def batch_update(*, owner: CartOwner, changes: Sequence[CartChange], origin: str = "") -> CartRecord:
    """Do all of these changes, one after the other, or none.

    A change that mentions no options means the line without any, else the variant's only line; ``remove``
    then means all lines of the variant. ``set`` puts in what is not there.

    Locks: the cart. Refuses: as ``add_item``; every item that is to be removed and is not there, or that
    means one of several lines (``InvalidItems``).
    Announces: one ``cart.updated``; nothing where all is as it was.
    """
    wanted = understand([change.wish for change in changes])
    steps = [(change.action, one) for change, one in zip(changes, wanted, strict=True)]
    coming = [one for action, one in steps if action != "remove"]

    def change(basket: Basket, offers: Mapping[str, Offer]) -> None:
        require_offered(coming, offers)
        wrong = [error for action, one in steps if (error := _STEPS[action](basket, one))]
        if wrong:
            raise InvalidItems(wrong)

    return in_transaction(
        lambda: change_cart(
            owner,
            action="updated",
            change=change,
            variant_ids=[one.variant_id for one in coming],
            origin=origin,
        )
    )


# --------------------------------------------------------------------------------- steps of a batch


def _add(basket: Basket, one: Wanted) -> ItemError | None:
    try:
        basket.add(_line(one))
    except InvalidInput as refusal:
        return ItemError(one.sent, refusal.message, refusal.code)
    return None


def _set(basket: Basket, one: Wanted) -> ItemError | None:
    lines = _meant(basket, one)
    if len(lines) > 1:
        return errors.ambiguous_line(one.sent)
    if lines:
        lines[0].quantity = one.quantity
        return None
    return _add(basket, one)


def _remove(basket: Basket, one: Wanted) -> ItemError | None:
    lines = basket.of_variant(one.variant_id) if one.options is None else _meant(basket, one)
    if not lines:
        return errors.not_in_cart(one.sent)
    for line in lines:
        basket.remove(line)
    return None


_STEPS = {"add": _add, "set": _set, "remove": _remove}


def _meant(basket: Basket, one: Wanted) -> list[BasketLine]:
    exact = basket.find(one.variant_id, one.choices)
    if exact is not None:
        return [exact]
    return basket.of_variant(one.variant_id) if one.options is None else []


def _line(wanted: Wanted) -> BasketLine:
    return BasketLine(
        product_id=wanted.product_id,
        variant_id=wanted.variant_id,
        options=wanted.choices,
        quantity=wanted.quantity,
    )
