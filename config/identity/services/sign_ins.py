"""Signing in, going on, signing out."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from functools import partial

from django.contrib.auth import authenticate
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from config.identity.errors import InvalidCredentials, TokenRevoked, TokenUsed
from config.identity.models import SignIn, User
from config.identity.services.attempts import counted_attempt
from config.identity.services.endings import end_sign_in
from config.identity.services.users import create_user
from config.identity.tokens import (
    RefreshClaims,
    issue_refresh_token,
    issue_token,
    read_refresh_token,
)
from config.kernel.transactions import in_transaction

logger = logging.getLogger(__name__)

#: Two tabs that share a refresh token use it at the same moment, and a client that lost the answer asks
#: again: for so long a used one that comes back is taken for that, and not for stolen.
GRACE = dt.timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in and its present tokens, which nobody can be shown again."""

    user: User
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    #: The sign-in's id: for who keeps a session of its own.
    sign_in: str = ""


def register(*, email: str, password: str, name: str, phone: str, address: str) -> SignedIn:
    """A new customer, signed in. Nobody becomes anything else by registering.

    *Locks* nothing. *Refuses* an address that is none or taken, a password that is too weak.
    *Announces* nothing.
    """

    def work() -> SignedIn:
        user = create_user(email=email, password=password, name=name, phone=phone)
        return _begin(user, address)

    return in_transaction(work)


def sign_in(*, email: str, password: str, address: str) -> SignedIn:
    """Sign in whoever has this e-mail address, whatever its case, and this password.

    Somebody unknown, inactive or without a password costs as much time as anybody: one hash.
    *Locks* the counts of ``counted_attempt``; then the user's row. *Refuses* what nobody has
    (``InvalidCredentials``), one attempt too many (``TooManyFailures``). *Announces* nothing.
    """
    email = email.strip()
    with counted_attempt(email=email, address=address):
        user = authenticate(username=email, password=password)
        if not isinstance(user, User):
            raise InvalidCredentials
    return begin_sign_in(user=user, address=address)


def begin_sign_in(*, user: User, address: str) -> SignedIn:
    """Sign in a user whose password was looked at just now, by whoever counted the attempt.

    *Locks* the user's row. *Refuses* one who got another password meanwhile, or is not active
    (``InvalidCredentials``). *Announces* nothing.
    """
    return in_transaction(partial(_begin_if_unchanged, user, address))


def refresh_sign_in(*, refresh_token: str) -> SignedIn:
    """Fresh tokens for a sign-in, and its refresh token is used up.

    A used one that comes back is in two hands, so it ends the whole sign-in; within ``GRACE`` it is only
    refused.
    *Locks* the row of the sign-in, so that of two at once the second finds the token used, and a
    sign-out is either before or after. *Refuses* a token that is none, or expired; ``TokenUsed``;
    ``TokenRevoked`` where the sign-in has ended. *Announces* what ``end_sign_in`` does.
    """
    claims = read_refresh_token(refresh_token)
    going_on = in_transaction(partial(_go_on, claims))
    if going_on is None:
        # Outside of the transaction, which would take the ending back.
        raise TokenRevoked
    return going_on


def sign_out(*, refresh_token: str) -> None:
    """End the sign-in that a refresh token is of; again it changes nothing.

    *Locks* its row. *Refuses* a token that is none of ours, or expired; a used one is as good as any.
    *Announces* what ``end_sign_in`` does.
    """
    end_sign_in(sign_in_id=read_refresh_token(refresh_token).sign_in)


def _begin_if_unchanged(user: User, address: str) -> SignedIn:
    """Looking at a password takes a while, in which the user may have got another, or been made inactive. All
    sign-ins ended with that, and this one must not come after it."""
    same = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    present = same.select_for_update(no_key=True).first()
    if present is None:
        raise InvalidCredentials
    return _begin(present, address)


def _begin(user: User, address: str) -> SignedIn:
    sign_in = SignIn.objects.create(user=user, address=address, expires_at=_new_end())
    User.objects.filter(pk=user.pk).update(last_login=Now())
    return _tokens(user, sign_in)


def _go_on(claims: RefreshClaims) -> SignedIn | None:
    """``None`` where the token has just ended its sign-in."""
    sign_in = _locked(claims)
    if sign_in is None or not sign_in.user.is_active:
        raise TokenRevoked
    used_at = _use(claims)
    if used_at is None:
        SignIn.objects.filter(pk=sign_in.pk).update(last_used_at=Now(), expires_at=_new_end())
        return _tokens(sign_in.user, sign_in)
    if timezone.now() - used_at < GRACE:
        raise TokenUsed
    end_sign_in(sign_in_id=sign_in.pk)
    logger.warning("a used refresh token came back: sign-in %s of %s has ended", sign_in.pk, sign_in.user_id)
    return None


def _locked(claims: RefreshClaims) -> SignIn | None:
    lasting = SignIn.objects.living().filter(pk=claims.sign_in, user_id=claims.user_id)
    return lasting.select_related("user").select_for_update(of=("self",)).first()


def _use(claims: RefreshClaims) -> dt.datetime | None:
    """When this refresh token was used before; ``None`` for the first time, which is noted.

    The note is the decision: the constraints of its tables let nobody else be first. The token itself is
    not kept.
    """
    note = {"user_id": claims.user_id, "token": "", "expires_at": claims.expires_at}
    known, _ = OutstandingToken.objects.get_or_create(jti=claims.id, defaults=note)
    used, is_first = BlacklistedToken.objects.get_or_create(token=known)
    return None if is_first else used.blacklisted_at


def _new_end() -> dt.datetime:
    lifetime: dt.timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    return timezone.now() + lifetime


def _tokens(user: User, sign_in: SignIn) -> SignedIn:
    return SignedIn(
        user,
        issue_token(user=user, sign_in=sign_in),
        issue_refresh_token(sign_in=sign_in),
        sign_in.pk,
    )
