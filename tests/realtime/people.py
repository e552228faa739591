"""Who calls: users of each role, keys, and their credentials, made from an event loop or outside of one."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from config.identity.models import Role, Scope, User
from config.identity.services import create_user, issue_api_key
from config.identity.tickets import issue_ticket
from config.identity.tokens import issue_token
from config.kernel.actors import SYSTEM
from config.kernel.clock import now
from tests.realtime.log import LiveHalf

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def make_person(role: Role = Role.CUSTOMER, *, email: str = "") -> Person:
    user = create_user(email=email or f"{role}@example.com", password=None, role=role)
    return Person(user, issue_token(user=user))


def token_that_lives(user: User, seconds: float) -> str:
    token = AccessToken(issue_token(user=user))  # type: ignore[arg-type]
    token.set_exp(lifetime=dt.timedelta(seconds=seconds))
    return str(token)


def the_time_comes(live_half: LiveHalf, *, lasted: float) -> None:
    """The credentials of whoever is connected, which hold for so long from now, end now."""
    (session,) = live_half.hub.sessions
    assert session.expires_at is not None
    assert lasted - 20 < session.expires_at - time.time() <= lasted
    session.expires_at = time.time()


def make_key(*scopes: Scope) -> str:
    return issue_api_key(name="shop", scopes=scopes or (Scope.EVENTS_READ,), created_by=SYSTEM).secret


async def a_person(role: Role = Role.CUSTOMER, *, email: str = "") -> Person:
    return await away(partial(make_person, role, email=email))


async def a_key(*scopes: Scope) -> str:
    return await away(partial(make_key, *scopes))


async def away(work: Callable[[], T]) -> T:
    """`work()`, which uses the database, from an event loop."""

    def do() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await sync_to_async(do, thread_sensitive=False)()


async def a_ticket(person: Person, *, seconds: float = 3_600) -> str:
    """For one connection; ``seconds`` is how long the credentials hold for which it stands."""
    end = now() + dt.timedelta(seconds=seconds)
    issue = partial(issue_ticket, user=person.user, credentials_expire_at=end)
    return (await away(issue)).text
