"""`/api/auth/ticket`: a credential for the URL of one connection."""

from __future__ import annotations

import datetime as dt

from rest_framework.request import Request
from rest_framework.response import Response

from config.api.views import ApiView
from config.identity.callers import require_user, sign_in_of
from config.identity.models import Role
from config.identity.permissions import may
from config.identity.tickets import issue_ticket
from config.identity.tokens import VerifiedToken
from config.kernel.clock import iso


class TicketView(ApiView):
    """For whoever has signed in; a key's holder sets headers, and needs none."""

    permission_classes = (may(roles=list(Role)),)

    def post(self, request: Request) -> Response:
        """A ticket, which nobody but the one who asked should keep."""
        ticket = issue_ticket(
            user=require_user(request),
            credentials_expire_at=_end_of_credentials(request),
            sign_in=sign_in_of(request),
        )
        return Response(
            {"ticket": ticket.text, "expiresAt": iso(ticket.expires_at)},
            status=201,
            headers={"Cache-Control": "no-store"},
        )


def _end_of_credentials(request: Request) -> dt.datetime:
    """When the token ends that the request came with, or the staff's session."""
    if isinstance(request.auth, VerifiedToken):
        return dt.datetime.fromtimestamp(request.auth.expires_at, tz=dt.UTC)
    return request._request.session.get_expiry_date()
