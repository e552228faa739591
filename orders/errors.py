"""What carts, orders and payments refuse, in words: one place for messages and codes, whoever refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.kernel.errors import Conflict, InvalidInput, ItemError, NotFound, Unreachable


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


def beyond_sale(item: Any, left: int) -> ItemError:
    """At the price of a flash sale, to this customer, the shop sells only so many more."""
    text = f"Only {left} more at the sale price" if left else "No more at the sale price"
    return ItemError(item, text, "flash_sale_limit", {"available": left})


class OrderNotFound(NotFound):
    """No such order, or none of the asker's."""

    code = "unknown_order"
    message = "Order not found"


class CartEmpty(InvalidInput):
    """An order of nothing."""

    code = "cart_empty"
    message = "Cart is empty"


class PriceChanged(Conflict):
    """The order would cost something else than whoever placed it thinks."""

    code = "price_changed"

    def __init__(self, total: float, currency: str) -> None:
        text = f"The total is {total} {currency} now"
        super().__init__(text, extra={"totalPrice": total, "currency": currency})


class IllegalTransition(Conflict):
    """A step that there is not, or not for whoever asks; ``allowed`` are those that are."""

    code = "illegal_transition"

    def __init__(self, present: str, target: str, allowed: Sequence[str]) -> None:
        super().__init__(f"From {present} to {target} is no step", extra={"allowed": list(allowed)})


class OrderClosed(Conflict):
    """Delivered or cancelled: nothing is assigned or sewn any more."""

    code = "order_closed"

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}")


class NoTailor(Conflict):
    """Work can't go on before somebody does it."""

    code = "no_tailor"
    message = "The order has no tailor"


class NotReturnable(Conflict):
    """Nothing of it has left the house, or all of it is back already."""

    code = "not_returnable"

    def __init__(self, status: str) -> None:
        super().__init__(f"Nothing comes back from an order that is {status}")


def not_in_order(item: Any) -> ItemError:
    """It was never sold with this order."""
    return ItemError(item, "Not in the order", "unknown_item")


def more_than_sold(item: Any, returnable: int) -> ItemError:
    """Of what was sold, only so much has not come back yet."""
    return ItemError(item, f"{returnable} can come back", "more_than_sold", {"returnable": returnable})


def no_such_worker(field: str, role: str) -> InvalidInput:
    """An order is assigned to somebody who does such work here."""
    what = f"must be the id of a {role} who is active"
    return InvalidInput(f"{field}: {what}", details={field: [what]})


# ------------------------------------------------------------------------------------------- payments


class PaymentNotFound(NotFound):
    """No such payment, or none of the asker's."""

    code = "unknown_payment"
    message = "Payment not found"


class UnknownProvider(InvalidInput):
    """Nobody of this name moves money for the shop."""

    code = "unknown_provider"

    def __init__(self, names: Sequence[str]) -> None:
        what = f"must be one of {', '.join(names)}"
        super().__init__(f"provider: {what}", details={"provider": [what]})


class NoWebhooks(NotFound):
    """Nobody of this name calls back."""

    code = "unknown_provider"
    message = "No such provider calls back here"


class WrongProvider(Conflict):
    """A payment of another provider is brought to its end in another way."""

    code = "wrong_provider"

    def __init__(self, wanted: str, present: str) -> None:
        super().__init__(f"That is for payments by {wanted}; this one is by {present}")


class SignatureMismatch(InvalidInput):
    """It was not signed by whom it says it is from."""

    code = "signature_mismatch"
    message = "The signature does not match"


class AmountMismatch(InvalidInput):
    """Something else was paid than was asked for."""

    code = "amount_mismatch"
    message = "The amount is not the payment's"


class OrderPaid(Conflict):
    """An order is paid once."""

    code = "order_paid"
    message = "The order has been paid"


class NothingToPay(Conflict):
    """An order that costs nothing."""

    code = "nothing_to_pay"
    message = "The order costs nothing"


class PaymentSettled(Conflict):
    """It has ended already, and otherwise."""

    code = "payment_settled"

    def __init__(self, status: str) -> None:
        super().__init__(f"The payment is {status}", extra={"status": status})


class NothingToRefund(Conflict):
    """Nothing has been paid by it, or all of it has gone back."""

    code = "not_refundable"

    def __init__(self, status: str) -> None:
        super().__init__(f"Nothing goes back of a payment that is {status}", extra={"status": status})


class RefundTooLarge(Conflict):
    """More than was paid and has not gone back yet; ``refundable`` is that."""

    code = "refund_too_large"

    def __init__(self, refundable: float, currency: str) -> None:
        text = f"At most {refundable} {currency} can go back"
        super().__init__(text, extra={"refundable": refundable, "currency": currency})


class ProviderUnavailable(Unreachable):
    """A provider does not answer. ``sent``: it may have heard us all the same."""

    code = "provider_unavailable"

    def __init__(self, provider: str, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(f"The payment provider {provider} can't be reached; try again")


class ProviderRefused(Conflict):
    """A provider has understood, and says no."""

    code = "provider_refused"

    def __init__(self, provider: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{provider}: {reason}", extra={"provider": provider})
