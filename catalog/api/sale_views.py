"""``/api/flash-sales``: anyone reads, staff write."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.access import ProductApiView
from catalog.api.places import places_renamed
from catalog.api.sale_serializers import FlashSaleSerializer, place_in_sale, sale_draft
from catalog.dialects import shop_sale
from catalog.errors import FlashSaleNotFound
from catalog.models import FlashSale
from catalog.sale_records import SaleRecord
from catalog.selectors import current_sales, sale_record, sale_records
from catalog.services import (
    SaleDraft,
    SaleExpectation,
    change_flash_sale,
    create_flash_sale,
    end_flash_sale,
)
from config.api.conditional import not_modified, require_match, stamp
from config.api.idempotency import answer_once
from config.api.paging import paginate
from config.identity.models import Role
from config.identity.permissions import may

_DEFAULT_LIMIT = 50


class _SaleView(ProductApiView):
    writers = may(roles=(Role.ADMIN,), duty="catalog.change_flashsale")


class FlashSalesView(_SaleView):
    """The sales that run and those that are coming, and a new one."""

    def get(self, request: Request) -> Response:
        rows = current_sales().values("id", "starts_at")
        page = paginate(request, rows, order=["starts_at", "id"], default_limit=_DEFAULT_LIMIT)
        # Only ids are paged; the sales are read behind them, in one query. One that ends in between is shown
        # as it is then.
        ids = [row["id"] for row in page.items]
        found = {record.id: record for record in sale_records(FlashSale.objects.filter(id__in=ids))}
        response = Response([shop_sale(found[id_]) for id_ in ids if id_ in found])
        if page.link is not None:
            response["Link"] = page.link
        return response

    def post(self, request: Request) -> HttpResponseBase:
        def effect() -> Response:
            draft = _draft(request)
            with places_renamed(place_in_sale):
                record = create_flash_sale(draft=draft)
            response = _answer(record, status=201)
            response["Location"] = f"/api/flash-sales/{record.id}"
            return response

        return answer_once(request, endpoint="flash_sales.create", effect=effect)


class FlashSaleView(_SaleView):
    """One sale, also one that is over."""

    def get(self, request: Request, sale_id: str) -> Response:
        record = sale_record(sale_id)
        if record is None:
            raise FlashSaleNotFound
        known = not_modified(request, etag=record.etag, last_modified=record.last_modified)
        return known or _answer(record)

    def put(self, request: Request, sale_id: str) -> Response:
        draft = _draft(request)
        with places_renamed(place_in_sale):
            record = change_flash_sale(sale_id=sale_id, draft=draft, expect=_expectation(request))
        return _answer(record)

    def delete(self, request: Request, sale_id: str) -> Response:
        end_flash_sale(sale_id=sale_id, expect=_expectation(request))
        return Response(status=204)


def _draft(request: Request) -> SaleDraft:
    return sale_draft(FlashSaleSerializer().run_validation(request.data))


def _expectation(request: Request) -> SaleExpectation:
    def expect(record: SaleRecord) -> None:
        require_match(request, etag=record.etag)

    return expect


def _answer(record: SaleRecord, *, status: int = 200) -> Response:
    response = Response(shop_sale(record), status=status)
    return stamp(response, etag=record.etag, last_modified=record.last_modified)
