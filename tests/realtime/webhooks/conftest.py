"""Fixtures of the webhooks: receivers, and a worker's deliverer in the test's own loop."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import LiteralString, TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from pytest_django.fixtures import Settings

from realtime import runtime
from realtime.webhooks import services
from realtime.webhooks.models import WebhookSubscription
from realtime.webhooks.pace import Pace
from tests.realtime.log import sql
from tests.realtime.webhooks.receiver import Receiver, receiving

#: As in real life, only sooner.
QUICK = Pace(timeout=10.0, first_pause=0.05, longest_pause=0.4, longest_probe_pause=0.3)

T = TypeVar("T")


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings: Settings) -> None:
    settings.STOCKWIRE_WEBHOOK_NETWORKS = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def stack(transactional_db: None) -> AsyncIterator[AsyncExitStack]:
    """What is entered here is left at the end of the test."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def relay(stack: AsyncExitStack) -> None:
    """Numbers what is published."""
    await stack.enter_async_context(runtime.relaying())


async def in_thread(work: Callable[[], T]) -> T:
    """Synchronous work with the database, from the test's loop."""

    def do() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await sync_to_async(do, thread_sensitive=False)()


async def subscribe(url: str, *topics: str) -> WebhookSubscription:
    return await in_thread(lambda: services.create(url=url, topics=topics or ("*",)))


async def until_it_is(question: LiteralString, answer: object) -> None:
    """Until the database gives this answer."""
    found: object = None
    async with asyncio.timeout(20):
        while True:
            ((found,),) = await sql(question)
            if found == answer:
                return
            await asyncio.sleep(0.02)


async def settled(number: int) -> None:
    """Until so many deliveries are written down as delivered; no more."""
    await until_it_is("SELECT count(*) FROM realtime_webhookdelivery WHERE status = 'delivered'", number)
