"""Who may call an endpoint, as the contract writes it beside each: roles, scopes, open mode.

Belongs here: the rule by role and scope. Does not belong here: whose record it is (each app's own).
"""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from config.identity.callers import api_key_of, user_of
from config.identity.models import Role, Scope


class anyone(BasePermission):  # noqa: N801  read as a word beside `may(...)`
    """Everybody, with or without credentials; wrong ones are refused all the same."""

    # What the REST document reads; here and below.
    roles, scopes, guests = frozenset(Role), frozenset(Scope), True

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  DRF's signature
        return True


def may(
    *,
    roles: Collection[Role | str] = (),
    scopes: Collection[Scope | str] = (),
    open_writes: bool = False,
    duty: str = "",
) -> type[BasePermission]:
    """A permission class: users in one of ``roles``, API keys with one of ``scopes``.

    Of staff, where ``duty`` names a permission (``orders.refund_payment``), those whose duties have it.

    ``open_writes`` marks the contract's †: in open mode it asks for no credentials, though those that
    are brought must still do. A user of another role or a key without the scope is a 403
    (``not_permitted``, ``insufficient_scope``), nobody at all a 401.
    """
    allowed_roles, allowed_scopes = frozenset(roles), frozenset(scopes)

    class May(BasePermission):
        #: For the tables of who may do what.
        roles, scopes = allowed_roles, allowed_scopes
        message = "You may not do this"
        code = "not_permitted"
        in_open_mode = open_writes

        def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  DRF's signature
            key = api_key_of(request)
            if key is not None:
                self.code = "insufficient_scope"
                self.message = "The API key lacks the scope for this"
                return not allowed_scopes.isdisjoint(key.scopes)
            user = user_of(request)
            if user is not None:
                return user.role in allowed_roles and (
                    not duty or user.role != Role.ADMIN or user.has_perm(duty)
                )
            return open_writes and settings.STOCKWIRE_OPEN_WRITES

    return May


def require_duty(request: Request, duty: str) -> None:
    """For what only the body says: a member of the staff needs this permission besides. All others don't.

    Raises ``PermissionDenied`` (``not_permitted``).
    """
    user = user_of(request)
    if user is not None and user.role == Role.ADMIN and not user.has_perm(duty):
        raise PermissionDenied("You may not do this", code="not_permitted")
