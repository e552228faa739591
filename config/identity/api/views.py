"""Signing in and out, and oneself; what may be done is the services' business."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.api.addresses import client_address
from config.api.conditional import not_modified, require_match, stamp
from config.api.json import write_json
from config.api.reading import checked
from config.api.views import ApiView
from config.identity import services
from config.identity.api.arrivals import arrived
from config.identity.api.serializers import (
    LoginSerializer,
    ProfileSerializer,
    RefreshTokenSerializer,
    RegisterSerializer,
    shown_user,
)
from config.identity.callers import require_user, sign_in_of
from config.identity.cookies import clear_sign_in_cookie, set_sign_in_cookie
from config.identity.models import Role, User
from config.identity.permissions import anyone, may

#: Tokens, and who one is, are for nobody's cache.
NO_STORE = {"Cache-Control": "no-store"}


class _Door(ApiView):
    """What counts here is in the body. A token in a header, which may well have expired, is not looked at,
    nor is any cookie."""

    authentication_classes = ()
    permission_classes = (anyone,)


class RegisterView(_Door):
    """`/api/auth/register`"""

    def post(self, request: Request) -> Response:
        """Become a customer."""
        said = checked(RegisterSerializer, request.data)
        signed_in = services.register(**said, address=client_address(request))
        arrived(request, signed_in.user)
        return _with_cookie(
            request, signed_in, {**_tokens(signed_in), "user": shown_user(signed_in.user)}, 201
        )


class LoginView(_Door):
    """`/api/auth/login`"""

    def post(self, request: Request) -> Response:
        """Sign in by e-mail address and password."""
        said = checked(LoginSerializer, request.data)
        signed_in = services.sign_in(**said, address=client_address(request))
        arrived(request, signed_in.user)
        return _with_cookie(
            request, signed_in, {**_tokens(signed_in), "user": shown_user(signed_in.user)}, 200
        )


class RefreshView(_Door):
    """`/api/auth/refresh`"""

    def post(self, request: Request) -> Response:
        """Go on with fresh tokens."""
        said = checked(RefreshTokenSerializer, request.data)
        signed_in = services.refresh_sign_in(refresh_token=said["refreshToken"])
        return _with_cookie(request, signed_in, _tokens(signed_in), 200)


class LogoutView(_Door):
    """`/api/auth/logout`"""

    def post(self, request: Request) -> Response:
        """End the sign-in, with all its tokens."""
        said = checked(RefreshTokenSerializer, request.data)
        services.sign_out(refresh_token=said["refreshToken"])
        return clear_sign_in_cookie(Response(status=204, headers=NO_STORE))


class MeView(ApiView):
    """`/api/auth/me`"""

    permission_classes = (may(roles=Role),)

    def get(self, request: Request) -> Response:
        """Who one is."""
        user = require_user(request)
        fresh = not_modified(request, etag=_etag(user), last_modified=user.updated_at)
        return fresh or _shown(user)

    def patch(self, request: Request) -> Response:
        """Change something of oneself."""
        said = checked(ProfileSerializer, request.data)
        password = said.get("password")
        user = services.change_own_profile(
            user=require_user(request),
            name=said.get("name"),
            phone=said.get("phone"),
            email=said.get("email"),
            new_password=password and services.NewPassword(password, current=said["currentPassword"]),
            sign_in=sign_in_of(request),
            address=client_address(request),
            guard=lambda present: require_match(request, etag=_etag(present)),
        )
        return _shown(user)


def _tokens(signed_in: services.SignedIn) -> dict[str, Any]:
    return {"token": signed_in.token, "refreshToken": signed_in.refresh_token}


def _with_cookie(
    request: Request, signed_in: services.SignedIn, body: dict[str, Any], status: int
) -> Response:
    response = Response(body, status=status, headers=NO_STORE)
    return set_sign_in_cookie(response, token=signed_in.token, request=request)


def _shown(user: User) -> Response:
    response = Response(shown_user(user), headers={"Cache-Control": "private, no-cache"})
    return stamp(response, etag=_etag(user), last_modified=user.updated_at)


def _etag(user: User) -> str:
    """Of what is shown and nothing else: a sign-in changes the row, and not the user."""
    return hashlib.sha256(write_json(shown_user(user))).hexdigest()[:32]
