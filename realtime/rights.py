"""Rights that are withdrawn while somebody listens: users who left, roles that changed, keys that were
revoked, orders that are somebody else's work now.

Whoever has no rights left is sent away. Whoever may not be in a room any more is put out of that room.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial

import structlog

from realtime.hub.hub import Hub
from realtime.hub.session import CloseCode, Session
from realtime.principals import Principal, no_longer_hold
from realtime.rooms import asking_kinds, refusals
from realtime.threads import threads

log = structlog.get_logger(__name__)

#: So often every principal who is connected is looked at again, all of them with two queries, and every room
#: whose kind asks the database, with one for each kind and each thousand rooms; whether or not anybody said
#: that something changed: what says so may be lost.
INTERVAL = 5.0
#: Not more often than this, however much is said.
BREATH = 0.1
LOOK_AGAIN = 0.7


class RightsWatch:
    """Looks after the rights of whoever is connected to one process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._nudged = asyncio.Event()
        #: Rooms to look at; ``None``: at everything.
        self._rooms: set[str] | None = None

    def nudge(self, rooms: Collection[str] | None = None) -> None:
        """Somebody's rights have changed, or only those to be in ``rooms``: look now."""
        if rooms is None:
            self._rooms = None
        elif not self._nudged.is_set():
            self._rooms = set(rooms)
        elif self._rooms is not None:
            self._rooms.update(rooms)
        self._nudged.set()

    async def run(self, *, interval: float = INTERVAL) -> None:
        """Look each ``interval``, and when told, until cancelled."""
        loop = asyncio.get_running_loop()
        next_round = loop.time() + interval
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_round):
                    await self._nudged.wait()
            nudged = self._nudged.is_set()
            rooms = self._rooms if nudged and loop.time() < next_round else None
            self._nudged.clear()
            if rooms is None:
                # Once more soon after: somebody may be on the way in with credentials that were read before.
                next_round = loop.time() + (LOOK_AGAIN if nudged else interval)
            try:
                if rooms is None:
                    await end_those_withdrawn(self._hub)
                await part_those_withdrawn(self._hub, rooms)
            except Exception as error:  # noqa: BLE001  the database is away: it is asked again
                log.warning("rights could not be looked at", error=str(error).strip())
            await asyncio.sleep(BREATH)


async def end_those_withdrawn(hub: Hub) -> None:
    """Close every connection of a user or key whose rights were withdrawn."""
    connected = {session.principal for session in hub.sessions if _is_known(session)}
    if not connected:
        return
    gone = await threads.run(partial(_no_longer_hold, connected))
    for session in list(hub.sessions):
        if session.principal in gone:
            if session.tell_withdrawn is not None:
                session.tell_withdrawn()
            hub.close(session, CloseCode.INVALID_TOKEN)


async def part_those_withdrawn(hub: Hub, rooms: Collection[str] | None = None) -> None:
    """Put everybody out of ``rooms`` who may not be in them any more; without any: out of all whose kind asks
    the database."""
    kinds = asking_kinds()
    is_wanted = (lambda room: room.startswith(kinds)) if rooms is None else rooms.__contains__
    inside = [
        (session, session.principal, room)
        for session, room in hub.members(is_wanted)
        if isinstance(session.principal, Principal)
    ]
    if not inside:
        return
    refused = await threads.run(partial(refusals, [(who, room) for _session, who, room in inside]))
    lost: defaultdict[Session, list[str]] = defaultdict(list)
    for session, who, room in inside:
        # It may have left meanwhile, or be somebody else by now, who was asked about anew.
        if (who, room) in refused and room in session.rooms and session.principal == who:
            lost[session].append(room)
    for session, lost_rooms in lost.items():
        hub.part(session, lost_rooms)
        if session.tell_of_lost is not None:
            session.tell_of_lost(sorted(lost_rooms))
        else:
            hub.close(session, CloseCode.NOT_ALLOWED)


def _is_known(session: Session) -> bool:
    return isinstance(session.principal, Principal) and session.principal.kind != "guest"


def _no_longer_hold(principals: Iterable[object]) -> set[Principal]:
    return no_longer_hold([principal for principal in principals if isinstance(principal, Principal)])
