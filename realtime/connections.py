"""How many are connected, over all processes: each live one says its own number, and it fades when it stops.

A figure for people, kept in Redis because nobody misses it there. Who is connected (presence) is not here.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

import redis
import redis.asyncio
import structlog
from django.conf import settings

from realtime.announcer import PROCESS

if TYPE_CHECKING:
    from realtime.hub.hub import Hub

log = structlog.get_logger(__name__)

INTERVAL = 2.0
#: A number that was not renewed for this long is a process that has gone.
FADES_AFTER = 10.0
TIMEOUT = 0.25


def _key() -> str:
    return f"{settings.REDIS_PREFIX}:connections"


async def tell(hub: Hub) -> None:
    """Until cancelled, say how many connections this process has."""
    if not settings.REDIS_URL:
        return
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        while True:
            # The layer's reader says already when Redis is away.
            with suppress(redis.RedisError, OSError, TimeoutError):
                await client.hset(_key(), PROCESS, f"{len(hub.sessions)} {time.time():.0f}")
                await client.expire(_key(), 60)
            await asyncio.sleep(INTERVAL)
    finally:
        with suppress(redis.RedisError, OSError, TimeoutError):
            await client.hdel(_key(), PROCESS)
        await client.aclose()


def count(here: Hub | None) -> int:
    """Connections of all live processes; of this one alone where Redis can't be asked."""
    others = 0
    if settings.REDIS_URL:
        try:
            said = _client().hgetall(_key())
            others = _sum(said)
        except (redis.RedisError, OSError):
            log.info("the connection counts can't be read")
    return others + (len(here.sessions) if here is not None else 0)


def _sum(said: object) -> int:
    total = 0
    for process, text in said.items() if isinstance(said, dict) else ():
        number, _, moment = text.decode().partition(" ")
        if process.decode() != PROCESS and time.time() - float(moment) < FADES_AFTER:
            total += int(number)
    return total


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
