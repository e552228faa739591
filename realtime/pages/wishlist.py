"""The wishlist: what a customer would like to have."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.errors import NotWished
from catalog.selectors.wishlists import wishlist_of
from catalog.services import add_wish, remove_wish
from config.api.errors import status_of
from config.identity.models import Role
from config.kernel.errors import InvalidInput, StockwireError
from config.kernel.ids import MAX_ID_LENGTH
from realtime.pages.page import Page
from realtime.pages.refusals import words_for


class WishForm(forms.Form):
    productId = forms.CharField(max_length=MAX_ID_LENGTH)  # noqa: N815  the field's name in the page


class WishlistPage(Page):
    """The list, which follows."""

    template_name = "shop/wishlist.html"
    title = gettext_lazy("Wishlist")
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show_wishlist()

    def show_wishlist(self, refusal: StockwireError | None = None) -> HttpResponse:
        return self.show(
            template="shop/parts/wishes.html" if self.wants_part else None,
            wishlist=wishlist_of(self.user.pk),
            problem=words_for(refusal) if refusal else "",
            status=status_of(refusal) if refusal else 200,
        )

    def show_button(
        self, product_id: str, *, is_wished: bool, refusal: StockwireError | None = None
    ) -> HttpResponse:
        """The part of a product's page that was pressed, as it is now."""
        return self.show(
            template="shop/parts/wish.html",
            product={"id": product_id},
            is_wished=is_wished,
            problem=words_for(refusal) if refusal else "",
            status=status_of(refusal) if refusal else 200,
        )


class AddWish(WishlistPage):
    """One more wish, from a product's page."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = WishForm(request.POST)
        product_id = request.POST.get("productId", "")
        try:
            if not form.is_valid():
                raise InvalidInput(code="not_understood")
            add_wish(user_id=self.user.pk, product_id=product_id)
        except StockwireError as refusal:
            return self._button(product_id, refusal) if self.wants_part else self.show_wishlist(refusal)
        if self.wants_part:
            return self._button(product_id)
        messages.success(request, _("It is in your wishlist."))
        return self.go(reverse("wishlist"))

    def _button(self, product_id: str, refusal: StockwireError | None = None) -> HttpResponse:
        return self.show_button(product_id, is_wished=refusal is None, refusal=refusal)


class RemoveWish(WishlistPage):
    """One wish less, from the list or from a product's page."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, product_id: str) -> HttpResponseBase:  # noqa: ARG002  as above
        try:
            if not product_id.isprintable():
                raise InvalidInput(code="not_understood")
            remove_wish(user_id=self.user.pk, product_id=product_id)
        except NotWished as refusal:
            # Taken off in another window: the button has what was wanted, the list says so.
            if not self._is_at_the_product:
                return self.show_wishlist(refusal)
        except StockwireError as refusal:
            return self.show_wishlist(refusal)
        if self._is_at_the_product:
            return self.show_button(product_id, is_wished=False)
        return self.show_wishlist() if self.wants_part else self.go(reverse("wishlist"))

    @property
    def _is_at_the_product(self) -> bool:
        return self.wants_part and self.request.POST.get("on") == "product"
