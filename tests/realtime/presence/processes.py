"""Processes that share a register of who is here, with nothing in them but that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import redis.asyncio
from django.conf import settings

from realtime.presence.register import Heard, Register, RegisterAwayError, Said
from realtime.presence.shared import SharedRegister, key_of

#: Any moment.
BEGIN = 1_800_000_000.0


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self, now: float = BEGIN) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Process:
    """What a live process does with the register. ``said`` are its announcements, ``+`` and ``-``."""

    def __init__(self, register: Register, said: list[str]) -> None:
        self.register = register
        self.said = said
        self.connections: Counter[str] = Counter()
        self.addresses: Counter[str] = Counter()
        self.staff = 0
        self._changed: set[str] = set()
        self._changed_addresses: set[str] = set()
        self.is_cut_off = False

    def come(self, *holders: str, address: str = "") -> None:
        for holder in holders:
            self.connections[holder] += 1
            self._changed.add(holder)
        if address:
            self.addresses[address] += 1
            self._changed_addresses.add(address)

    def go(self, *holders: str) -> None:
        for holder in holders:
            assert self.connections[holder] > 0
            self.connections[holder] -= 1
            self._changed.add(holder)

    async def round(self) -> Heard | None:
        holders, self._changed = self._changed, set()
        addresses, self._changed_addresses = self._changed_addresses, set()
        try:
            heard = await self.register.tell(
                Said(
                    total=self.connections.total() + self.addresses.total(),
                    staff=self.staff,
                    holders=holders,
                    addresses=addresses,
                    of_holder=lambda holder: self.connections[holder],
                    of_address=lambda address: self.addresses[address],
                )
            )
        except RegisterAwayError:
            return None
        self.said += [f"+{holder}" for holder in heard.online] + [f"-{holder}" for holder in heard.offline]
        return heard


class House:
    """Several of them, a clock, and all that they announce, in order."""

    def __init__(self, *, per_holder: int = 0, per_address: int = 0, url: str = "") -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.url = url or settings.REDIS_URL
        self.processes: list[Process] = []
        self.registers: list[SharedRegister] = []
        self._per_holder, self._per_address = per_holder, per_address

    def open(self) -> Process:
        register = SharedRegister(
            self.url,
            prefix=settings.REDIS_PREFIX,
            process=f"process-{len(self.registers)}",
            per_holder=self._per_holder,
            per_address=self._per_address,
            clock=self.clock,
        )
        self.registers.append(register)
        process = Process(register, self.said)
        self.processes.append(process)
        return process

    def kill(self, process: Process) -> None:
        self.processes.remove(process)

    async def end(self, process: Process) -> None:
        self.processes.remove(process)
        await process.register.leave()

    async def wait(self, seconds: float, *, but: Iterable[Process] = ()) -> None:
        """Time goes by; each process, save those that are held up, says how things are each half second."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now = min(until, self.clock.now + 0.5)
            for process in list(self.processes):
                if process not in but:
                    await process.round()

    async def rounds(self) -> None:
        """Each says how things are, at this moment."""
        for process in list(self.processes):
            await process.round()

    async def forget_everything(self) -> None:
        """Redis was started anew."""
        async with redis.asyncio.Redis.from_url(self.url) as client:
            names = [name async for name in client.scan_iter(key_of(settings.REDIS_PREFIX, "*"))]
            if names:
                await client.delete(*names)

    async def close(self) -> None:
        for register in self.registers:
            await register.leave()

    def announced(self) -> list[str]:
        """What was said since the last time."""
        said = self.said[:]
        self.said.clear()
        return said
