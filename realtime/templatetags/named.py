"""What machine words are called in the visitor's language: statuses, ways to pay, attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from orders.dialects.options import shown_options
from orders.flow import Status
from orders.order_records import OrderRecord
from orders.payment_records import OPEN
from realtime.templatetags.shop import money

register = template.Library()

_ORDER: Mapping[str, Promise] = {
    "pending": pgettext_lazy("order", "Received"),
    "processing": pgettext_lazy("order", "In the making"),
    "shipped": pgettext_lazy("order", "On its way"),
    "delivered": pgettext_lazy("order", "Delivered"),
    "cancelled": pgettext_lazy("order", "Cancelled"),
}
_STEP: Mapping[str, Promise] = {
    "processing": pgettext_lazy("step", "Begin"),
    "shipped": pgettext_lazy("step", "Send"),
    "delivered": pgettext_lazy("step", "Delivered"),
    "cancelled": pgettext_lazy("step", "Cancel"),
}
_TAILOR: Mapping[str, Promise] = {
    "assigned": pgettext_lazy("tailor", "With the tailor"),
    "measuring": pgettext_lazy("tailor", "Measuring"),
    "cutting": pgettext_lazy("tailor", "Cutting"),
    "stitching": pgettext_lazy("tailor", "Stitching"),
    "ready": pgettext_lazy("tailor", "Ready"),
}
_PAYMENT: Mapping[str, Promise] = {
    "pending": pgettext_lazy("payment", "Not paid yet"),
    "completed": pgettext_lazy("payment", "Paid"),
    "failed": pgettext_lazy("payment", "Payment failed"),
    "partially_refunded": pgettext_lazy("payment", "Partly refunded"),
    "refunded": pgettext_lazy("payment", "Refunded"),
}
_PROVIDER: Mapping[str, Promise | str] = {
    "cod": _("Cash on delivery"),
    "manual": _("By arrangement with the shop"),
    "fake": _("Pretend payment (demo)"),
    "razorpay": "Razorpay",
    "stripe": "Stripe",
}
_CHAT: Mapping[str, Promise] = {
    "open": pgettext_lazy("chat", "Open"),
    "claimed": pgettext_lazy("chat", "Somebody looks after it"),
    "closed": pgettext_lazy("chat", "Closed"),
}
_PRIORITY: Mapping[str, Promise] = {
    "low": pgettext_lazy("priority", "It can wait"),
    "normal": pgettext_lazy("priority", "Normal"),
    "medium": pgettext_lazy("priority", "Normal"),
    "high": pgettext_lazy("priority", "Important"),
    "urgent": pgettext_lazy("priority", "Urgent"),
}
_TRAIT: Mapping[str, Promise] = {
    "size": _("Size"),
    "color": _("Colour"),
    "material": _("Material"),
    "flavor": _("Flavour"),
    "eggOption": _("Made"),
}
#: What notifications are headed, in the log's English.
_HEADING: Mapping[str, Promise] = {
    "Order received": _("Order received"),
    "Order processing": _("Order in the making"),
    "Order shipped": _("Order on its way"),
    "Order delivered": _("Order delivered"),
    "Order cancelled": _("Order cancelled"),
    "Payment received": _("Payment received"),
    "Payment failed": _("Payment failed"),
    "Payment refunded": _("Payment refunded"),
    "Support has answered": _("Support has answered"),
}
_SAID: Mapping[str, Promise] = {
    "Your order has been received!": _("Your order has been received!"),
    "Order status updated to: processing": _("Your order is being made ready."),
    "Order status updated to: shipped": _("Your order is on its way to you."),
    "Order status updated to: delivered": _("Your order has been delivered."),
    "Order status updated to: cancelled": _("Your order has been cancelled."),
}
#: Those that bear an amount, as the log writes it.
_OF_MONEY: tuple[tuple[re.Pattern[str], Promise], ...] = tuple(
    (
        re.compile(
            said.format(amount=r"(?P<amount>\d+(?:\.\d+)?) (?P<currency>[A-Z]{3})", number=r"(?P<number>\S+)")
        ),
        words,
    )
    for said, words in (
        (
            "Your payment of {amount} for {number} has been received",
            _("Your payment of %(amount)s for %(number)s has been received."),
        ),
        (
            "Your payment of {amount} for {number} did not go through",
            _("Your payment of %(amount)s for %(number)s did not go through."),
        ),
        (
            "{amount} of your payment for {number} have been refunded",
            _("%(amount)s of your payment for %(number)s have been refunded."),
        ),
    )
)


def _named(names: Mapping[str, Promise | str], word: str) -> str:
    """A word that nobody has named stays as it is."""
    return str(names.get(word, word))


@register.filter
def order_status(word: str) -> str:
    return _named(_ORDER, word)


@register.filter
def order_step(word: str) -> str:
    """What whoever takes the step to this status does."""
    return _named(_STEP, word)


@register.filter
def tailor_status(word: str) -> str:
    return _named(_TAILOR, word)


@register.filter
def payment_status(word: str) -> str:
    return _named(_PAYMENT, word)


@register.filter
def payment_words(order: OrderRecord) -> str:
    """How far an order's payment is. What costs nothing, or was cancelled before it was paid, awaits none."""
    owes = order.total > 0 and order.status != Status.CANCELLED
    if owes or order.payment_status not in OPEN:
        return payment_status(order.payment_status)
    return gettext("Nothing to pay")


@register.filter
def provider_name(word: str) -> str:
    return _named(_PROVIDER, word)


@register.filter
def chat_status(word: str) -> str:
    return _named(_CHAT, word)


@register.filter
def chat_priority(word: str) -> str:
    return _named(_PRIORITY, word)


@register.filter
def heading(words: str) -> str:
    """A notification's title."""
    return _named(_HEADING, words)


@register.filter
def told(words: str) -> str:
    """A notification's message. What staff wrote stays as it is."""
    for pattern, text in _OF_MONEY:
        if found := pattern.fullmatch(words):
            amount = money(Decimal(found["amount"]), found["currency"])
            return str(text) % {"amount": amount, "number": found["number"]}
    return _named(_SAID, words)


@register.filter
def traits(line: object) -> list[tuple[str, str]]:
    """What a line of a cart or an order was chosen by, attributes first: name and value."""
    attributes: Mapping[str, str] = getattr(line, "attributes", {})
    options: Mapping[str, str] = getattr(line, "options", {})
    named = [*attributes.items(), *shown_options(options).items()]
    return [
        (_named(_TRAIT, name) if name in _TRAIT else name.capitalize(), value)
        for name, value in named
        if value
    ]


@register.filter
def own_image(address: str) -> str:
    """An image of our own server; others are not loaded (decision 0050), and a tile takes their place."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""


@register.filter
def initials(name: str) -> str:
    """What stands on that tile."""
    return "".join(word[0] for word in name.split()[:2]).upper()
