"""Who is listening, as the rooms' rules know them, and how credentials become one.

What makes a credential hold is ``config.identity``'s; what a principal may hear is ``realtime.rooms``'s.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from rest_framework_simplejwt.tokens import AccessToken

from config.identity.callers import redeem_ticket, verify_api_key, verify_token
from config.identity.models import ApiKey, Role, User
from config.kernel.errors import NotAuthenticated


@dataclass(frozen=True, slots=True)
class Principal:
    """A listener. ``expires_at`` (seconds since 1970) is when the credential ends by itself."""

    kind: Literal["guest", "user", "service"]
    id: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset()
    expires_at: float | None = None

    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def holder(self) -> str:
        """What connections are counted by; a service may have as many as it likes."""
        return f"user:{self.id}" if self.kind == "user" else ""


GUEST = Principal("guest")


def principal_of_token(token: str) -> Principal:
    """The user whose token this is. Raises ``NotAuthenticated``."""
    user = verify_token(token)
    expires_at = float(AccessToken(token, verify=False)["exp"])  # type: ignore[arg-type]
    return Principal("user", id=user.pk, role=user.role, expires_at=expires_at)


def principal_of_ticket(ticket: str) -> Principal:
    """The user whose ticket this is, for as long as the credentials hold that asked for it; nobody else can
    use it after this. Raises ``NotAuthenticated``."""
    admitted = redeem_ticket(ticket)
    return Principal(
        "user",
        id=admitted.user.pk,
        role=admitted.user.role,
        expires_at=admitted.credentials_expire_at.timestamp(),
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
    """Those whose rights were withdrawn since: inactive users, other roles, revoked keys, other scopes. Two
    queries."""
    users = {principal.id for principal in principals if principal.kind == "user"}
    keys = {principal.id for principal in principals if principal.kind == "service"}
    roles = dict(User.objects.filter(pk__in=users, is_active=True).values_list("pk", "role")) if users else {}
    live = ApiKey.objects.filter(pk__in=keys, revoked_at__isnull=True)
    scopes = {pk: frozenset(names) for pk, names in live.values_list("pk", "scopes")} if keys else {}
    return {
        principal
        for principal in principals
        if (principal.kind == "user" and roles.get(principal.id) != principal.role)
        or (principal.kind == "service" and scopes.get(principal.id) != principal.scopes)
    }
