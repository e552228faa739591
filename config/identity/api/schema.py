"""The REST document's table of `/api/auth`."""

from __future__ import annotations

from typing import Any

from config.api.openapi import Operation, Table
from config.identity.api import shapes
from config.identity.api.serializers import (
    LoginSerializer,
    ProfileSerializer,
    RefreshTokenSerializer,
    RegisterSerializer,
)

_TAG = "Sign-in"
_WITH_CART = (
    "With `X-Cart-Token` a guest's cart comes along. Sets a cookie too, which counts for sockets alone."
)

TABLE: Table = {
    "/api/auth/register": {
        "POST": Operation(
            summary="Become a customer",
            tag=_TAG,
            notes=_WITH_CART,
            body=RegisterSerializer,
            status=201,
            answer=shapes.SignedIn,
            takes=("X-Cart-Token",),
            refusals=(409, 429),
        )
    },
    "/api/auth/login": {
        "POST": Operation(
            summary="Sign in by e-mail address and password",
            tag=_TAG,
            notes=_WITH_CART,
            body=LoginSerializer,
            answer=shapes.SignedIn,
            takes=("X-Cart-Token",),
            refusals=(401, 429),
        )
    },
    "/api/auth/refresh": {
        "POST": Operation(
            summary="Go on with fresh tokens",
            tag=_TAG,
            notes="A refresh token is good once: a used one ends the sign-in.",
            body=RefreshTokenSerializer,
            answer=shapes.Tokens,
            refusals=(401,),
        )
    },
    "/api/auth/logout": {
        "POST": Operation(
            summary="Sign out",
            tag=_TAG,
            notes="All tokens of the sign-in end, and its live connections are closed.",
            body=RefreshTokenSerializer,
            status=204,
            refusals=(401,),
        )
    },
    "/api/auth/me": {
        "GET": Operation(summary="Who one is", tag=_TAG, answer=shapes.User, conditional=True),
        "PATCH": Operation(
            summary="Change something of oneself",
            tag=_TAG,
            notes="A new password needs the present one beside it, and ends all other sign-ins.",
            body=ProfileSerializer,
            answer=shapes.User,
            stamped=True,
            guarded=True,
            refusals=(409, 429),
        ),
    },
    "/api/auth/ticket": {
        "POST": Operation(
            summary="A credential for a URL, good once and for 30 seconds",
            tag=_TAG,
            status=201,
            answer=shapes.Ticket,
        )
    },
}

_WHO = {"email": "mona@example.com", "password": "five plain words and more"}

EXAMPLES: dict[Any, Any] = {
    **shapes.EXAMPLES,
    RegisterSerializer: {"name": "Mona Adel", "phone": "+20 100 555 0142", **_WHO},
    LoginSerializer: _WHO,
    RefreshTokenSerializer: {"refreshToken": "eyJhbGciOiJIUzI1NiJ9.e30.cg"},
    ProfileSerializer: {"name": "Mona A. Adel"},
}
