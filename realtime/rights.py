"""Rights that are withdrawn while somebody listens: users who left, roles that changed, keys that were
revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

import structlog

from realtime.hub.hub import Hub
from realtime.hub.session import CloseCode, Session
from realtime.principals import Principal, no_longer_hold
from realtime.threads import threads

log = structlog.get_logger(__name__)

#: So often every principal who is connected is looked at again, all of them with two queries, whether or not
#: anybody said that something changed: what says so may be lost.
INTERVAL = 5.0
#: Not more often than this, however much is said.
BREATH = 0.1
LOOK_AGAIN = 0.7


class RightsWatch:
    """Ends the connections of one process whose credentials hold no longer."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Somebody's rights have changed: look now."""
        self._nudged.set()

    async def run(self, *, interval: float = INTERVAL) -> None:
        """Look each ``interval``, and when told, until cancelled."""
        wait = interval
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._nudged.wait()
            # And once more soon after: somebody may be on the way in with credentials that were read before.
            wait = LOOK_AGAIN if self._nudged.is_set() else interval
            self._nudged.clear()
            try:
                await end_those_withdrawn(self._hub)
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


def _is_known(session: Session) -> bool:
    return isinstance(session.principal, Principal) and session.principal.kind != "guest"


def _no_longer_hold(principals: Iterable[object]) -> set[Principal]:
    return no_longer_hold([principal for principal in principals if isinstance(principal, Principal)])
