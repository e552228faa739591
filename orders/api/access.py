"""Who may come to carts and orders. Whose record it is, the selectors and services say."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from config.identity.callers import api_key_of, user_of
from config.identity.models import Role


class CustomersAndGuests(BasePermission):
    """Who has a cart: a customer, and whoever comes without credentials. No key, nobody who works here."""

    # As `config.identity.permissions` says it, for the REST document.
    roles, guests = frozenset([Role.CUSTOMER]), True
    message = "Carts are for customers"
    code = "not_permitted"

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  DRF's signature
        user = user_of(request)
        return user.role == Role.CUSTOMER if user is not None else api_key_of(request) is None
