"""Redis lost, restarted, deaf: events arrive all the same, and a sale does not feel it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from pytest_django import Settings

from config.embedded.redis import Redis
from realtime import announcer, layer, runtime
from realtime.announcer import Announcer
from realtime.consumers.websocket import PAYLOADS
from realtime.courier import Courier
from realtime.hub.hub import Hub
from realtime.hub.session import Session
from tests.realtime.imaginary import Ear, a_batch
from tests.realtime.log import publish, publish_soon, stock_reduced
from tests.realtime.people import away
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def use_redis(settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": [url], "prefix": "own"}}}


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub hears its news by the layer alone, as that of a process whose relay is not the one at work."""
    monkeypatch.setattr(runtime, "Announcer", lambda _hub: Announcer(None))
    monkeypatch.setattr(runtime, "is_own", lambda _message: False)


@asynccontextmanager
async def a_listener(room: str = "stock") -> AsyncIterator[tuple[Hub, Ear]]:
    async with runtime.live():
        hub = await runtime.hub()
        assert await hub.ready()
        ear = Ear()
        session = Session(wire=PAYLOADS, writer=ear)
        hub.open(session)
        hub.join(session, [room])
        yield hub, ear


async def test_a_redis_that_is_restarted_in_mid_stream_costs_no_event_and_news_come_by_it_again(
    own_redis: Redis, settings: Settings, another_process: None, caplog: pytest.LogCaptureFixture
) -> None:
    use_redis(settings, own_redis.url)
    async with a_listener() as (_hub, ear):
        for number in range(1, 6):
            await publish_soon(stock_reduced("prod_1", number))
        await until(lambda: len(ear.writes) == 5)
        await away(own_redis.stop)
        for number in range(6, 11):
            await publish_soon(stock_reduced("prod_1", number))
        await until(lambda: len(ear.writes) == 10)
        await away(own_redis.start)
        # Once the readers have found their way back, news are quick again: long before the hub would ask.
        quick = False
        for number in range(11, 200):
            began = time.monotonic()
            await publish_soon(stock_reduced("prod_1", number))
            await until(lambda count=number: len(ear.writes) == count)  # type: ignore[misc]
            if time.monotonic() - began < 0.1:
                quick = True
                break
            await asyncio.sleep(0.1)
        assert quick
    versions = [seq_of(payload) for payload in ear.writes]
    assert versions == list(range(1, len(versions) + 1))


def seq_of(payload: bytes) -> int:
    return int(json.loads(payload)["cursor"].partition("-")[2])


async def test_without_any_redis_from_the_start_events_arrive_within_seconds(
    own_redis: Redis, settings: Settings, another_process: None
) -> None:
    use_redis(settings, own_redis.url)
    await away(own_redis.stop)
    async with a_listener() as (_hub, ear):
        await publish_soon(stock_reduced("prod_1", 1))
        await until(lambda: len(ear.writes) == 1)


