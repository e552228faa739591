"""The wishlist: what a customer would like to have."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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


class AddWish(WishlistPage):
    """One more wish, from a product's page."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = WishForm(request.POST)
        try:
            if not form.is_valid():
                raise InvalidInput(code="not_understood")
            add_wish(user_id=self.user.pk, product_id=form.cleaned_data["productId"])
        except StockwireError as refusal:
            if not self.wants_part:
                return self.show_wishlist(refusal)
            return self.show(
                template="shop/parts/refusal.html", problem=words_for(refusal), status=status_of(refusal)
            )
        if self.wants_part:
            return self.show(template="shop/parts/wished.html")
        messages.success(request, _("It is in your wishlist."))
        return self.go(reverse("wishlist"))


class RemoveWish(WishlistPage):
    """One wish less."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, product_id: str) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        try:
            if not product_id.isprintable():
                raise InvalidInput(code="not_understood")
            remove_wish(user_id=self.user.pk, product_id=product_id)
        except StockwireError as refusal:
            return self.show_wishlist(refusal)
        return self.show_wishlist() if self.wants_part else self.go(reverse("wishlist"))
