"""A product's stock, the ledger, and stock at a moment."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request

from config.api.paging import paginate
from config.kernel import clock
from config.kernel.clock import iso
from config.kernel.errors import InvalidInput, NotFound
from inventory.api.base import StockView, anyone, ledger_readers
from inventory.api.documents import movement_document, product_document, variant_then
from inventory.api.queries import moment_in, required
from inventory.selectors.history import last_entry_by, movements, stock_at, through
from inventory.selectors.stock import product_stock


class ProductStockView(StockView):
    """GET ``/api/products/{id}/stock``."""

    permissions = {"GET": anyone}

    def get(self, request: Request, product_id: str) -> HttpResponseBase:
        record = product_stock([product_id]).get(product_id)
        if record is None:
            raise NotFound("Product not found", code="unknown_product")
        narrowing = {
            name: request.query_params[name] for name in ("size", "color") if name in request.query_params
        }
        return self.fresh(
            product_document(record, narrowing), moment=record.changed_at, modified=record.modified_at
        )


class MovementsView(StockView):
    """GET ``/api/stock/movements``: the ledger, newest first."""

    permissions = {"GET": ledger_readers}

    _FILTERS = {"productId": "product_id", "variantId": "variant_id", "orderId": "reference"}

    def get(self, request: Request) -> HttpResponseBase:
        found = movements()
        for parameter, column in self._FILTERS.items():
            if parameter in request.query_params:
                found = found.filter(**{column: request.query_params[parameter]})
        since, until = moment_in(request, "since"), moment_in(request, "until")
        if since is not None:
            found = found.filter(occurred_at__gte=since)
        if until is not None:
            found = found.filter(occurred_at__lte=through(until))
        page = paginate(request, found, order=["-id"], default_limit=50)
        rows = list(page.items)
        response = self.fresh(
            [movement_document(row) for row in rows],
            moment=max((row.recorded_at for row in rows), default=None),
        )
        if page.link is not None:
            response["Link"] = page.link
        return response


class StockAtView(StockView):
    """GET ``/api/stock/at``: what it was at a moment, from the ledger."""

    permissions = {"GET": ledger_readers}

    def get(self, request: Request) -> HttpResponseBase:
        product_id, _ = required(request, "productId"), required(request, "time")
        moment = moment_in(request, "time")
        if moment is None:
            raise InvalidInput("time: required", details={"time": ["required"]})
        then = stock_at(product_id, through(moment))
        if not then:
            raise NotFound("Product not found", code="unknown_product")
        content = {
            "productId": product_id,
            "time": iso(moment),
            "stock": sum(variant.on_hand for variant in then),
            "variants": [variant_then(variant) for variant in then],
        }
        # Names and attributes are those of now, and the ledger's time is not theirs.
        return self.fresh(content, moment=last_entry_by(product_id, through(moment)), modified=clock.now())
