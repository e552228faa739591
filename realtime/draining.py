"""The end of a live process, gently: readiness fails first, then connections are closed over a while.

Whoever was connected comes back to another process and goes on from where it was: nothing is lost. How long
it takes is for the settings to say; when the server itself ends is its own.
"""

from __future__ import annotations

import asyncio

import structlog

from realtime.consumers.shop.door import ShopDoor
from realtime.hub.hub import Hub

log = structlog.get_logger(__name__)


async def drain(hub: Hub, door: ShopDoor, *, notice: float, seconds: float) -> None:
    """Say that this process is not ready any more; after ``notice`` seconds, in which balancers may hear of
    it, close the connections over ``seconds``. With nobody connected it takes no time."""
    hub.is_draining = True
    if not (hub.sessions or door.endpoint.connections or door.forwarding.is_under_way):
        return
    log.info("draining", connections=len(hub.sessions))
    await asyncio.sleep(notice)
    door.endpoint.stop_admitting()
    await hub.drain(seconds=seconds)
    door.forwarding.release()
