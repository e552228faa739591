"""How many are connected, over all processes, for whoever asks from synchronous code.

A figure for people: where Redis can't be asked it is this process's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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

if TYPE_CHECKING:
    from realtime.hub.hub import Hub

log = structlog.get_logger(__name__)

TIMEOUT = 0.25


def count(here: Hub | None) -> int:
    """Connections of all live processes."""
    others = 0
    if settings.REDIS_URL:
        try:
            with _client(settings.REDIS_URL).pipeline(transaction=False) as asked:
                asked.time()
                asked.hgetall(key_of(settings.REDIS_PREFIX, "processes"))
                (seconds, _), said = asked.execute()
            others = _sum(said, now=seconds)
        except (redis.RedisError, OSError):
            log.info("the connection counts can't be read")
    return others + (len(here.sessions) if here is not None else 0)


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


def _sum(said: Mapping[str, str], *, now: int) -> int:
    total = 0
    for process, text in said.items():
        heard, connections, _ = text.split()
        if process != PROCESS and now - float(heard) < TIMING.dead:
            total += int(connections)
    return total


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
