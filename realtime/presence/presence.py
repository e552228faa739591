"""This process in the register: says who is here, and passes on who came and who went.

Nothing waits for it. A connection is taken in and let go by what the hub knows; what the register has to say
comes a moment later, and while it is away the hub goes by its own counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from config.kernel.clock import iso_of
from realtime.events import UserOffline, UserOnline
from realtime.hub.hub import Hub
from realtime.hub.session import Session
from realtime.presence.figures import Figures, FiguresForStaff
from realtime.presence.register import TIMING, Heard, Register, RegisterAwayError, Said, Timing
from realtime.principals import Principal
from realtime.records import Record
from realtime.whispers import whisper_of

log = structlog.get_logger(__name__)

#: Seconds in which changes come together before they are said.
GATHER = 0.05
PAUSE_AFTER_FAILURE = 0.5
#: Seconds for which the others' figures hold while the register is away.
FIGURES_HOLD = 5.0
#: Longer than the register takes to find out that it is away.
GOODBYE = 2.0


class Presence:
    """Implements the hub's `Observer`. ``announce`` takes what every process is to whisper."""

    def __init__(
        self,
        hub: Hub,
        *,
        register: Register,
        announce: Callable[[Sequence[Record]], None],
        timing: Timing = TIMING,
    ) -> None:
        self._hub = hub
        self._register = register
        self._announce = announce
        self._timing = timing
        self._figures = FiguresForStaff(hub.whisper_to)
        self._signed_in: set[Session] = set()
        self._holders: set[str] = set()
        self._addresses: set[str] = set()
        self._changed = asyncio.Event()
        self._heard: Heard | None = None
        self._heard_at = 0.0
        self._is_away = False
        self._is_ending = False
        self._task: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ what the hub tells

    def entered(self, session: Session) -> None:
        """Somebody has come."""
        if session.holder:
            self._signed_in.add(session)
        self._note(session.holder, session.address)

    def left(self, session: Session) -> None:
        """Somebody has gone."""
        self._signed_in.discard(session)
        self._figures.left(session)
        self._note(session.holder, session.address)

    def belongs_to(self, session: Session, before: str) -> None:
        """Somebody has signed in, or is somebody else now."""
        if session.holder:
            self._signed_in.add(session)
        else:
            self._signed_in.discard(session)
        self._note(before)
        self._note(session.holder)

    def joined(self, session: Session, room: str) -> None:
        """Somebody of the staff listens."""
        if self._figures.joined(session, room):
            self._changed.set()

    def happened(self, record: Record) -> None:
        """Whoever is here is here."""

    def refresh(self, holder: str) -> None:
        """Say again how many connections ``holder`` has, with the next round."""
        self._holders.add(holder)

    def _note(self, holder: str, address: str = "") -> None:
        if holder:
            self._holders.add(holder)
        if address:
            self._addresses.add(address)
        self._changed.set()

    # ------------------------------------------------------------------ what the register is told

    def start(self) -> None:
        """Begin to tell the register: at once what changed, else that this process lives."""
        self._task = asyncio.create_task(self._run(), name="presence")

    async def stop(self) -> None:
        """This process ends; the register is told."""
        self._is_ending = True
        self._changed.set()
        if self._task is not None:
            # Not by cancelling: before Python 3.12 what waits for Redis may never hear of that.
            await asyncio.wait([self._task], timeout=GOODBYE)
            self._task.cancel()
        try:
            async with asyncio.timeout(GOODBYE):
                await self._register.leave()
        except TimeoutError:
            log.info("the register of presence did not hear the goodbye")

    async def _run(self) -> None:
        while not self._is_ending:
            try:
                await self._round()
            except Exception:
                log.exception("the register of presence was not understood")
                self._is_away = True
            if self._is_away:
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            await self._wait()

    async def _round(self) -> None:
        """Tell the register how things are, and do what it says."""
        self._changed.clear()
        holders, self._holders = self._holders, set()
        addresses, self._addresses = self._addresses, set()
        said = Said(
            total=len(self._hub.sessions),
            staff=self._staff(),
            holders=holders,
            addresses=addresses,
            of_holder=self._hub.admission.of_holder,
            of_address=self._hub.admission.of_address,
            seq=self._hub.seq,
        )
        try:
            heard = await self._register.tell(said)
        except RegisterAwayError as error:
            self._miss(error)
        else:
            self._take(heard)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._timing.beat):
                await self._changed.wait()
        except TimeoutError:
            return
        if not self._is_ending:
            await asyncio.sleep(GATHER)

    def _take(self, heard: Heard) -> None:
        self._is_away = False
        now = asyncio.get_running_loop().time()
        self._heard, self._heard_at = heard, now
        self._hub.admission.elsewhere(holders=heard.holders, addresses=heard.addresses)
        if heard.online or heard.offline:
            self._announce(_records(heard))
        self._figures.tell(Figures(heard.total, heard.users, heard.staff), now)

    def _miss(self, error: Exception) -> None:
        if not self._is_away:
            log.warning("the register of presence is away; this process counts alone", error=str(error))
        self._is_away = True
        self._hub.admission.elsewhere()
        now = asyncio.get_running_loop().time()
        if (heard := self._heard) is not None and now - self._heard_at < FIGURES_HOLD:
            figures = Figures(heard.total, heard.users, heard.staff)
        else:
            figures = Figures(len(self._hub.sessions), len(self._hub.holders()), self._staff())
        self._figures.tell(figures, now)

    def _staff(self) -> int:
        """Whoever signs in again may have another role, and still be the same holder: so it is looked up."""
        return sum(1 for session in self._signed_in if _is_staff(session.principal))


def _is_staff(principal: object) -> bool:
    return isinstance(principal, Principal) and principal.is_staff


def _records(heard: Heard) -> list[Record]:
    """By the register's clock, so that who came and went can be put in order whoever says so."""
    moment = iso_of(heard.now)
    return [
        *(whisper_of(UserOffline(_user(holder)), timestamp=moment) for holder in heard.offline),
        *(whisper_of(UserOnline(_user(holder)), timestamp=moment) for holder in heard.online),
    ]


def _user(holder: str) -> str:
    return holder.partition(":")[2]
