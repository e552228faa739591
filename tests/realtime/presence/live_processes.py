"""Live processes in the test's own loop, with a hub each: as in earnest, and ten times as fast."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from django.conf import settings

from config.identity.models import Role
from realtime.dialects.catalog import CATALOG
from realtime.hub.hub import Hub, HubLimits
from realtime.hub.session import Session
from realtime.hub.wire import Wire
from realtime.presence.alone import OwnRegister
from realtime.presence.presence import Presence
from realtime.presence.register import TIMING, Register
from realtime.presence.shared import SharedRegister
from realtime.principals import GUEST, Principal
from realtime.records import Record
from realtime.transport.frames import as_it_is
from tests.realtime.imaginary import Ear, ImaginaryLog

#: As in earnest, and ten times as fast; a loop that is late by a second is none to be taken for dead.
QUICK = dataclasses.replace(TIMING, grace=1.0, beat=0.1, fresh=0.5, dead=1.5, gap=1.5, settle=1.0)
PAYLOADS = Wire(CATALOG, as_it_is, joins=False)


class LiveProcess:
    """What is of presence in a live process."""

    def __init__(
        self, said: list[str], *, register: Register | None = None, url: str = "", **limits: int
    ) -> None:
        self.said = said
        self.hub = Hub(source=ImaginaryLog(), limits=HubLimits(**limits), silence=60)
        self.register = register or SharedRegister(
            url or settings.REDIS_URL,
            prefix=settings.REDIS_PREFIX,
            process=secrets.token_hex(6),
            per_holder=self.hub.limits.per_holder,
            per_address=self.hub.limits.per_address,
            timing=QUICK,
        )
        self.presence = Presence(self.hub, register=self.register, announce=self._announce, timing=QUICK)
        self.hub.observer = self.presence

    def _announce(self, records: Sequence[Record]) -> None:
        for record in records:
            sign = "+" if json.loads(record.data)["online"] else "-"
            self.said.append(f"{sign}{record.subject}")

    async def start(self) -> None:
        self.hub.start()
        assert await self.hub.ready()
        self.presence.start()

    async def kill(self) -> None:
        """It says nothing any more, not even goodbye."""
        self.presence._register = OwnRegister()

    async def end(self) -> None:
        await self.hub.stop()
        await self.presence.stop()
        await self.register.leave()

    def come(
        self, user: str = "", *, role: Role = Role.CUSTOMER, address: str = ""
    ) -> tuple[Session, Ear] | None:
        """A connection; nothing where it is refused."""
        ear = Ear()
        principal = Principal("user", id=user, role=role) if user else GUEST
        session = Session(
            wire=PAYLOADS, writer=ear, principal=principal, holder=principal.holder, address=address
        )
        return (session, ear) if self.hub.open(session) else None

    def staff(self, user: str = "staff") -> Ear:
        """One of the staff, who listens."""
        came = self.come(user, role=Role.ADMIN)
        assert came is not None
        self.hub.join(came[0], ["admin"])
        return came[1]


@asynccontextmanager
async def processes(number: int, **options: object) -> AsyncIterator[tuple[list[str], list[LiveProcess]]]:
    said: list[str] = []
    async with AsyncExitStack() as stack:
        started = []
        for _each in range(number):
            process = LiveProcess(said, **options)  # type: ignore[arg-type]
            await process.start()
            stack.push_async_callback(process.end)
            started.append(process)
        yield said, started


def figures(ear: Ear) -> list[tuple[int, int, int]]:
    """Connections, different users, staff's connections."""
    told = [json.loads(payload) for payload in ear.writes]
    assert all(message["type"] == "stats" and "cursor" not in message for message in told)
    names = ("total_connections", "authenticated_users", "admin_connections")
    return [tuple(message["data"][name] for name in names) for message in told]


def came(connection: tuple[Session, Ear] | None) -> Session:
    assert connection is not None
    return connection[0]
