"""``/api/products``: the shop dialect."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.access import ProductApiView, ShopWriters, expectation, require_stamp, shown_or_404
from catalog.api.lists import answer_list, flag_parameter, text_parameter
from catalog.api.places import places_renamed
from catalog.api.shop_serializers import ShopProductSerializer
from catalog.api.shop_writes import ShopWrite
from catalog.dialects import shop_product
from catalog.dialects.customers import review_in_product
from catalog.dialects.shop import shop_currency
from catalog.errors import invalid
from catalog.selectors import SORTS, ShopFilter, Shown, featured_listing, products_shown, shop_listing
from catalog.selectors.reviews import newest_reviews
from catalog.services import archive_product, change_product, create_product, hold_product
from config.api.conditional import not_modified, stamp
from config.api.idempotency import answer_once
from config.identity.callers import actor_of
from config.kernel.transactions import in_transaction

#: More digits than any amount has.
_AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20}")


class ShopProductsView(ProductApiView):
    """The shop's products, and a new one."""

    writers = ShopWriters

    def get(self, request: Request) -> HttpResponseBase:
        # What a search finds, it looks for before it says which products that are.
        is_fixed = "search" not in request.query_params
        return answer_list(
            request, lambda: shop_listing(_filter(request)), show=_shown, is_fixed=is_fixed, on_sale=True
        )

    def post(self, request: Request) -> HttpResponseBase:
        return answer_once(request, endpoint="shop.products.create", effect=lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        data, sent = _body(request)

        def create() -> Response:
            write = ShopWrite(data, sent, None)
            with places_renamed(write.place):
                product_id = create_product(draft=write.draft(), actor=actor_of(request))
            response = answer_shop_product(product_id, status=201)
            response["Location"] = f"/api/products/{product_id}"
            return response

        return in_transaction(create)


class FeaturedProductsView(ProductApiView):
    """What the shop puts in its window."""

    writers = ShopWriters

    def get(self, request: Request) -> Response:  # noqa: ARG002  DRF's signature
        ids = featured_listing().values_list("id", flat=True)
        return Response([_shown(shown) for shown in products_shown(ids, on_sale=True)])


class ShopProductView(ProductApiView):
    """One product."""

    writers = ShopWriters

    def get(self, request: Request, product_id: str) -> Response:
        present = require_stamp(product_id, on_sale=True)
        known = not_modified(request, etag=present.etag, last_modified=present.last_modified)
        return known or answer_shop_product(product_id)

    def put(self, request: Request, product_id: str) -> Response:
        require_stamp(product_id)
        data, sent = _body(request)

        def change() -> Response:
            # What a body means depends on what is there, so that must be what the write will meet.
            write = ShopWrite(data, sent, hold_product(product_id=product_id))
            with places_renamed(write.place):
                change_product(
                    product_id=product_id,
                    draft=write.draft(),
                    actor=actor_of(request),
                    expect=expectation(request, on_sale=product_id),
                )
            return answer_shop_product(product_id)

        return in_transaction(change)

    def patch(self, request: Request, product_id: str) -> Response:
        return self.put(request, product_id)

    def delete(self, request: Request, product_id: str) -> Response:
        archived = archive_product(product_id=product_id, expect=expectation(request, on_sale=product_id))
        product = shop_product(archived.record, archived.figures, sale=archived.sale)
        return Response({"message": "Product deleted successfully", "product": product})


def answer_shop_product(product_id: str, *, status: int = 200) -> Response:
    """The product as it stands, with its validators. After a write: inside of the write's transaction,
    so that it is what that write made of it, whoever waits to change or delete it next.
    """
    shown = shown_or_404(product_id, on_sale=True)
    # Only a single product carries its newest reviews.
    reviews = [review_in_product(review) for review in newest_reviews(product_id)]
    response = Response({**_shown(shown), "reviews": reviews}, status=status)
    return stamp(response, etag=shown.stamp.etag, last_modified=shown.stamp.last_modified)


def _shown(shown: Shown) -> dict[str, Any]:
    return shop_product(shown.record, shown.figures, sale=shown.sale)


def _body(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body, validated and as it was sent."""
    sent: Any = request.data
    return ShopProductSerializer().run_validation(sent), sent


def _filter(request: Request) -> ShopFilter:
    sort = text_parameter(request, "sort")
    if sort and sort not in SORTS:
        raise invalid("sort", f"must be one of {', '.join(SORTS)}")
    return ShopFilter(
        currency=shop_currency(),
        category=text_parameter(request, "category"),
        subcategory=text_parameter(request, "subcategory"),
        search=text_parameter(request, "search").strip(),
        in_stock=flag_parameter(request, "inStock"),
        featured=flag_parameter(request, "featured"),
        least_price=_amount_parameter(request, "minPrice"),
        most_price=_amount_parameter(request, "maxPrice"),
        sort=sort,
    )


def _amount_parameter(request: Request, name: str) -> Decimal | None:
    text = text_parameter(request, name)
    if not text:
        return None
    # `Decimal` takes more than anyone writes: exponents of any size, digits of other scripts.
    if not _AMOUNT.fullmatch(text):
        raise invalid(name, "must be a number of at least 0, such as 99.5")
    return Decimal(text)
