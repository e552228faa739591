"""Who looks at a page: a signed-in user by the session, and whose cart is shown.

A session of the pages is one sign-in (`config.identity`), whose id it bears, so that signing out everywhere
ends it too. A guest's cart token is in a cookie that no script reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponseBase

from config.identity import services as identity
from config.identity import sessions
from config.identity.models import Role, User
from orders import services as orders
from orders.errors import InvalidCartToken
from orders.owners import CartOwner, new_cart_token

CART_COOKIE = "stockwire_cart"
#: As long as a guest's cart is kept (`orders.services.sweeping`).
_CART_SECONDS = 60 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Shopper:
    """``user`` is whoever is signed in; ``cart_token`` a guest's, empty before anything lay in a cart."""

    user: User | None
    cart_token: str = ""

    @property
    def is_customer(self) -> bool:
        return self.user is not None and self.user.role == Role.CUSTOMER

    @property
    def cart(self) -> CartOwner | None:
        """Whose cart is shown; ``None``: nobody's yet."""
        if self.user is not None and self.is_customer:
            return CartOwner.customer(self.user.pk)
        return CartOwner.guest(self.cart_token) if self.cart_token else None


def shopper_of(request: HttpRequest) -> Shopper:
    """Who asks. A session whose sign-in has ended elsewhere is over here too."""
    user = request.user if isinstance(request.user, User) else None
    if user is not None and sessions.has_ended(request):
        logout(request)
        user = None
    return Shopper(user, _cart_token(request))


def owner_for_writing(shopper: Shopper) -> tuple[CartOwner, str]:
    """Whose cart is changed, and the token to keep where it is a guest's first."""
    if shopper.cart is not None:
        return shopper.cart, ""
    token = new_cart_token()
    return CartOwner.guest(token), token


def keep_cart_token(request: HttpRequest, response: HttpResponseBase, token: str) -> None:
    """Have the browser bring a guest's cart along from now on."""
    response.set_cookie(
        CART_COOKIE,
        token,
        max_age=_CART_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def begin_session(request: HttpRequest, response: HttpResponseBase, signed_in: identity.SignedIn) -> None:
    """Whoever has just signed in is known from now on, with the cart that they filled before."""
    token = _cart_token(request)
    login(request, signed_in.user, backend="django.contrib.auth.backends.ModelBackend")
    sessions.keep_sign_in(request, response, signed_in)
    if token and signed_in.user.role == Role.CUSTOMER:
        orders.merge_guest_cart(token=token, user_id=signed_in.user.pk)
        response.delete_cookie(CART_COOKIE, samesite="Lax")


def end_session(request: HttpRequest, response: HttpResponseBase) -> None:
    """Nobody is signed in here any more; the sign-in ends, with its sockets."""
    sessions.end_session(request, response)


def sign_in_of(request: HttpRequest) -> str:
    """The id of the sign-in that this session is; empty where it is none (the admin's own)."""
    return str(request.session.get(sessions.SIGN_IN) or "")


def renew_token(request: HttpRequest, response: HttpResponseBase, shopper: Shopper) -> None:
    """Give the page's sockets a fresh token, where theirs has become old."""
    if shopper.user is not None:
        sessions.renew_token(request, response)


def _cart_token(request: HttpRequest) -> str:
    token = request.COOKIES.get(CART_COOKIE, "")
    try:
        CartOwner.guest(token)
    except InvalidCartToken:
        return ""
    return token
