"""Who is listening, as the rooms' rules know them, and how credentials become one.

What makes a credential hold is ``config.identity``'s; what a principal may hear is ``realtime.rooms``'s.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from config.identity.callers import redeem_ticket, verify_access_token, verify_api_key
from config.identity.models import Role
from config.identity.selectors import KeyRight, UserRight, key_rights_that_hold, user_rights_that_hold
from config.kernel.errors import NotAuthenticated


@dataclass(frozen=True, slots=True)
class Principal:
    """A listener. ``expires_at`` (seconds since 1970) is when the credential ends by itself; ``sign_in`` the
    sign-in that it came of, with which it ends too. ``cart``: the digest of the cart token that a guest has
    shown."""

    kind: Literal["guest", "user", "service"]
    id: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset()
    expires_at: float | None = None
    sign_in: str = ""
    cart: str = ""

    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def holder(self) -> str:
        """What connections are counted by; a service may have as many as it likes."""
        return f"user:{self.id}" if self.kind == "user" else ""

    @property
    def key(self) -> str:
        """The same text for the same rights; empty for guests who have shown nothing."""
        if self.kind == "guest":
            return f"{_GUEST_WITH_CART}{self.cart}" if self.cart else ""
        return f"{self.kind}:{self.id}:{self.role}"


GUEST = Principal("guest")
_GUEST_WITH_CART = "guest:"


def with_cart_of(principal: Principal, key: str) -> Principal:
    """``principal`` as one who has shown what a guest of that ``key`` has, where it is a guest too."""
    if principal.kind != "guest" or not key.startswith(_GUEST_WITH_CART):
        return principal
    return replace(principal, cart=key.removeprefix(_GUEST_WITH_CART))


def principal_of_token(token: str) -> Principal:
    """The user whose token this is. Raises ``NotAuthenticated``."""
    verified = verify_access_token(token)
    user = verified.user
    return Principal(
        "user", id=user.pk, role=user.role, expires_at=verified.expires_at, sign_in=verified.sign_in
    )


def principal_of_ticket(ticket: str) -> Principal:
    """The user whose ticket this is, for as long as the credentials hold that asked for it; nobody else can
    use it after this. Raises ``NotAuthenticated``."""
    admitted = redeem_ticket(ticket)
    return Principal(
        "user",
        id=admitted.user.pk,
        role=admitted.user.role,
        expires_at=admitted.credentials_expire_at.timestamp(),
        sign_in=admitted.sign_in,
    )


def principal_of_key(key: str) -> Principal:
    """The service whose key this is. Raises ``NotAuthenticated``."""
    found = verify_api_key(key)
    return Principal("service", id=found.pk, scopes=frozenset(found.scopes))


def principal_of_header(header: str) -> Principal:
    """Whoever an ``Authorization`` header names. Raises ``NotAuthenticated``, also for a scheme that is not
    ours."""
    scheme, _, credential = header.strip().partition(" ")
    credential = credential.strip()
    if scheme.lower() == "bearer":
        return principal_of_token(credential)
    if scheme.lower() == "api-key":
        return principal_of_key(credential)
    raise NotAuthenticated("Authorization must be Bearer or Api-Key", code="invalid_token")


def no_longer_hold(principals: Collection[Principal]) -> set[Principal]:
    """Those whose rights were withdrawn since: inactive users, other roles, sign-ins that ended, revoked
    keys, other scopes. Two queries."""
    users = {principal: _user_right(principal) for principal in principals if principal.kind == "user"}
    keys = {
        principal: KeyRight(principal.id, principal.scopes)
        for principal in principals
        if principal.kind == "service"
    }
    hold_as_users, hold_as_keys = user_rights_that_hold(users.values()), key_rights_that_hold(keys.values())
    return {principal for principal, right in users.items() if right not in hold_as_users} | {
        principal for principal, right in keys.items() if right not in hold_as_keys
    }


def _user_right(principal: Principal) -> UserRight:
    return UserRight(principal.id, principal.role, principal.sign_in)
