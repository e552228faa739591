"""Reserve, commit, extend, release."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.idempotency import answer_once
from config.identity.callers import actor_of
from config.kernel.clock import iso
from inventory import services
from inventory.api.base import StockView, buyers
from inventory.api.documents import committed_text, echoed
from inventory.api.items import ExtendBody, ReserveBody, stock_lines


class ReserveView(StockView):
    """POST ``/api/stock/reserve``: hold them for a while."""

    permissions = {"POST": buyers}

    def post(self, request: Request) -> HttpResponseBase:
        body = self.body(ReserveBody)

        def effect() -> HttpResponseBase:
            lines = stock_lines(body["items"])
            hold = services.reserve_stock(
                lines=lines, ttl_seconds=body["ttlSeconds"], actor=actor_of(request)
            )
            answer = {
                "reservationId": hold.id,
                "expiresAt": iso(hold.expires_at),
                "items": echoed(lines, hold.figures, "available"),
            }
            return self.written(answer, moment=hold.moment, status=201)

        return answer_once(request, endpoint="stock.reserve", effect=effect)


class ReservationView(StockView):
    """DELETE ``/api/stock/reservations/{id}``: give it back."""

    permissions = {"DELETE": buyers}

    def delete(self, request: Request, reservation_id: str) -> Response:
        services.release_reservation(
            reservation_id=reservation_id, actor=actor_of(request), staff=self.is_staff
        )
        return Response(status=204)


class CommitView(StockView):
    """POST ``/api/stock/reservations/{id}/commit``: what was held is sold."""

    permissions = {"POST": buyers}

    def post(self, request: Request, reservation_id: str) -> HttpResponseBase:
        order_id = self.order_id

        def effect() -> HttpResponseBase:
            result = services.commit_reservation(
                reservation_id=reservation_id,
                actor=actor_of(request),
                staff=self.is_staff,
                reference=order_id,
                after_order=self.after_order,
                answer=lambda told, held: committed_text(told, held, order_id),
            )
            return self.remembered(result)

        return answer_once(request, endpoint="stock.commit", effect=effect)


class ExtendView(StockView):
    """POST ``/api/stock/reservations/{id}/extend``: hold it longer."""

    permissions = {"POST": buyers}

    def post(self, request: Request, reservation_id: str) -> HttpResponseBase:
        ttl_seconds = self.body(ExtendBody)["ttlSeconds"]

        def effect() -> HttpResponseBase:
            hold = services.extend_reservation(
                reservation_id=reservation_id,
                ttl_seconds=ttl_seconds,
                actor=actor_of(request),
                staff=self.is_staff,
            )
            answer = {"reservationId": hold.id, "expiresAt": iso(hold.expires_at)}
            return self.written(answer, moment=hold.moment)

        return answer_once(request, endpoint="stock.extend", effect=effect)
