"""``/api/notifications``: what a user was told, and what of it has been read."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from config.api.envelope import EnvelopeRenderer
from config.api.json import OrjsonRenderer
from config.api.paging import paginate
from config.api.private import PrivateAnswers
from config.api.views import ApiViewSet
from config.identity.callers import require_user
from config.identity.models import Role
from config.identity.permissions import may
from config.kernel.errors import InvalidInput
from realtime.notifications import writing
from realtime.notifications.reading import notifications_of, shop_notification, unread_count

UNREAD_COUNT = "X-Unread-Count"
_DEFAULT_LIMIT = 50


class NotificationsViewSet(PrivateAnswers, ApiViewSet):
    """The caller's own, and nobody else's."""

    renderer_classes = (OrjsonRenderer, EnvelopeRenderer)
    enveloped_as = ("notification", "notifications")
    permission_classes = (may(roles=list(Role)),)

    def list(self, request: Request) -> Response:
        """Newest first."""
        return self._page(request, unread=_unread(request))

    def read(self, _request: Request, notification_id: str) -> Response:
        notification = writing.mark_read(user_id=self.user_id, notification_id=notification_id)
        return self._counted(Response(shop_notification(notification)))

    def read_all(self, request: Request) -> Response:
        writing.mark_all_read(user_id=self.user_id)
        return self._page(request, unread=False)

    @property
    def user_id(self) -> str:
        return require_user(self.request).pk

    def _page(self, request: Request, *, unread: bool) -> Response:
        own = notifications_of(self.user_id, unread=unread)
        page = paginate(request, own, order=["-created_at", "-id"], default_limit=_DEFAULT_LIMIT)
        response = Response([shop_notification(one) for one in page.items])
        if page.link is not None:
            response["Link"] = page.link
        return self._counted(response)

    def _counted(self, response: Response) -> Response:
        response[UNREAD_COUNT] = str(unread_count(self.user_id))
        return response


def _unread(request: Request) -> bool:
    text = request.query_params.get("unread", "false").lower()
    if text not in {"true", "false"}:
        what = "must be true or false"
        raise InvalidInput(f"unread: {what}", details={"unread": [what]})
    return text == "true"
