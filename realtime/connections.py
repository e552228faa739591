"""How many are connected, over all processes, for whoever asks from synchronous code.

A figure for people: where Redis can't be asked it is this process's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.announcer import PROCESS
from realtime.presence.register import TIMING
from realtime.presence.shared import key_of
from realtime.principals import Principal

if TYPE_CHECKING:
    from realtime.hub.hub import Hub

log = structlog.get_logger(__name__)

TIMEOUT = 0.25


@dataclass(frozen=True, slots=True)
class LiveProcess:
    """A process with listeners: how many connections it has, how many of them are of staff, how many
    seconds ago it said so, and where in the log its hub was."""

    name: str
    connections: int
    staff: int
    silent_for: float
    seq: int
    is_here: bool = False


def count(here: Hub | None) -> int:
    """Connections of all live processes."""
    return sum(process.connections for process in processes(here))


def processes(here: Hub | None) -> list[LiveProcess]:
    """All live processes; this one, where it has listeners, as it knows itself."""
    found = [process for process in _said() if not process.is_here]
    if here is not None:
        staff = sum(_is_staff(session.principal) for session in list(here.sessions))
        found.append(LiveProcess(PROCESS, len(here.sessions), staff, 0.0, here.seq, is_here=True))
    return sorted(found, key=lambda process: process.name)


def _is_staff(principal: object) -> bool:
    return isinstance(principal, Principal) and principal.is_staff


def _said() -> list[LiveProcess]:
    if not settings.REDIS_URL:
        return []
    try:
        with _client(settings.REDIS_URL).pipeline(transaction=False) as asked:
            asked.time()
            asked.hgetall(key_of(settings.REDIS_PREFIX, "processes"))
            (seconds, _), said = asked.execute()
    except (redis.RedisError, OSError):
        log.info("the connection counts can't be read")
        return []
    return list(_read(said, now=seconds))


def _read(said: Mapping[str, str], *, now: int) -> Iterator[LiveProcess]:
    for name, text in said.items():
        heard, connections, staff, seq = text.split()
        silent_for = now - float(heard)
        if silent_for < TIMING.dead:
            yield LiveProcess(
                name, int(connections), int(staff), max(0.0, silent_for), int(seq), is_here=name == PROCESS
            )


def who_is_here(user_ids: Collection[str]) -> set[str]:
    """Of these users those who have a connection; as far as Redis can be asked, and nobody where it can't."""
    asked = list(user_ids)
    if not settings.REDIS_URL or not asked:
        return set()
    holders = key_of(settings.REDIS_PREFIX, "holders")
    try:
        counts = _client(settings.REDIS_URL).zmscore(holders, [f"user:{user_id}" for user_id in asked])
    except (redis.RedisError, OSError):
        log.info("who is here can't be read")
        return set()
    return {user_id for user_id, count in zip(asked, counts, strict=True) if count}


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
