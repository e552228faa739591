"""The register that several processes share, in Redis.

It keeps nothing that the processes don't know: a Redis that has forgotten everything is told it again, and
nobody is said to have come or gone because of it. What it says is decided by its own clock, in one script.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from realtime.presence.register import TIMING, Heard, RegisterAwayError, Said, Timing
from realtime.presence.script import ROUND

#: Seconds until Redis is taken to be away.
TIMEOUT = 1.0
#: Names in one call of the script, which Redis does without doing anything else.
IN_ONE_CALL = 1_000
#: Names in one answer: those who went, those near a limit.
MOST = 10_000
#: Seconds after which Redis forgets what nobody says any more.
KEPT = 60
#: An address is only told of from this part of the limit on: a busy house has as many as it has guests.
WORTH_TELLING = 20

_NAMES = ("life", "processes", "holders", "addresses", "gone", "unsure", "parted")
_FAILURES = (redis.RedisError, OSError, TimeoutError)


def key_of(prefix: str, name: str) -> str:
    """Where it is in Redis. The braces keep all of them in one place of a cluster, as scripts need."""
    return f"{prefix}:{{presence}}:{name}"


class SharedRegister:
    """This process's end of it. ``process`` names it; ``clock`` is Redis' own where none is given."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        process: str,
        per_holder: int,
        per_address: int,
        timing: Timing = TIMING,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._redis: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._script = self._redis.register_script(ROUND)
        self._keys = [key_of(prefix, name) for name in (*_NAMES, f"of:{process}", "of:")]
        self._clock = clock
        self._always = {
            "process": process,
            "timing": {name: getattr(timing, name) for name in Timing.__slots__},
            "per_holder": per_holder,
            "per_address": per_address,
            "most": MOST,
            "kept": KEPT,
        }
        self._least = max(1, per_address // WORTH_TELLING) if per_address else 0
        #: Which register was told, and of whom.
        self._life = ""
        self._told: set[str] = set()
        self._told_addresses: set[str] = set()
        #: Who has gone, since when by the register's clock, and was not said to have: a register that forgets
        #: them is told again. Oldest first.
        self._gone: dict[str, float] = {}
        self._grace = timing.grace
        self._must_say_all = True
        #: It says something else of this process than was said: it is to forget all of it first.
        self._is_wrong = False
        #: Of whom there is something to say.
        self._holders: set[str] = set()
        self._addresses: set[str] = set()
        #: What it said in a round that was broken off.
        self._online: list[str] = []
        self._offline: list[str] = []

    async def tell(self, said: Said) -> Heard:
        """Say how things are here; all of it, where the register knows nothing of this process."""
        self._holders.update(said.holders)
        self._addresses.update(said.addresses)
        try:
            heard = None if self._must_say_all else await self._say_what_changed(said)
            if heard is None:
                self._must_say_all = True
                heard = await self._say_all(said)
        except _FAILURES as error:
            self._forget_passers_by(said)
            raise RegisterAwayError(str(error) or type(error).__name__) from error
        self._holders.clear()
        self._addresses.clear()
        return heard

    async def leave(self) -> None:
        """Say that this process ends, and hang up."""
        with suppress(*_FAILURES):
            await self._call(leaving=True)
        with suppress(*_FAILURES):
            await self._redis.aclose()

    # ------------------------------------------------------------------ what is said

    async def _say_what_changed(self, said: Said) -> Heard | None:
        return await self._say(said, list(self._holders), list(self._addresses), whole=False)

    async def _say_all(self, said: Said) -> Heard:
        # Whoever is here was told of before, or has come since.
        holders = self._told | self._holders | self._gone.keys()
        addresses = self._told_addresses | self._addresses
        heard = await self._say(said, list(holders), list(addresses), whole=True)
        assert heard is not None  # noqa: S101  whoever says all is not asked for it
        return heard

    def _forget_passers_by(self, said: Said) -> None:
        """Whoever came and went while the register was away is nobody's business: they may be many."""
        self._holders = {name for name in self._holders if name in self._told or said.of_holder(name)}
        self._addresses = {
            name for name in self._addresses if name in self._told_addresses or said.of_address(name)
        }

    async def _say(
        self, said: Said, holders: Sequence[str], addresses: Sequence[str], *, whole: bool
    ) -> Heard | None:
        """In pieces, each as things are when it is said; ``None`` where all has to be said."""
        answer: dict[str, Any] = {}
        for start in range(0, max(len(holders), len(addresses), 1), IN_ONE_CALL):
            counts = {holder: said.of_holder(holder) for holder in holders[start : start + IN_ONE_CALL]}
            at = {
                address: self._worth_telling(said.of_address(address))
                for address in addresses[start : start + IN_ONE_CALL]
            }
            answer = await self._call(
                total=said.total,
                staff=said.staff,
                seq=said.seq,
                whole=whole,
                mends=self._is_wrong,
                anew=self._is_wrong and start == 0,
                holders=[[holder, count, self._was_told_of(holder)] for holder, count in counts.items()],
                addresses=list(at.items()),
            )
            if answer["say_all"]:
                return None
            self._online += answer["online"]
            self._offline += answer["offline"]
            for holder in [*(holder for holder, count in counts.items() if count), *answer["gone"]]:
                self._gone.pop(holder, None)
            self._gone.update(dict.fromkeys(answer["gone"], float(answer["now"])))
            _remember(self._told, counts)
            _remember(self._told_addresses, at)
        self._life = answer["life"]
        # As after a failover to a Redis that had not heard the last of it yet.
        self._is_wrong = answer["kept"] != len(self._told) + len(self._told_addresses)
        self._must_say_all = self._is_wrong
        if answer["all_said"]:
            self._forget_who_was_said_to_have_gone(now=float(answer["now"]))
        return self._heard(answer)

    def _was_told_of(self, holder: str) -> bool:
        return holder in self._told or holder in self._gone

    def _forget_who_was_said_to_have_gone(self, *, now: float) -> None:
        for holder, since in list(self._gone.items()):
            if now - since < self._grace:
                break
            del self._gone[holder]

    def _worth_telling(self, count: int) -> int:
        return count if self._least and count >= self._least else 0

    async def _call(self, **words: Any) -> dict[str, Any]:
        said = {**self._always, "life": self._life, "new_life": secrets.token_hex(6), **words}
        if self._clock is not None:
            said["now"] = self._clock()
        answer: Sequence[Any] = await self._script(keys=self._keys, args=[orjson.dumps(said)])
        return _pairs(answer)

    def _heard(self, answer: Mapping[str, Any]) -> Heard:
        online, self._online = self._online, []
        offline, self._offline = self._offline, []
        return Heard(
            now=float(answer["now"]),
            total=answer["total"],
            staff=answer["staff"],
            users=answer["users"],
            online=online,
            offline=offline,
            holders=_pairs(answer["holders"]),
            addresses=_pairs(answer["addresses"]),
        )


def _remember(told: set[str], counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        if count:
            told.add(name)
        else:
            told.discard(name)


def _pairs(flat: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
