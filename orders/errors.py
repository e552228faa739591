"""What carts and orders refuse, in words: one place for messages and codes, whichever service refuses."""

from __future__ import annotations

from typing import Any

from config.kernel.errors import Conflict, InvalidInput, ItemError, NotFound


class UnknownItem(NotFound):
    """The cart has no such line."""

    code = "unknown_item"
    message = "Item not found"


class InvalidCartToken(InvalidInput):
    """A guest's token that we can't have handed out."""

    code = "invalid_cart_token"
    message = "X-Cart-Token is not one of ours"


class CartFull(Conflict):
    """More different things than a cart takes."""

    code = "cart_full"

    def __init__(self, most: int) -> None:
        super().__init__(f"A cart has at most {most} lines", extra={"limit": most})


def quantity_out_of_range(most: int, *, place: str = "quantity") -> InvalidInput:
    """A line that would have more units than any may."""
    what = f"must come to at most {most}"
    return InvalidInput(f"{place}: {what}", details={place: [what]})


def unknown_option(item: Any, names: list[str]) -> ItemError:
    """``names`` are the options as whoever asks calls them."""
    return ItemError(item, f"Unknown option: {', '.join(names)}", "unknown_option")


def ambiguous_line(item: Any) -> ItemError:
    """Several lines of the cart differ only in their options."""
    return ItemError(item, "Ambiguous: name the options", "ambiguous_line")


def not_in_cart(item: Any) -> ItemError:
    """To be taken out, or set, and not there."""
    return ItemError(item, "Not in the cart", "unknown_item")


def not_for_sale(item: Any) -> ItemError:
    """The shop has it and does not sell it at the moment."""
    return ItemError(item, "Item not for sale", "not_for_sale", {"available": 0})


def no_price(item: Any, currency: str) -> ItemError:
    """It has no price in the shop's currency, and amounts of two currencies can't be added."""
    return ItemError(item, f"Item has no price in {currency}", "no_price")
