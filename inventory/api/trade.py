"""Validate, reduce, restock, transfer: items in, items out."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import batch_error_body
from config.api.idempotency import answer_once
from config.identity.callers import actor_of
from config.kernel import clock
from inventory import services
from inventory.api.base import (
    TIMESTAMP,
    StockView,
    anyone,
    staff,
    staff_or_service,
    staff_or_service_or_open,
)
from inventory.api.documents import done_text
from inventory.api.items import ItemsBody, RestockBody, TransferBody, item_of, stock_lines
from inventory.services.validation import validate_stock


class ValidateView(StockView):
    """POST ``/api/stock/validate``: could these be sold? Its findings are answers, not errors."""

    permissions = {"POST": anyone}

    def post(self, request: Request) -> Response:  # noqa: ARG002  DRF's signature
        items = self.body(ItemsBody)["items"]
        findings = validate_stock(
            items=[item_of(item) for item in items], quantities=[item["quantity"] for item in items]
        )
        headers = {TIMESTAMP: clock.iso(findings.changed_at or clock.now())}
        if findings.errors:
            return Response(batch_error_body(findings.errors), headers=headers)
        found = [
            {**item["sent"], "available": available}
            for item, available in zip(items, findings.available, strict=True)
        ]
        answer = {"success": True, "items": found, "timestamp": clock.iso(clock.now())}
        return Response(answer, headers=headers)


class ReduceView(StockView):
    """POST ``/api/stock/reduce``: sell all of them, or none."""

    permissions = {"POST": staff_or_service_or_open}

    def post(self, request: Request) -> HttpResponseBase:
        items, order_id = self.body(ItemsBody)["items"], self.order_id

        def effect() -> HttpResponseBase:
            lines = stock_lines(items)
            result = services.reduce_stock(
                lines=lines,
                actor=actor_of(request),
                reference=order_id,
                after_order=self.after_order,
                answer=lambda told: done_text(told, lines, order_id),
            )
            return self.remembered(result)

        return answer_once(request, endpoint="stock.reduce", effect=effect)


class RestockView(StockView):
    """POST ``/api/stock/restock``: take them in."""

    permissions = {"POST": staff_or_service}

    def post(self, request: Request) -> HttpResponseBase:
        body, order_id = self.body(RestockBody), self.order_id

        def effect() -> HttpResponseBase:
            lines = stock_lines(body["items"])
            result = services.restock(
                lines=lines,
                actor=actor_of(request),
                reference=order_id,
                after_order=self.after_order,
                reason=body["reason"],
                answer=lambda told: done_text(told, lines, order_id),
            )
            return self.remembered(result)

        return answer_once(request, endpoint="stock.restock", effect=effect)


class TransferView(StockView):
    """POST ``/api/stock/transfer``: from one location to another."""

    permissions = {"POST": staff}

    def post(self, request: Request) -> HttpResponseBase:
        body = self.body(TransferBody)

        def effect() -> HttpResponseBase:
            lines = stock_lines(body["items"])
            result = services.transfer_stock(
                lines=lines,
                source=body["fromLocationId"],
                target=body["toLocationId"],
                actor=actor_of(request),
                reason=body["reason"],
                answer=lambda told: done_text(told, lines, None),
            )
            return self.remembered(result)

        return answer_once(request, endpoint="stock.transfer", effect=effect)
