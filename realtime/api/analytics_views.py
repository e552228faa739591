"""``/api/analytics``: the figures of the shop's day, for staff."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from config.api.views import ApiView
from config.identity.models import Role
from config.identity.permissions import may
from config.kernel.clock import iso, now
from realtime import connections
from realtime.analytics.figures import summary
from realtime.runtime import local_hub


class SummaryView(ApiView):
    """`/api/analytics/summary`."""

    permission_classes = (may(roles=[Role.ADMIN], duty="realtime.view_analytics"),)

    def get(self, _request: Request) -> Response:
        """All figures as they are now, and how many are connected."""
        moment = now()
        shown = {**summary(moment), "connections": connections.count(local_hub()), "timestamp": iso(moment)}
        return Response(shown, headers={"Cache-Control": "private, no-cache"})
