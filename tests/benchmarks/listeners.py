"""The listeners, the same for every server: one process, raw sockets, one loop over `epoll`.

An event counts as having come when the kernel has it for the listener, not when this loop comes round to
reading it: real listeners have a machine each, and need not wait for their place in a row.

Commands come on stdin, one JSON object a line, and each is answered by one line on stdout:
  {"do": "connect", "port": 1, "door": {"path": "/ws", …}, "clients": 1000}: so many more
  {"do": "count"}      -> {"events", "bytes", "microseconds", "closed"} since the last count
  {"do": "time"}       from now on the moment of each event is noted
  {"do": "latency"}    -> {"count", "p50", "p99", "max"}, ms: of what was noted; ends the noting
  {"do": "behind"}     -> {"least", "most"}: events had by the slowest and by the fastest listener
  {"do": "relax", "every": 10}: all but every tenth are read seldom, and not timed
  {"do": "latencies", "since": {"commit": {"117": 1.5}}}: as latency, since moments that are given by an
  event's number
  {"do": "say", "text": "…", "clients": 5}: the first five say it
  {"do": "answers"}    -> {"moments"}: when what they have said was acknowledged
"""

import json
import os
import select
import sys
import time
from typing import Any

from tests.benchmarks.listener import Clock, Door, Heard, Listener

CONNECTING_AT_ONCE = 50
BUFFER = 1 << 20
INPUT = 0
PATIENCE = 60.0
# How often those are read that are read seldom.
LAZY_SECONDS = 0.05


class Listeners:
    """All of them."""

    def __init__(self) -> None:
        self._all: list[Listener] = []
        self._by_descriptor: dict[int, Listener] = {}
        self._heard = Heard()
        self._clock = Clock()
        self._heard.since = self._clock.now()
        self._prompt, self._lazy = select.epoll(), select.epoll()
        self._are_lazy: list[Listener] = []
        self._lazy_due = 0.0
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._said = b""

    def run(self) -> None:
        """Obey, and listen, until the input ends."""
        self._prompt.register(INPUT, select.EPOLLIN)
        os.set_blocking(INPUT, False)
        _answer({"ready": True})
        while True:
            for line in self._listen(None):
                command: dict[str, Any] = json.loads(line)
                _answer(getattr(self, f"_do_{command.pop('do')}")(**command))

    def _listen(self, timeout: float | None) -> list[bytes]:
        """Read whatever there is; gives commands that have come."""
        came = self._prompt.poll(LAZY_SECONDS if self._are_lazy else timeout)
        self._clock.look()
        lines: list[bytes] = []
        for descriptor, _what in came:
            if descriptor == INPUT:
                lines = self._commands()
            else:
                self._read(descriptor, self._prompt)
        if self._are_lazy and time.monotonic() >= self._lazy_due:
            for descriptor, _what in self._lazy.poll(0):
                self._read(descriptor, self._lazy)
            self._lazy_due = time.monotonic() + LAZY_SECONDS
        return lines

    def _read(self, descriptor: int, epoll: select.epoll) -> None:
        listener = self._by_descriptor[descriptor]
        if not listener.read(self._buffer, self._view, self._clock):
            epoll.unregister(descriptor)
            listener.socket.close()

    def _commands(self) -> list[bytes]:
        read = os.read(INPUT, BUFFER)
        if not read:
            sys.exit(0)
        *lines, self._said = (self._said + read).split(b"\n")
        return lines

    def _do_connect(
        self, *, port: int, door: dict[str, Any], clients: int, is_narrow: bool = False
    ) -> dict[str, Any]:
        opening: list[Listener] = []
        wanted = len(self._all) + clients
        deadline = time.monotonic() + PATIENCE
        while len(self._all) < wanted or opening:
            while len(opening) < CONNECTING_AT_ONCE and len(self._all) < wanted:
                listener = Listener(port=port, door=Door(**door), heard=self._heard, is_narrow=is_narrow)
                self._prompt.register(listener.socket, select.EPOLLIN)
                self._by_descriptor[listener.socket.fileno()] = listener
                self._all.append(listener)
                opening.append(listener)
            self._listen(1.0)
            opening = [listener for listener in opening if not listener.is_open]
            if time.monotonic() > deadline or self._heard.closed:
                raise SystemExit(f"{len(opening)} listeners could not come in at {door['path']}")
        return {"connected": len(self._all), "port": self._all[-1].socket.getsockname()[1]}

    def _do_relax(self, *, every: int) -> dict[str, Any]:
        """All but every so manieth are read seldom, and not timed."""
        self._are_lazy = [listener for place, listener in enumerate(self._all) if place % every]
        for listener in self._are_lazy:
            self._prompt.unregister(listener.socket)
            self._lazy.register(listener.socket, select.EPOLLIN)
        return {"lazy": len(self._are_lazy)}

    def _do_count(self) -> dict[str, Any]:
        heard, now = self._heard, self._clock.now()
        answer = {"events": heard.events, "bytes": heard.bytes, "microseconds": now - heard.since}
        heard.events = heard.bytes = 0
        heard.since = now
        return {**answer, "closed": heard.closed}

    def _do_time(self) -> dict[str, Any]:
        self._note_moments(True)
        return {}

    def _do_latency(self) -> dict[str, Any]:
        """Of each event the number is the moment at which it was sent."""
        pairs = self._noted()
        return _percentiles([moment - number for number, moment in pairs])

    def _do_latencies(self, *, since: dict[str, dict[str, float]]) -> dict[str, Any]:
        """As `latency`, since each of some moments that are given by the event's number."""
        pairs = self._noted()
        answer = {}
        for name, moments in since.items():
            by_number = {int(number): moment for number, moment in moments.items()}
            answer[name] = _percentiles(
                [moment - by_number[number] for number, moment in pairs if number in by_number]
            )
        return answer

    def _noted(self) -> list[tuple[int, float]]:
        heard = self._heard
        self._note_moments(False)
        pairs = list(zip(heard.numbers, heard.moments, strict=True))
        del heard.numbers[:], heard.moments[:]
        return pairs

    def _do_behind(self) -> dict[str, Any]:
        had = [listener.events for listener in self._all]
        return {"least": min(had), "most": max(had)}

    def _do_say(self, *, text: str, clients: int) -> dict[str, Any]:
        for listener in self._all[:clients]:
            listener.say(text.encode())
        return {"said": clients}

    def _do_answers(self) -> dict[str, Any]:
        answers, self._heard.answers = self._heard.answers, []
        return {"moments": answers}

    def _note_moments(self, wanted: bool) -> None:
        lazy = set(self._are_lazy)
        for listener in self._all:
            if listener not in lazy:
                listener.note_moments(wanted)


def _percentiles(late: list[float]) -> dict[str, Any]:
    if not late:
        return {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0}
    late.sort()
    p50, p99 = (late[min(len(late) - 1, int(len(late) * share))] / 1000 for share in (0.5, 0.99))
    return {"count": len(late), "p50": p50, "p99": p99, "max": late[-1] / 1000}


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Listeners().run()
