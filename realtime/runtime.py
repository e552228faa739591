"""What runs in a process besides its door: the hub, the relay, the courier, the crier, and the readers that
feed them.

`live` is for processes with listeners, `relaying` for those without (the worker), `delivering` for the
worker's webhooks; all are async context managers. Settings are read here and nowhere else in the live half.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings

from config.kernel.ending import end
from realtime import draining, layer, retention
from realtime.announcer import PROCESS, Announcer, is_own
from realtime.consumers.shop.door import ShopDoor
from realtime.courier import courier
from realtime.hub.hub import Hub, HubLimits
from realtime.presence.alone import OwnRegister
from realtime.presence.floor import Floor
from realtime.presence.register import Register
from realtime.presence.shared import SharedRegister
from realtime.records import Batch, Head
from realtime.relay import Relay
from realtime.rights import RightsWatch
from realtime.source import PostgresSource
from realtime.threads import changes, threads
from realtime.webhooks.deliverer import Deliverer
from realtime.webhooks.pace import Pace
from realtime.webhooks.posting import Poster
from realtime.wishers.crier import Crier

log = structlog.get_logger(__name__)

_doors: WeakKeyDictionary[asyncio.AbstractEventLoop, ShopDoor] = WeakKeyDictionary()
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()
_starting: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_stacks: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncExitStack] = WeakKeyDictionary()


def limits() -> HubLimits:
    """The hub's limits, as set."""
    return HubLimits(
        per_holder=settings.STOCKWIRE_CONNECTIONS_PER_USER,
        per_address=settings.STOCKWIRE_CONNECTIONS_PER_ADDRESS,
    )


def register(limits: HubLimits) -> Register:
    """Where processes tell one another who is here: Redis, or nowhere where there is one process only."""
    if not settings.REDIS_URL:
        return OwnRegister()
    return SharedRegister(
        settings.REDIS_URL,
        prefix=settings.REDIS_PREFIX,
        process=PROCESS,
        per_holder=limits.per_holder,
        per_address=limits.per_address,
    )


def local_hub() -> Hub | None:
    """Any hub of this process, for whoever only counts."""
    return next(iter(_hubs.values()), None)


async def hub() -> Hub:
    """The hub of the running loop. Servers that know no lifespan (`runserver`) get theirs at the first
    connection."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        async with _starting.setdefault(loop, asyncio.Lock()):
            if loop not in _hubs:
                # It ends with the process: nobody tells us when such a server does.
                stack = _stacks[loop] = AsyncExitStack()
                await stack.enter_async_context(live())
        found = _hubs[loop]
    return found


async def shop_door() -> ShopDoor:
    """What the running loop has for Socket.IO clients."""
    await hub()
    return _doors[asyncio.get_running_loop()]


def is_draining() -> bool:
    """Whether this process is about to end, and wants no newcomers. From any thread."""
    return any(found.is_draining for found in list(_hubs.values()))


async def drain() -> None:
    """Send everybody who is connected to the running loop elsewhere, over a while."""
    loop = asyncio.get_running_loop()
    if loop in _hubs:
        await draining.drain(
            _hubs[loop],
            _doors[loop],
            notice=settings.STOCKWIRE_DRAIN_NOTICE,
            seconds=settings.STOCKWIRE_DRAIN_SECONDS,
        )


@asynccontextmanager
async def live() -> AsyncIterator[None]:
    """Everything that a process with listeners needs."""
    loop = asyncio.get_running_loop()
    source = PostgresSource()
    await source.open()
    the_hub = Hub(source=source, limits=limits())

    def tell_others(pid: str) -> None:
        courier.send(layer.EPHEMERAL_GROUP, layer.taken_over_message(pid, by=PROCESS))

    rights = RightsWatch(the_hub)
    door = ShopDoor(the_hub, tell_others=tell_others)
    floor = Floor(the_hub, register(the_hub.limits))

    def hear(message: dict[str, Any]) -> None:
        if message["type"] == layer.EPHEMERAL:
            for record in layer.read_ephemeral(message):
                floor.hear(record)
        elif message["type"] == layer.RIGHTS_CHANGED:
            rights.nudge(message.get("rooms"))
        elif is_own(message):
            return
        elif message["type"] == layer.TAKEN_OVER:
            door.visitors.end(message["pid"])
        else:
            the_hub.offer(layer.read_message(message))

    await _tidy_log()
    the_hub.start()
    door.forwarding.start()
    floor.start()
    _hubs[loop] = the_hub
    _doors[loop] = door
    try:
        async with (
            _running("layer reader", layer.follow((layer.LOG_GROUP, layer.EPHEMERAL_GROUP), hear)),
            _running("rights", rights.run()),
            relaying(the_hub),
        ):
            yield
    finally:
        del _hubs[loop], _doors[loop]
        door.endpoint.stop_admitting()
        await the_hub.stop()
        await door.endpoint.stop()
        await door.forwarding.stop()
        await floor.stop()
        await source.close()
        await changes.close()
        await threads.close()


@asynccontextmanager
async def relaying(the_hub: Hub | None = None) -> AsyncIterator[None]:
    """A relay, the courier, and who tells those who wished, in the running loop."""
    announcer, crier = Announcer(the_hub), Crier()

    async def publish(news: Batch | Head) -> None:
        if isinstance(news, Batch):
            crier.hear(news)
        await announcer(news)

    relay = Relay(publish=publish)

    def hear(_message: dict[str, Any]) -> None:
        relay.poke()

    detach = courier.attach_relay(relay.poke)
    try:
        async with (
            _running("courier", courier.run()),
            _running("relay", relay.run()),
            _running("crier", crier.run()),
            _running("pokes", layer.follow((layer.RELAY_GROUP,), hear)),
        ):
            yield
    finally:
        detach()


@asynccontextmanager
async def delivering(pace: Pace | None = None) -> AsyncIterator[None]:
    """Outgoing webhooks, in the running loop."""
    pace = pace or Pace()
    networks = settings.STOCKWIRE_WEBHOOK_NETWORKS
    async with (
        Poster(networks=networks, timeout=pace.timeout) as poster,
        _running("webhooks", Deliverer(poster=poster, pace=pace).run()),
    ):
        yield


@asynccontextmanager
async def _running(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        await end(task)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task of the live half has ended", task=task.get_name(), exc_info=error)


async def _tidy_log() -> None:
    """The log's days: a process that starts must not depend on a worker having run."""

    def tidy() -> None:
        try:
            retention.maintain()
        except Exception as error:  # noqa: BLE001  without a database the rest of the house waits for one too
            log.warning("the log's days could not be looked after", error=str(error).strip())

    await threads.run(tidy)
