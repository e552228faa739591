"""Django's admin as the staff console: signed in as the rest of the house is, and heard by its sockets.

Signing in begins a sign-in (`config.identity`) and sets the sockets' cookie; signing out ends both. A session
whose sign-in was ended elsewhere opens nothing any more.
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import Any, ClassVar

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import Resolver404, URLPattern, path, resolve
from django.views.decorators.common import no_append_slash
from unfold.sites import UnfoldAdminSite

from config.api.addresses import client_address
from config.identity import sessions
from config.identity.errors import InvalidCredentials
from config.identity.models import User
from config.identity.services import begin_sign_in
from realtime.console import dashboard
from realtime.console.asked import View, without_nul

#: Unfold's pages have handlers in their markup, so scripts can't be told from it. Nothing is fetched from
#: anywhere else, nothing is sent anywhere else, and nobody frames us.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


_HAS_ENDED = "sign_in_has_ended"  # where a request carries it


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """The one admin site."""

    index_title = "Dashboard"
    enable_nav_sidebar = True
    parts: ClassVar[dict[str, View]] = dashboard.PARTS

    def get_urls(self) -> list[URLPattern]:
        parts = [
            path(f"console/{name}", self.admin_view(view), name=f"console_{name}")
            for name, view in self.parts.items()
        ]
        return [*parts, *super().get_urls()]

    @no_append_slash
    def catch_all_view(self, request: HttpRequest, url: str) -> HttpResponseBase:
        """An address that only lacks its last slash leads on, here and nowhere else in the house."""
        if request.method in {"GET", "HEAD"} and not url.endswith("/"):
            with suppress(Resolver404):
                there = resolve(f"{request.path_info}/").func
                if getattr(there, "should_append_slash", True):  # all but this
                    return HttpResponseRedirect(request.get_full_path(force_append_slash=True))
        raise Http404

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked several times while a page is made: whether the sign-in lasts is looked up once."""
        if not super().has_permission(request):
            return False
        known = vars(request)
        if _HAS_ENDED not in known:
            known[_HAS_ENDED] = sessions.has_ended(request)
        return not known[_HAS_ENDED]

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Every page of the console: under its policy, and with a token for its sockets that lasts."""
        inner: View = without_nul(super().admin_view(view, cacheable))

        @wraps(inner)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                response = inner(request, *args, **kwargs)
            except PermissionDenied:
                response = self._refuse(request, 403, "This is none of your duties")
            except Http404:
                response = self._refuse(request, 404, "There is no such page")
            sessions.renew_token(request, response)
            return _with_policy(response)

        return answer

    def _refuse(self, request: HttpRequest, status: int, words: str) -> HttpResponseBase:
        """A page of the console like any other, with the way on beside it."""
        context = {**self.each_context(request), "title": words, "status": status}
        return TemplateResponse(request, "admin/console/refused.html", context, status=status)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        if request.user.is_authenticated and sessions.has_ended(request):
            logout(request)
        before = request.user
        response: HttpResponseBase = super().login(request, extra_context)
        if isinstance(request.user, User) and request.user is not before:
            try:
                begun = begin_sign_in(user=request.user, address=client_address(request))
            except InvalidCredentials:  # another password, in the moment in which the old one was looked at
                logout(request)
                return HttpResponseRedirect(request.get_full_path())
            sessions.keep_sign_in(request, response, begun)
        return _with_policy(response)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        sign_in = request.session.get(sessions.SIGN_IN)
        response: HttpResponseBase = super().logout(request, extra_context)
        if not request.user.is_authenticated:
            sessions.end_kept(response, sign_in)
        return _with_policy(response)


def _with_policy(response: HttpResponseBase) -> HttpResponseBase:
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Referrer-Policy"] = "same-origin"
    return response
