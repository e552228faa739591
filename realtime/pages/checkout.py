"""Checking out: an order of what lies in the cart, once, at the total that its customer has seen.

The form bears the id of the order that it places, drawn when it was shown and signed for its customer.
Pressed twice, or sent again after a lost answer, it is that one order again (decision 0156).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.api.errors import status_of
from config.identity.models import Role, User
from config.kernel.errors import ConflictingItems, InvalidItems, StockwireError
from config.kernel.ids import new_id
from config.kernel.money import MAX_AMOUNT
from orders import services
from orders.cart_records import CartLine, CartRecord
from orders.dialects.options import stored_options
from orders.errors import CartEmpty, PriceChanged
from orders.models import Order
from orders.owners import CartOwner
from orders.providers import MANUAL, provider_names
from orders.selectors import cart_of
from realtime.pages.cart import heard_of
from realtime.pages.fields import TextField
from realtime.pages.page import Page
from realtime.pages.paying import begin_payment, is_to_pay, own_order
from realtime.pages.refusals import words_for
from realtime.templatetags.named import provider_name

_SALT = "stockwire.checkout"
_LONGEST_ADDRESS = 2000
_LONGEST_NOTES = 2000
_LONGEST_PHONE = 40


class CheckoutForm(forms.Form):
    address = TextField(
        label=gettext_lazy("Delivery address"),
        max_length=_LONGEST_ADDRESS,
        lines=3,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    phone = TextField(
        label=gettext_lazy("Phone"),
        max_length=_LONGEST_PHONE,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    notes = TextField(
        label=gettext_lazy("Notes for the shop (optional)"),
        max_length=_LONGEST_NOTES,
        required=False,
        lines=2,
    )
    payment = forms.ChoiceField(label=gettext_lazy("How to pay"), widget=forms.RadioSelect)
    #: What the page said that it costs. Of a form without it nobody knows what its customer has seen.
    total = forms.DecimalField(min_value=0, max_value=MAX_AMOUNT, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways: Any = self.fields["payment"]
        ways.choices = [(name, provider_name(name)) for name in provider_names()]


class Checkout(Page):
    """Where to, and how it is paid."""

    template_name = "shop/checkout.html"
    title = gettext_lazy("Checkout")
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.cart.lines:
            messages.info(request, _("Your cart is empty."))
            return self.go(reverse("cart"))
        return self._form(CheckoutForm(initial=_known_of(self.user)), order=_drawn(self.user))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        order_id = _read(request.POST.get("order", ""), self.user)
        if order_id and _is_placed(order_id, self.user):
            return self._placed(order_id)
        form = CheckoutForm(request.POST)
        if order_id is None or not form.is_valid():
            return self._form(
                form, order=request.POST["order"] if order_id else _drawn(self.user), status=400
            )
        try:
            services.place_order(
                customer=self.user, terms=_terms(form.cleaned_data), actor=self.actor, order_id=order_id
            )
        except StockwireError as refusal:
            # The same form may have been faster, in another request: then this is what it came to.
            if _is_placed(order_id, self.user):
                return self._placed(order_id)
            return self._refused(form, refusal)
        if form.cleaned_data["payment"] == MANUAL.name and form.cleaned_data["total"] > 0:
            self._note_payment(order_id)
        messages.success(request, _("Thank you! Your order has been placed."))
        return self._placed(order_id)

    def live_topics(self) -> tuple[str, ...]:
        return heard_of(self.cart)

    @cached_property
    def cart(self) -> CartRecord:
        """As it is when an answer is made of it."""
        return cart_of(CartOwner.customer(self.user.pk))

    # ------------------------------------------------------------------------------------------ answers

    def _placed(self, order_id: str) -> HttpResponse:
        order = own_order(order_id, actor=self.actor, role=self.role)
        return self.go(reverse("pay" if is_to_pay(order) else "order", args=[order_id]))

    def _note_payment(self, order_id: str) -> None:
        """What is paid by arrangement is in the staff's list from now on. Without it, they have the order."""
        begin_payment(order_id=order_id, provider=MANUAL.name, actor=self.actor, role=self.role)

    def _refused(self, form: CheckoutForm, refusal: StockwireError) -> HttpResponse:
        if isinstance(refusal, CartEmpty):
            # Which says so itself.
            return self.go(reverse("cart"))
        problems: dict[str, str] = {}
        if isinstance(refusal, ConflictingItems | InvalidItems):
            problems = _by_line(refusal.errors, self.cart.lines)
            form.add_error(None, _("Some of it can't be had as it stands; see below."))
        else:
            form.add_error(None, words_for(refusal))
        # What was refused is undone, so the order's id is still to be had.
        return self._form(
            form,
            order=self.request.POST["order"],
            status=status_of(refusal),
            problems=problems,
            price_changed=isinstance(refusal, PriceChanged),
        )

    def _form(self, form: CheckoutForm, *, order: str, status: int = 200, **more: Any) -> HttpResponse:
        problems: Mapping[str, str] = more.pop("problems", {})
        lines = [(line, problems.get(line.id, "")) for line in self.cart.lines]
        return self.show(form=form, order=order, cart=self.cart, lines=lines, status=status, **more)


class CheckoutSummary(Checkout):
    """The part that follows: lines and total."""

    template_name = "shop/parts/summary.html"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show(cart=self.cart, lines=[(line, "") for line in self.cart.lines])


# ------------------------------------------------------------------------------------- the order's id


def _drawn(user: User) -> str:
    return signing.dumps([user.pk, new_id("ord")], salt=_SALT)


def _read(signed: str, user: User) -> str | None:
    """The id that was drawn for this customer; ``None``: it is none of ours, or another's."""
    try:
        whose, order_id = signing.loads(signed, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(order_id) if whose == user.pk else None


def _is_placed(order_id: str, user: User) -> bool:
    return Order.objects.filter(id=order_id, user=user).exists()


# ------------------------------------------------------------------------------------------- the form


def _known_of(user: User) -> dict[str, str]:
    """Where this customer's last order went."""
    last = Order.objects.filter(user=user).order_by("-created_at", "-id")
    address, phone = last.values_list("shipping_address", "phone").first() or ("", "")
    return {"address": address, "phone": user.phone or phone, "payment": provider_names()[0]}


def _terms(said: Mapping[str, Any]) -> services.Terms:
    total: Decimal = said["total"]
    return services.Terms(
        shipping_address=said["address"],
        phone=said["phone"],
        notes=said["notes"],
        payment_method=said["payment"],
        total=total,
    )


def _by_line(errors: Sequence[Any], lines: Sequence[CartLine]) -> dict[str, str]:
    """What is wrong with each line, by its id."""
    found: dict[str, str] = {}
    for error in errors:
        sent = error.item if isinstance(error.item, Mapping) else {}
        for line in lines:
            if line.variant_id != sent.get("variantId"):
                continue
            # Want of stock is named once for a variant, for all lines that share it.
            if error.code == "out_of_stock" or dict(line.options) == stored_options(
                sent.get("options") or {}
            ):
                found[line.id] = words_for(error)
    return found
