"""The cart: looked at, filled and emptied. A customer's follows on all their devices, a guest's in all tabs.

Whoever is refused something sees the cart as it is, with the reason above it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.api.errors import status_of
from config.api.fields import MAX_QUANTITY
from config.kernel.errors import InvalidInput, StockwireError
from config.kernel.ids import MAX_ID_LENGTH
from inventory.selectors.items import Item
from orders import services
from orders.cart_records import CartRecord
from orders.dialects.options import stored_options
from orders.selectors import cart_of
from orders.wishes import Wish
from realtime.pages.page import Page
from realtime.pages.refusals import words_for
from realtime.pages.shopper import keep_cart_token, owner_for_writing

#: An option's choice comes in a field of its own: `option_flavors`.
_OPTION = "option_"
_MOST_OPTIONS = 20
_LONGEST_CHOICE = 200
#: A page that shows more than these does not hear of each product's price by itself.
MOST_PRODUCTS_HEARD = 100


class AddForm(forms.Form):
    """What the product's page sends."""

    productId = forms.CharField(max_length=MAX_ID_LENGTH)  # noqa: N815  the field's name in the page
    variantId = forms.CharField(max_length=MAX_ID_LENGTH, required=False)  # noqa: N815  as above
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)


class QuantityForm(forms.Form):
    """``to`` is what the buttons beside the field say; 0 takes the line out."""

    quantity = forms.IntegerField(min_value=0, max_value=MAX_QUANTITY, required=False)
    to = forms.IntegerField(min_value=0, max_value=MAX_QUANTITY, required=False)

    @property
    def wanted(self) -> int | None:
        to = self.cleaned_data.get("to")
        found: int | None = self.cleaned_data.get("quantity") if to is None else to
        return found


class CartPage(Page):
    """The whole page; what changes in it is ``CartLines``."""

    template_name = "shop/cart.html"
    title = gettext_lazy("Cart")

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show_cart()

    def live_topics(self) -> tuple[str, ...]:
        return heard_of(self.cart)

    @cached_property
    def cart(self) -> CartRecord | None:
        """As it is when an answer is made of it; ``None``: nobody's yet."""
        owner = self.shopper.cart
        return cart_of(owner) if owner else None

    def show_cart(self, refusal: StockwireError | None = None) -> HttpResponse:
        return self.show(
            template="shop/parts/cart_lines.html" if self.wants_part else None,
            status=status_of(refusal) if refusal else 200,
            cart=self.cart,
            problem=words_for(refusal) if refusal else "",
        )

    def tell_guest(self, response: HttpResponse) -> HttpResponse:
        """Whoever is not signed in hears nothing of it on a socket: the page is told by its own answer, and
        tells the other tabs (`tabs.js`).
        """
        if not self.shopper.is_customer:
            response["HX-Trigger"] = "cart-changed"
        return response


class CartLines(CartPage):
    """The part that follows."""

    template_name = "shop/parts/cart_lines.html"


class AddItem(CartPage):
    """Something is put in, from a product's page or a wishlist."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        owner, token = owner_for_writing(self.shopper)
        try:
            wish = _wish(request)
            record = services.add_item(owner=owner, wish=wish)
        except StockwireError as refusal:
            if self.wants_part:
                return self.show(
                    template="shop/parts/added.html", status=status_of(refusal), problem=words_for(refusal)
                )
            return self.show_cart(refusal)
        name = next((line.name for line in record.lines if line.product_id == wish.item.product_id), "")
        response = self._added(name)
        if token:
            keep_cart_token(request, response, token)
        return response

    def _added(self, name: str) -> HttpResponse:
        if not self.wants_part:
            messages.success(self.request, _("%(name)s is in your cart.") % {"name": name})
            return self.go(reverse("cart"))
        return self.tell_guest(self.show(template="shop/parts/added.html", name=name))


class _LineChange(CartPage):
    """Something is done to one line."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, item_id: str) -> HttpResponseBase:
        try:
            self.change(request, item_id)
        except StockwireError as refusal:
            return self.show_cart(refusal)
        if not self.wants_part:
            return self.go(reverse("cart"))
        return self.tell_guest(self.show_cart())

    def change(self, request: HttpRequest, item_id: str) -> None:
        raise NotImplementedError


class ChangeQuantity(_LineChange):
    """So many units of it, or none."""

    def change(self, request: HttpRequest, item_id: str) -> None:
        form = QuantityForm(request.POST)
        wanted = form.wanted if form.is_valid() else None
        if wanted is None:
            raise InvalidInput(
                _("Give a number of units, %(most)d at most.") % {"most": MAX_QUANTITY}, code="quantity"
            )
        owner, _token = owner_for_writing(self.shopper)
        if wanted:
            services.set_quantity(owner=owner, item_id=item_id, quantity=wanted)
        else:
            services.remove_item(owner=owner, item_id=item_id)


class RemoveItem(_LineChange):
    """All of it."""

    def change(self, request: HttpRequest, item_id: str) -> None:  # noqa: ARG002  as the other
        owner, _token = owner_for_writing(self.shopper)
        services.remove_item(owner=owner, item_id=item_id)


def heard_of(cart: CartRecord | None) -> tuple[str, ...]:
    """What tells that a price or the stock of something in the cart has changed."""
    products = list(dict.fromkeys(line.product_id for line in cart.lines)) if cart else []
    topics = [f"product:{product_id}" for product_id in products[:MOST_PRODUCTS_HEARD]]
    return (*topics, *(("flash_sales",) if topics else ()))


def _wish(request: HttpRequest) -> Wish:
    form = AddForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Choose what you want, and how many of it."), code="not_understood")
    said: dict[str, Any] = form.cleaned_data
    return Wish(
        item=Item(
            sent={"productId": said["productId"], "variantId": said["variantId"] or None},
            product_id=said["productId"],
            variant_id=said["variantId"] or None,
        ),
        quantity=said["quantity"] or 1,
        options=stored_options(_choices(request)),
    )


def _choices(request: HttpRequest) -> dict[str, str]:
    chosen = {
        name.removeprefix(_OPTION): value for name, value in request.POST.items() if name.startswith(_OPTION)
    }
    texts = [*chosen, *chosen.values()]
    if len(chosen) > _MOST_OPTIONS or any(len(text) > _LONGEST_CHOICE or "\0" in text for text in texts):
        raise InvalidInput(_("Choose what you want, and how many of it."), code="not_understood")
    return {name: str(value) for name, value in chosen.items()}
