"""``/products``: the catalog dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.access import ProductApiView, expectation, require_stamp, shown_or_404
from catalog.api.catalog_serializers import (
    NamedProductSerializer,
    NewProductSerializer,
    ProductPartSerializer,
    WholeProductSerializer,
    draft_of,
    place_in_catalog,
)
from catalog.api.lists import answer_list, text_parameter
from catalog.api.places import places_renamed, renamed
from catalog.dialects import catalog_product
from catalog.errors import invalid
from catalog.selectors import Listing, Shown, catalog_listing
from catalog.services import (
    Outcome,
    ProductChange,
    ProductDraft,
    archive_product,
    archive_products,
    change_product,
    change_products,
    create_product,
    create_products,
)
from config.api.conditional import not_modified, stamp
from config.api.errors import place_message
from config.api.idempotency import answer_once
from config.api.json import refuse_nul
from config.api.views import BATCH_BODY
from config.identity.callers import actor_of
from config.kernel.clock import parse_iso
from config.kernel.errors import InvalidInput
from config.kernel.transactions import in_transaction

MAX_BATCH = 1000


class ProductsView(ProductApiView):
    """All products, and a new one."""

    def get(self, request: Request) -> HttpResponseBase:
        return answer_list(request, lambda: _listing(request), show=_shown)

    def post(self, request: Request) -> HttpResponseBase:
        return answer_once(request, endpoint="products.create", effect=lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        draft = draft_of(NewProductSerializer().run_validation(request.data))

        def write() -> Response:
            with places_renamed(place_in_catalog):
                product_id = create_product(draft=draft, actor=actor_of(request))
            response = answer_product(product_id, status=201)
            response["Location"] = f"/products/{product_id}"
            return response

        return in_transaction(write)


class ProductView(ProductApiView):
    """One product."""

    def get(self, request: Request, product_id: str) -> Response:
        present = require_stamp(product_id)
        known = not_modified(request, etag=present.etag, last_modified=present.last_modified)
        return known or answer_product(product_id)

    def put(self, request: Request, product_id: str) -> Response:
        return self._change(request, product_id, WholeProductSerializer())

    def patch(self, request: Request, product_id: str) -> Response:
        return self._change(request, product_id, ProductPartSerializer())

    def delete(self, request: Request, product_id: str) -> Response:
        archive_product(product_id=product_id, expect=expectation(request))
        return Response(status=204)

    def _change(self, request: Request, product_id: str, serializer: serializers.Serializer[Any]) -> Response:
        require_stamp(product_id)
        draft = draft_of(serializer.run_validation(request.data))

        def write() -> Response:
            with places_renamed(place_in_catalog):
                change_product(
                    product_id=product_id, draft=draft, actor=actor_of(request), expect=expectation(request)
                )
            return answer_product(product_id)

        return in_transaction(write)


class ProductBatchView(ProductApiView):
    """Up to a thousand products at once, each answered for itself."""

    max_body = BATCH_BODY
    nul_refused = False

    def post(self, request: Request) -> HttpResponseBase:
        return answer_once(request, endpoint="products.create_batch", effect=lambda: self._create(request))

    def put(self, request: Request) -> Response:
        items = batch_items(request)
        results: list[dict[str, Any] | None] = [None] * len(items)
        changes: list[tuple[int, ProductChange]] = []
        serializer = NamedProductSerializer()
        for at, item in enumerate(items):
            try:
                data = _validated(item, serializer)
            except InvalidInput as refusal:
                results[at] = _failed(item, refusal.message)
            else:
                changes.append((at, ProductChange(product_id=data["id"], draft=draft_of(data))))
        outcomes = change_products(changes=[change for _, change in changes], actor=actor_of(request))
        for (at, _), outcome in zip(changes, outcomes, strict=True):
            results[at] = _result(outcome)
        return Response(results)

    def delete(self, request: Request) -> Response:
        items = batch_items(request)
        ids = [item for item in items if _is_id(item)]
        outcomes = iter(archive_products(product_ids=ids))
        results = [
            _result(next(outcomes)) if _is_id(item) else _failed(item, "must be a product's id")
            for item in items
        ]
        return Response(results)

    def _create(self, request: Request) -> Response:
        items = batch_items(request)
        results: list[dict[str, Any] | None] = [None] * len(items)
        drafts: list[tuple[int, ProductDraft]] = []
        serializer = NewProductSerializer()
        for at, item in enumerate(items):
            try:
                drafts.append((at, draft_of(_validated(item, serializer))))
            except InvalidInput as refusal:
                results[at] = _failed(item, refusal.message)
        outcomes = create_products(drafts=[draft for _, draft in drafts], actor=actor_of(request))
        for (at, _), outcome in zip(drafts, outcomes, strict=True):
            results[at] = _result(outcome)
        return Response(results, status=201)


def answer_product(product_id: str, *, status: int = 200) -> Response:
    """The product as it stands, with its validators. After a write: inside of the write's transaction,
    so that it is what that write made of it, whoever waits to change or delete it next.
    """
    shown = shown_or_404(product_id)
    response = Response(_shown(shown), status=status)
    return stamp(response, etag=shown.stamp.etag, last_modified=shown.stamp.last_modified)


def batch_items(request: Request) -> Sequence[Any]:
    """The body of a batch. Raises ``InvalidInput`` for what is no array, or too long a one."""
    items = request.data
    if not isinstance(items, list):
        raise InvalidInput("The body must be an array", code="not_an_array")
    if len(items) > MAX_BATCH:
        raise InvalidInput(f"A batch has at most {MAX_BATCH} items, not {len(items)}", code="too_many_items")
    return items


def _listing(request: Request) -> Listing:
    since = text_parameter(request, "updated_since")
    try:
        updated_since = parse_iso(since) if since else None
    except ValueError as error:
        raise invalid("updated_since", "must be an ISO 8601 date and time") from error
    return catalog_listing(
        updated_since=updated_since,
        market=text_parameter(request, "market"),
        sku=text_parameter(request, "sku"),
    )


def _validated(item: Any, serializer: serializers.Serializer[Any]) -> Any:
    """One item of a batch. Raises ``InvalidInput`` for whatever is wrong with it."""
    refuse_nul(item)
    try:
        return serializer.run_validation(item)
    except serializers.ValidationError as error:
        raise InvalidInput(place_message(error.detail)) from error


def _is_id(item: Any) -> TypeGuard[str]:
    return isinstance(item, str) and "\0" not in item


def _shown(shown: Shown) -> dict[str, Any]:
    return catalog_product(shown.record, shown.figures, version=shown.version)


def _result(outcome: Outcome) -> dict[str, Any]:
    if outcome.refusal is None:
        return {"success": True, "id": outcome.product_id, "error": ""}
    refusal = renamed(outcome.refusal, place_in_catalog)
    return {"success": False, "id": outcome.product_id, "error": refusal.message}


def _failed(item: Any, error: str) -> dict[str, Any]:
    sent = item.get("id") if isinstance(item, dict) else item
    return {"success": False, "id": sent if isinstance(sent, str) else "", "error": error}
