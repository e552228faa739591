"""``/api/wishlist``: each request answers the whole wishlist of the customer who calls."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.dialects.customers import shop_wishlist
from catalog.records import WishlistRecord
from catalog.selectors.wishlists import wishlist_of
from catalog.services import WishlistExpectation, add_wish, remove_wish
from config.api.conditional import expected_match, not_modified, stamp
from config.api.fields import IdField
from config.api.private import PrivateAnswers
from config.api.reading import checked
from config.api.tags import tag_of
from config.api.views import ApiViewSet
from config.identity.callers import require_user
from config.identity.models import Role
from config.identity.permissions import may


class WishBody(serializers.Serializer[Any]):
    productId = IdField()  # noqa: N815  the contract's name


class WishlistViewSet(PrivateAnswers, ApiViewSet):
    """The caller's own, and nobody else's."""

    permission_classes = (may(roles=[Role.CUSTOMER]),)

    def retrieve(self, request: Request) -> Response:
        wishlist = wishlist_of(self.user_id)
        # As with carts: prices may fall without the wishlist having changed.
        return not_modified(request, etag=_etag_of(wishlist)) or _answer(wishlist)

    def add(self, request: Request) -> Response:
        wish = checked(WishBody, request.data)
        return _answer(add_wish(user_id=self.user_id, product_id=wish["productId"]))

    def remove(self, request: Request, product_id: str) -> Response:
        expect = _expectation(request)
        return _answer(remove_wish(user_id=self.user_id, product_id=product_id, expect=expect))

    @property
    def user_id(self) -> str:
        return require_user(self.request).pk


def _answer(wishlist: WishlistRecord) -> Response:
    response = Response(shop_wishlist(wishlist))
    return stamp(response, etag=_etag_of(wishlist), last_modified=wishlist.updated_at)


def _etag_of(wishlist: WishlistRecord) -> str:
    """A digest of all that the answer shows, but for the time."""
    return tag_of({**shop_wishlist(wishlist), "updatedAt": None})


def _expectation(request: Request) -> WishlistExpectation | None:
    """``If-Match``, judged under the wishlist's lock."""
    return expected_match(request, _etag_of)
