"""Refusals in the visitor's language, by their codes. REST says them in English (the apps' `errors`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from config.kernel.errors import ItemError, StockwireError
from realtime.templatetags.shop import money

_WORDS: dict[str, str | Promise] = {
    "not_found": _("There is no such page, or it is not yours to see."),
    "not_permitted": _("This is not for your account."),
    "not_authenticated": _("Sign in first."),
    "unknown_order": _("There is no such order, or it is not yours."),
    "unknown_item": _("This is no longer in your cart."),
    "unknown_product": _("This product is no longer there."),
    "unknown_variant": _("This choice is no longer there."),
    "ambiguous_variant": _("Choose a size or colour first."),
    "unknown_option": _("This choice is no longer there."),
    "not_for_sale": _("Not sold at the moment."),
    "no_price": _("It has no price at the moment."),
    "cart_full": _("The cart is full."),
    "cart_empty": _("Your cart is empty."),
    "illegal_transition": _("That is no longer possible: the order has gone on meanwhile."),
    "order_closed": _("The order is closed."),
    "order_paid": _("The order has been paid."),
    "nothing_to_pay": _("The order costs nothing."),
    "payment_settled": _("This payment has ended already."),
    "provider_unavailable": _("The payment provider can't be reached. Nothing was taken; try again."),
    "provider_refused": _("The payment provider has refused. Choose another way to pay."),
    "in_progress": _("This is being done at this moment. Look again in a minute."),
    "not_wished": _("This is no longer in your wishlist."),
    "not_understood": _("That could not be understood. Try it again from the page."),
    "unknown_notification": _("There is no such notification, or it is not yours."),
    "no_tailor": _("Nobody sews this order at the moment."),
    "wishlist_full": _("The wishlist is full."),
    "chat_closed": _("This chat is closed. Open a new one."),
    "unknown_chat": _("There is no such chat, or it is not yours."),
    "no_open_chat": _("Open a chat first."),
    "idempotency_key_reused": _(
        "This was sent before, in other words. Look above, and send it again if need be."
    ),
    "email_taken": _("Another user has this e-mail address."),
    "wrong_password": _("That is not your present password."),
    "rate_limited": _("Too many attempts. Wait a while and try again."),
}


def words_for(refusal: StockwireError | ItemError) -> str:
    """What a person is told of it; of what has no words here, the services' own."""
    said = _COUNTED.get(refusal.code)
    if said is not None and (text := said(refusal.extra)):
        return text
    return str(_WORDS.get(refusal.code, refusal.message))


def _price_changed(extra: Mapping[str, Any]) -> str:
    total = money(Decimal(str(extra["totalPrice"])), extra["currency"])
    return str(_("The total is %(total)s now. Look through it, and order again if it suits you.")) % {
        "total": total
    }


def _left(extra: Mapping[str, Any]) -> str:
    left = extra.get("available", 0)
    if left <= 0:
        return str(_("Sold out."))
    return ngettext("Only %(left)d left.", "Only %(left)d left.", left) % {"left": left}


def _left_in_sale(extra: Mapping[str, Any]) -> str:
    left = extra.get("available", 0)
    if left <= 0:
        return str(_("No more at the sale price."))
    return ngettext("Only %(left)d at the sale price.", "Only %(left)d at the sale price.", left) % {
        "left": left
    }


_COUNTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "price_changed": _price_changed,
    "out_of_stock": _left,
    "flash_sale_limit": _left_in_sale,
}
