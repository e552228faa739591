"""A browser's session as one sign-in: it bears the sign-in's id, so that ending that ends the session too.

Belongs here: what a session knows of its sign-in, for the storefront's pages and for the staff console alike.
Does not belong here: who may sign in (`services`), and what a page shows them.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from config.identity.cookies import clear_sign_in_cookie, set_sign_in_cookie
from config.identity.models import SignIn, User
from config.identity.services import SignedIn, end_sign_in
from config.identity.tokens import issue_token

SIGN_IN = "sign_in"
_TOKEN_UNTIL = "token_until"  # noqa: S105  the name of a time
#: The sockets' token is renewed with a page, long before it ends.
_TOKEN_GOOD_FOR = dt.timedelta(hours=6)


def keep_sign_in(request: HttpRequest, response: HttpResponseBase, signed_in: SignedIn) -> None:
    """Tie the session of whoever has just signed in to ``signed_in``, and give their sockets its token."""
    request.session[SIGN_IN] = signed_in.sign_in
    _give_token(request, response, signed_in.token)


def has_ended(request: HttpRequest) -> bool:
    """Whether the session's sign-in was ended elsewhere. One without a sign-in ends by itself."""
    sign_in = request.session.get(SIGN_IN)
    return sign_in is not None and not SignIn.objects.living().filter(pk=sign_in).exists()


def end_session(request: HttpRequest, response: HttpResponseBase) -> None:
    """Nobody is signed in here any more; the sign-in ends, with its sockets."""
    sign_in = request.session.get(SIGN_IN)
    logout(request)
    end_kept(response, sign_in)


def end_kept(response: HttpResponseBase, sign_in: str | None) -> None:
    """The sign-in of a session that is over ends too, and its sockets' token goes."""
    if sign_in is not None:
        end_sign_in(sign_in_id=sign_in)
    clear_sign_in_cookie(response)


def renew_token(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the page's sockets a fresh token, where theirs has become old."""
    sign_in = request.session.get(SIGN_IN)
    if sign_in is None or not isinstance(request.user, User):
        return
    if timezone.now().timestamp() >= request.session.get(_TOKEN_UNTIL, 0):
        _give_token(request, response, issue_token(user=request.user, sign_in=SignIn(pk=sign_in)))


def _give_token(request: HttpRequest, response: HttpResponseBase, token: str) -> None:
    request.session[_TOKEN_UNTIL] = (timezone.now() + _TOKEN_GOOD_FOR).timestamp()
    set_sign_in_cookie(response, token=token, request=request)
