"""``/api/cart``: each request answers the whole cart."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from config.api.conditional import expected_match, not_modified, stamp
from config.api.private import PrivateAnswers
from config.api.reading import checked
from config.api.tags import tag_of
from config.api.views import ApiViewSet
from config.identity.callers import user_of
from orders import services
from orders.api.access import CustomersAndGuests
from orders.api.wishes import CartItemBody, QuantityBody, wish_of
from orders.cart_records import CartRecord
from orders.dialects import shop_cart
from orders.owners import CartOwner, new_cart_token
from orders.selectors import cart_of
from orders.services.cart_changes import Expectation

#: A guest's; the first answer hands it out, every later request brings it.
TOKEN = "X-Cart-Token"  # noqa: S105  the header's name
_FIRST_REFUSAL = 400


class CartViewSet(PrivateAnswers, ApiViewSet):
    """The cart of whoever calls."""

    permission_classes = (CustomersAndGuests,)
    vary_by = ("Authorization", TOKEN)
    #: Given to a guest who came without one.
    new_token: str | None = None

    def retrieve(self, request: Request) -> Response:
        cart = cart_of(self.owner)
        # Prices may fall without the cart having changed: only its content tells whether it is the same.
        return not_modified(request, etag=etag_of(cart)) or self.answer(cart)

    def add(self, request: Request) -> Response:  # noqa: ARG002  DRF's signature
        wish = wish_of(self.body(CartItemBody))
        return self.answer(services.add_item(owner=self.owner, wish=wish))

    def set_quantity(self, request: Request, item_id: str) -> Response:
        quantity = self.body(QuantityBody)["quantity"]
        cart = services.set_quantity(
            owner=self.owner, item_id=item_id, quantity=quantity, expect=_expectation(request)
        )
        return self.answer(cart)

    def remove(self, request: Request, item_id: str) -> Response:
        cart = services.remove_item(owner=self.owner, item_id=item_id, expect=_expectation(request))
        return self.answer(cart)

    def clear(self, request: Request) -> Response:
        return self.answer(services.clear(owner=self.owner, expect=_expectation(request)))

    # ------------------------------------------------------------------------------------- requests

    @property
    def owner(self) -> CartOwner:
        """Whose cart is meant. A guest's is merged when its token comes with a customer."""
        token, user = self.request.headers.get(TOKEN), user_of(self.request)
        if user is not None:
            if token:
                services.merge_guest_cart(token=token, user_id=user.pk)
            return CartOwner.customer(user.pk)
        if not token:
            token = self.new_token = new_cart_token()
        return CartOwner.guest(token)

    def body(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, checked. Raises DRF's ``ValidationError``, which names each place."""
        return checked(serializer, self.request.data)

    # -------------------------------------------------------------------------------------- answers

    def answer(self, cart: CartRecord) -> Response:
        return stamp(Response(shop_cart(cart)), etag=etag_of(cart), last_modified=cart.updated_at)

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.new_token is not None and final.status_code < _FIRST_REFUSAL:
            final[TOKEN] = self.new_token
        return final


def etag_of(cart: CartRecord) -> str:
    """A digest of all that the answer shows, but for the time."""
    return tag_of({**shop_cart(cart), "updatedAt": None})


def _expectation(request: Request) -> Expectation | None:
    """``If-Match``, judged under the cart's lock."""
    return expected_match(request, etag_of)
