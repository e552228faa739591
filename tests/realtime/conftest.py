"""Fixtures of the live half: a channel layer of each test's own, and all of it in the test's own loop."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from functools import partialmethod

import pytest
from pytest_django.fixtures import Settings

from realtime import runtime
from realtime.courier import courier
from realtime.rights import RightsWatch
from tests.realtime.door import FRAMES, PLAIN, Door, serving
from tests.realtime.log import LiveHalf
from tests.realtime.telling import Told


@pytest.fixture(autouse=True)
def own_layer(settings: Settings) -> None:
    """Redis pub/sub knows no databases: without a prefix of its own a test would hear its neighbours."""
    prefix = f"test-{secrets.token_hex(6)}"
    settings.REDIS_PREFIX = prefix
    config = {"hosts": [settings.REDIS_URL], "prefix": prefix}
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": config}
    }


@pytest.fixture
def quiet_courier(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pokes: what the relay finds, it finds by itself."""
    monkeypatch.setattr(courier, "poke", lambda: None)


@pytest.fixture
def told(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What is told, where no live half runs."""
    listener = Told()
    monkeypatch.setattr(courier, "poke", lambda: None)
    monkeypatch.setattr(courier, "send", listener.hear)
    return listener


@pytest.fixture
def no_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights are looked at when somebody says so, and not by the clock."""
    monkeypatch.setattr(RightsWatch, "run", partialmethod(RightsWatch.run, interval=3_600.0))


@pytest.fixture
async def live_half(transactional_db: None) -> AsyncIterator[LiveHalf]:
    """The hub, the relay and the courier, in the test's own loop."""
    async with runtime.live():
        hub = await runtime.hub()
        assert await hub.ready()
        yield LiveHalf(hub)


@pytest.fixture(params=[FRAMES, PLAIN])
async def door(request: pytest.FixtureRequest, live_half: LiveHalf) -> AsyncIterator[Door]:
    """A server in the test's own loop, with both ways of writing to its sockets."""
    async with serving(request.param) as door:
        yield door
