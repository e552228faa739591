"""Adjust, thresholds, sync: what staff and other systems have counted."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from config.api.idempotency import answer_once
from config.api.paging import paginate
from config.identity.callers import actor_of
from config.kernel import clock
from inventory import services
from inventory.api.base import StockView, anyone, staff, staff_or_service_or_open
from inventory.api.documents import done_text, product_document
from inventory.api.items import (
    MAX_PRODUCTS,
    AdjustBody,
    SyncBody,
    ThresholdsBody,
    count_lines,
    threshold_lines,
)
from inventory.api.queries import listed_ids
from inventory.selectors.items import known_products
from inventory.selectors.stock import product_stock


class AdjustView(StockView):
    """POST ``/api/stock/adjust``: set what is on the shelf to what was counted, if it hasn't moved since."""

    permissions = {"POST": staff}

    def post(self, request: Request) -> HttpResponseBase:
        items = self.body(AdjustBody)["items"]

        def effect() -> HttpResponseBase:
            lines = count_lines(items, figure="quantity")
            result = services.adjust_stock(
                lines=lines, actor=actor_of(request), answer=lambda told: done_text(told, lines, None)
            )
            return self.remembered(result)

        return answer_once(request, endpoint="stock.adjust", effect=effect)


class LevelsView(StockView):
    """PATCH ``/api/stock/levels``: where levels count as low."""

    permissions = {"PATCH": staff}

    def patch(self, request: Request) -> Response:
        lines = threshold_lines(self.body(ThresholdsBody)["items"])
        changed_at = services.set_thresholds(lines=lines, actor=actor_of(request))
        answer = {"success": True, "items": [line.item for line in lines]}
        return self.written(answer, moment=clock.now(), changed_at=changed_at)


class SyncView(StockView):
    """``/api/stock/sync``: many products' stock at once; touched, or set to what was counted elsewhere."""

    permissions = {"GET": anyone, "POST": staff_or_service_or_open}

    def get(self, request: Request) -> HttpResponseBase:
        ids = listed_ids(request, "productIds", most=MAX_PRODUCTS)
        link = None
        if not ids:
            page = paginate(request, Product.objects.live().values("id"), order=["id"], default_limit=50)
            ids, link = [row["id"] for row in page.items], page.link
        records = product_stock(ids)
        content = {
            "products": [product_document(records[id_]) for id_ in ids if id_ in records],
            "missing": [id_ for id_ in ids if id_ not in records],
        }
        response = self.fresh(
            content,
            moment=max((record.changed_at for record in records.values()), default=None),
            modified=max((record.modified_at for record in records.values()), default=None),
        )
        if link is not None:
            response["Link"] = link
        return response

    def post(self, request: Request) -> HttpResponseBase:
        body = self.body(SyncBody)

        def effect() -> HttpResponseBase:
            asked = list(dict.fromkeys(body["productIds"]))
            known = known_products(asked)
            lines = count_lines(body["items"], figure="stock")
            synced = services.sync_stock(
                touched=[id_ for id_ in asked if id_ in known], lines=lines, actor=actor_of(request)
            )
            records = product_stock([*asked, *(line.product_id for line in lines)])
            answer = {
                "success": True,
                "updated": len(synced.product_ids),
                "products": [product_document(record) for record in records.values()],
                "missing": [id_ for id_ in asked if id_ not in known],
            }
            changed_at = max((record.changed_at for record in records.values()), default=None)
            return self.written(answer, moment=synced.moment, changed_at=changed_at)

        return answer_once(request, endpoint="stock.sync", effect=effect)
