"""A guest's cart comes along when its holder signs in or registers."""

from __future__ import annotations

from contextlib import suppress

from rest_framework.request import Request

from config.identity.models import Role, User
from orders import services
from orders.api.cart_views import TOKEN
from orders.errors import InvalidCartToken


def take_guests_cart_along(request: Request, user: User) -> None:
    """Merge the cart of the token that a sign-in came with. What is no token of ours is no reason not to sign
    in: the first request for a cart says so."""
    token = request.headers.get(TOKEN)
    if token and user.role == Role.CUSTOMER:
        with suppress(InvalidCartToken):
            services.merge_guest_cart(token=token, user_id=user.pk)
