"""Three endpoints; who may do what is said here, everything else elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import error_body
from config.api.views import ApiView
from config.identity.models import Role, Scope
from config.identity.permissions import may
from config.kernel.clock import now
from config.kernel.errors import InvalidInput
from inventory.api.base import StockView
from realtime import connections, selectors, services
from realtime.api.serializers import AnnouncementSerializer
from realtime.cursor import to_cursor
from realtime.dialects.catalog import log_entry
from realtime.errors import CursorGone
from realtime.runtime import local_hub

DEFAULT_LIMIT = 50
MOST = 500


class SocketView(StockView):
    """`/api/socket`: is it there, and who listens; and what another system has to say to all."""

    permissions: ClassVar = {
        "POST": may(roles=[Role.ADMIN], open_writes=True, duty="realtime.announce_stock")
    }

    def get(self, _request: Request) -> HttpResponse:
        """The doors, and how many connections there are."""
        return self.fresh(
            {
                "status": "running",
                "connections": connections.count(local_hub()),
                "socketio": "/socket.io/",
                "websocket": "/ws",
                "sse": "/events",
            },
            moment=None,
        )

    def post(self, _request: Request) -> Response:
        """Announce one of the three stock events."""
        body = self.body(AnnouncementSerializer)
        said: dict[str, Any] = body["data"]
        event_id = services.announce_stock(
            event=body["event"],
            product_id=said["productId"],
            size=said.get("size"),
            color=said.get("color"),
            figure=said["stock"],
        )
        return self.written({"success": True, "eventId": event_id}, moment=now())


class EventsView(ApiView):
    """`/api/events`: the log itself, for systems that poll."""

    permission_classes = (may(roles=[Role.ADMIN], scopes=[Scope.EVENTS_READ], duty="realtime.view_event"),)

    def get(self, request: Request) -> Response:
        """Events after `?after=`; without it from the oldest that is kept."""
        try:
            records, epoch, seq = selectors.events_after(
                cursor=request.query_params.get("after"), limit=_limit(request)
            )
        except CursorGone as error:
            # Gone, and not merely wrong: whoever polls has to fetch state and begin again.
            return Response(error_body(message=error.message, code=error.code), status=410)
        return Response(
            {"events": [log_entry(record) for record in records], "cursor": to_cursor(epoch, seq)}
        )


def _limit(request: Request) -> int:
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if (
        not text.isascii()
        or not text.isdigit()
        or not 1 <= int(text[:9]) <= MOST
        or len(text) > len(str(MOST))
    ):
        what = f"must be a whole number from 1 to {MOST}"
        raise InvalidInput(f"limit: {what}", details={"limit": [what]})
    return int(text)
