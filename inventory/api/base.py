"""What every answer about stock bears, errors included: how fresh it is, and how long it may be kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from config.api.conditional import not_modified, stamp
from config.api.reading import checked
from config.api.tags import tag_of
from config.api.views import ApiView
from config.identity.callers import user_of
from config.identity.models import Role, Scope
from config.identity.permissions import anyone, may
from config.kernel import clock
from config.kernel.errors import InvalidInput
from inventory.errors import StockConflict
from inventory.services import StockResult

TIMESTAMP = "X-Stock-Timestamp"
REPLAYED = "Idempotent-Replayed"
_LONGEST_REFERENCE = 200
_ONE_SECOND = dt.timedelta(seconds=1)

_KEEP = "inventory.change_stocklevel"

ledger_readers = may(roles=[Role.ADMIN], duty="inventory.view_stockmovement")
staff = may(roles=[Role.ADMIN], duty=_KEEP)
staff_or_service = may(roles=[Role.ADMIN], scopes=[Scope.STOCK_WRITE], duty=_KEEP)
#: The contract's †: in open mode without credentials.
staff_or_service_or_open = may(roles=[Role.ADMIN], scopes=[Scope.STOCK_WRITE], open_writes=True, duty=_KEEP)
buyers = may(roles=[Role.ADMIN, Role.CUSTOMER], scopes=[Scope.STOCK_WRITE], duty=_KEEP)

__all__ = [
    "StockView",
    "anyone",
    "buyers",
    "ledger_readers",
    "staff",
    "staff_or_service",
    "staff_or_service_or_open",
]


class StockView(ApiView):
    """An endpoint of stock. ``permissions`` names, for each method, who may."""

    permissions: ClassVar[Mapping[str, type[BasePermission]]] = {}

    def get_permissions(self) -> list[Any]:
        method = "GET" if self.request.method == "HEAD" else str(self.request.method)
        return [self.permissions.get(method, anyone)()]

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]  # any response
        if TIMESTAMP not in final:
            final[TIMESTAMP] = clock.iso(clock.now())
        final["Cache-Control"] = _cache_control(request)
        # What one caller may read, no shared cache hands on to another.
        patch_vary_headers(final, ("Authorization", "Cookie"))
        return final

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, StockConflict) and exc.changed_at is not None:
            response[TIMESTAMP] = clock.iso(exc.changed_at)
        return response

    # ----------------------------------------------------------------------------------- requests

    def body(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, checked. Raises DRF's ``ValidationError``, which names each place."""
        return checked(serializer, self.request.data)

    @property
    def after_order(self) -> bool:
        return _is_after_order(self.request)

    @property
    def order_id(self) -> str | None:
        """``?orderId=``, the reference under which a thing is done once."""
        order_id = self.request.query_params.get("orderId", "")
        if len(order_id) > _LONGEST_REFERENCE or not order_id.isprintable():
            what = f"must be a text of at most {_LONGEST_REFERENCE} printable characters"
            raise InvalidInput(f"orderId: {what}", details={"orderId": [what]})
        return order_id or None

    @property
    def is_staff(self) -> bool:
        user = user_of(self.request)
        return user is not None and user.role == Role.ADMIN

    # ------------------------------------------------------------------------------------ answers

    def fresh(
        self,
        content: Mapping[str, Any] | list[Any],
        *,
        moment: dt.datetime | None,
        modified: dt.datetime | None = None,
    ) -> HttpResponse:
        """A read: 200 with its validators, or 304.

        The ETag is a digest of the content, so that it changes with all that the answer shows, a hold
        that has just run out included; the ``timestamp`` is not part of it.
        """
        etag = tag_of(content)
        modified = modified or moment or clock.now()
        response: HttpResponse | None = not_modified(self.request, etag=etag, last_modified=modified)
        if response is None:
            now = {"timestamp": clock.iso(clock.now())} if isinstance(content, Mapping) else {}
            body = {**content, **now} if isinstance(content, Mapping) else content
            response = stamp(Response(body), etag=etag, last_modified=_settled(modified))
        response[TIMESTAMP] = clock.iso(moment or clock.now())
        return response

    def written(
        self,
        content: Mapping[str, Any],
        *,
        moment: dt.datetime,
        changed_at: dt.datetime | None = None,
        status: int = 200,
    ) -> Response:
        """An answer to a write at ``moment``; the stock in it last changed then, or at ``changed_at``."""
        return Response(
            {**content, "timestamp": clock.iso(moment)},
            status=status,
            headers={TIMESTAMP: clock.iso(changed_at or moment)},
        )

    def remembered(self, result: StockResult) -> HttpResponse:
        """The answer as the operation remembers it, byte for byte."""
        response = HttpResponse(result.answer.encode(), content_type="application/json")
        response[TIMESTAMP] = clock.iso(result.changed_at)
        if result.replayed:
            response[REPLAYED] = "true"
        return response


def _is_after_order(request: Request) -> bool:
    return request.query_params.get("afterOrder", "").lower() == "true"


def _cache_control(request: Request) -> str:
    if _is_after_order(request):
        return "no-cache, no-store, must-revalidate"
    return "public, max-age=5" if request.method in {"GET", "HEAD"} else "private, max-age=5"


def _settled(moment: dt.datetime) -> dt.datetime:
    """``moment`` for ``Last-Modified``, whose seconds can't tell two changes within one apart.

    While the second of a change lasts, the one before it is named: whoever comes back with that is
    not told "unchanged", should another change have followed within the second.
    """
    second = moment.replace(microsecond=0)
    return second if clock.now() - second >= _ONE_SECOND else second - _ONE_SECOND