async def test_a_relay_and_a_hub_in_one_process_need_no_redis_to_be_quick(
    own_redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_redis(settings, own_redis.url)
    await away(own_redis.stop)
    # It does not come to ask the log by itself: what it hears it is told.
    monkeypatch.setattr(runtime, "Hub", partial(Hub, silence=3_600.0))
    async with a_listener() as (_hub, ear):
        for number in (1, 2):
            await publish_soon(stock_reduced("prod_1", number))
            await until(lambda count=number: len(ear.writes) == count)  # type: ignore[misc]


async def test_a_process_that_misses_messages_of_the_layer_misses_no_event(
    another_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = 0
    read = layer.read_message

    def half_deaf(message: dict[str, Any]) -> Any:
        nonlocal heard
        heard += 1
        if message["type"] == layer.BATCH and heard % 2:
            raise KeyError("this one was lost")
        return read(message)

    monkeypatch.setattr(layer, "read_message", half_deaf)
    async with a_listener() as (_hub, ear):
        for number in range(1, 61):
            await publish_soon(stock_reduced("prod_1", number))
        await until(lambda: len(ear.writes) == 60)
    assert [seq_of(payload) for payload in ear.writes] == list(range(1, 61))
    assert heard > 2


async def test_the_memory_layer_will_do_where_there_is_one_process(settings: Settings) -> None:
    settings.REDIS_URL = ""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    async with a_listener() as (_hub, ear):
        await publish_soon(*(stock_reduced("prod_1", number) for number in range(1, 301)))
        await until(lambda: len(ear.writes) == 300)


def test_a_sale_does_not_feel_a_dead_redis(
    own_redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_redis(settings, own_redis.url)
    carrier = Courier()
    monkeypatch.setattr("realtime.recorder.courier", carrier)
    monkeypatch.setattr("realtime.courier.SEND_TIMEOUT", 60.0)
    sending, is_over, send = threading.Event(), threading.Event(), layer.send

    async def send_at_last(group: str, message: dict[str, Any]) -> None:
        """Redis says nothing for as long as the sales take, and then it is dead."""
        sending.set()
        while not is_over.is_set():  # noqa: ASYNC110  of another thread
            await asyncio.sleep(0.005)
        await send(group, message)

    monkeypatch.setattr(layer, "send", send_at_last)
    own_redis.stop()
    publish(stock_reduced())
    assert sending.wait(10)
    for number in range(50):
        carrier.poke()
        if number % 10 == 0:
            publish(stock_reduced("prod_1", number))
    # Whoever waited would still be waiting.
    monkeypatch.setattr("realtime.courier.SEND_TIMEOUT", 1.0)
    is_over.set()
    carrier.stop()


def test_pokes_that_come_before_one_was_sent_are_one(settings: Settings) -> None:
    carrier = Courier()
    carrier._awaken = lambda: None  # type: ignore[method-assign]
    for _each in range(100):
        carrier.poke()
    assert list(carrier._notes) == [(layer.RELAY_GROUP, {"type": layer.POKE})]


async def test_pokes_gather_and_the_last_one_is_sent_too(monkeypatch: pytest.MonkeyPatch) -> None:
    apart = 0.05
    sent: list[float] = []

    async def send(group: str, message: dict[str, Any]) -> None:
        assert (group, message) == (layer.RELAY_GROUP, {"type": layer.POKE})
        sent.append(time.monotonic())

    monkeypatch.setattr(layer, "send", send)
    monkeypatch.setattr("realtime.courier.POKES_APART", apart)
    carrier = Courier()
    running = asyncio.create_task(carrier.run())
    while len(sent) < 6:
        carrier.poke()
        await asyncio.sleep(0)
    before = len(sent)
    carrier.poke()
    await until(lambda: len(sent) > before and not carrier._poke_is_waiting)
    running.cancel()
    # The first may have come late to its turn; none comes early.
    assert sent[-1] - sent[0] >= 0.99 * apart * (len(sent) - 2)


async def test_the_first_poke_waits_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    async def send(group: str, _message: dict[str, Any]) -> None:
        sent.append(group)

    monkeypatch.setattr(layer, "send", send)
    monkeypatch.setattr("realtime.courier.POKES_APART", 3_600.0)
    carrier = Courier()
    running = asyncio.create_task(carrier.run())
    carrier.poke()
    await until(lambda: sent == [layer.RELAY_GROUP])
    running.cancel()


async def test_what_a_command_leaves_with_the_courier_is_sent_before_its_process_ends(
    settings: Settings,
) -> None:
    heard: list[dict[str, Any]] = []
    following = asyncio.create_task(layer.follow(("test",), heard.append))

    def command(number: int) -> None:
        carrier = Courier()
        carrier.send("test", {"type": "test", "number": number})
        carrier.stop()
        assert carrier._notes == deque()

    async with asyncio.timeout(10):
        # Whoever follows says that it does by hearing something.
        while not heard:
            await layer.send("test", {"type": "test", "number": 0})
            await asyncio.sleep(0.01)

    def numbers() -> list[int]:
        return [one["number"] for one in heard if one["number"]]

    for number in range(1, 6):
        await away(lambda number=number: command(number))  # type: ignore[misc]
    await until(lambda: len(numbers()) == 5)
    assert numbers() == [1, 2, 3, 4, 5]
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def test_the_announcer_leaves_a_dead_layer_alone_for_a_while(
    own_redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_redis(settings, own_redis.url)
    await away(own_redis.stop)
    tell = Announcer()
    tries = 0
    send = layer.send

    async def counted(group: str, message: dict[str, Any]) -> None:
        nonlocal tries
        tries += 1
        await send(group, message)

    monkeypatch.setattr(layer, "send", counted)
    monkeypatch.setattr(announcer, "PAUSE_AFTER_FAILURE", 3_600.0)
    for _each in range(50):
        await tell(a_batch(1))
    assert tries == 1
