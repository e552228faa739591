"""Who is writing in which chat just now. Ephemeral: nothing of it is kept.

Each process hears of it from all of them, and each one ends it by itself some seconds after it was last said:
so it ends too when the process that said it was killed. Listeners are told when it begins and when it ends,
and not of each time that it is said again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from realtime.records import Record
from realtime.support.events import UserTyping
from realtime.whispers import whisper_of

#: Seconds after which it ends by itself.
LASTS = 5.0
#: Said again sooner than this it is not passed on.
APART = 0.25


class Timer(Protocol):
    """As a loop's handle."""

    def cancel(self) -> None: ...


class Later(Protocol):
    """As a loop's ``call_later``."""

    def __call__(self, delay: float, callback: Callable[..., None], /, *arguments: object) -> Timer: ...


class Typing:
    """Of one event loop. ``announce`` takes what every process is to hear, this one included; ``whisper`` is
    the hub's."""

    def __init__(
        self,
        *,
        announce: Callable[[Sequence[Record]], None],
        whisper: Callable[[Record], None],
        clock: Callable[[], float],
        later: Later,
    ) -> None:
        self._announce = announce
        self._whisper = whisper
        self._clock = clock
        self._later = later
        #: By the connection that says it: each chat, what was said last, and when.
        self._said: defaultdict[str, dict[str, tuple[UserTyping, float]]] = defaultdict(dict)
        #: By chat and user: the connections over which it is heard, each with what ends it.
        self._heard: defaultdict[tuple[str, str], dict[str, Timer]] = defaultdict(dict)

    # ------------------------------------------------------------------ what clients say

    def start(self, *, origin: str, chat_id: str, user: Mapping[str, str]) -> None:
        """Somebody is writing, over the connection ``origin``."""
        now = self._clock()
        before = self._said[origin].get(chat_id)
        if before is not None and now - before[1] < APART:
            return
        event = UserTyping(chat_id, user["id"], user, is_typing=True, origin=origin)
        self._said[origin][chat_id] = event, now
        self._announce([whisper_of(event)])

    def stop(self, *, origin: str, chat_id: str) -> None:
        """Not any more."""
        chats = self._said.get(origin, {})
        said = chats.pop(chat_id, None)
        if not chats:
            self._said.pop(origin, None)
        if said is not None:
            self._announce([whisper_of(replace(said[0], is_typing=False))])

    def gone(self, origin: str) -> None:
        """The connection has ended."""
        for chat_id in list(self._said.get(origin, ())):
            self.stop(origin=origin, chat_id=chat_id)

    # ------------------------------------------------------------------ what processes say

    def hear(self, record: Record) -> None:
        """A process says it, this one or another."""
        fields = record.parsed()
        origin = fields["origin"]
        key = fields["chat_id"], fields["user_id"]
        if not fields["is_typing"]:
            self._end(key, origin, record)
            return
        origins = self._heard[key]
        is_new = not origins
        if (timer := origins.pop(origin, None)) is not None:
            timer.cancel()
        del fields["timestamp"]
        over = replace(UserTyping(**fields), is_typing=False)
        origins[origin] = self._later(LASTS, self._run_out, key, origin, over)
        if is_new:
            self._whisper(record)

    def _run_out(self, key: tuple[str, str], origin: str, over: UserTyping) -> None:
        said = self._said.get(origin, {})
        said.pop(over.chat_id, None)
        if not said:
            self._said.pop(origin, None)
        self._end(key, origin, whisper_of(over))

    def _end(self, key: tuple[str, str], origin: str, record: Record) -> None:
        """Told, where the user is writing over no other connection either."""
        origins = self._heard.get(key)
        timer = origins.pop(origin, None) if origins else None
        if timer is None:
            return
        timer.cancel()
        if not origins:
            del self._heard[key]
            self._whisper(record)
