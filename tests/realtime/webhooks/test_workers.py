"""Several workers, and workers that die: whose a subscription is, and that nothing is missed or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import psycopg
import pytest
from django.db import connection

from realtime import runtime
from realtime.webhooks import services
from realtime.webhooks.models import WebhookSubscription
from realtime.webhooks.services import owning
from realtime.webhooks.services.outcomes import NotOurs
from tests.realtime.log import publish_soon, sql, stock_reduced
from tests.realtime.waiting import until
from tests.realtime.webhooks.conftest import QUICK, settled, subscribe
from tests.realtime.webhooks.receiver import Got, Receiver, slowly, status
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("relay")
async def test_two_workers_at_once_double_nothing(stack: AsyncExitStack, receiver: Receiver) -> None:
    await subscribe(receiver.url, "*")
    for _ in range(2):
        await stack.enter_async_context(runtime.delivering(QUICK))
    for version in range(1, 31):
        await publish_soon(*(stock_reduced(f"prod_{number}", version) for number in range(5)))
    await settled(150)
    assert receiver.doubled == {}
    assert all(receiver.versions(f"prod_{number}") == [*range(1, 31)] for number in range(5))


@pytest.mark.usefixtures("relay")
async def test_a_worker_that_ends_leaves_its_subscriptions_to_another_at_once(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    await subscribe(receiver.url)
    async with runtime.delivering(QUICK):
        await publish_soon(stock_reduced(version=1))
        await until(lambda: len(receiver.got) == 1)
    assert await sql("SELECT owner, owned_until FROM realtime_webhooksubscription") == [("", None)]
    await publish_soon(stock_reduced(version=2))
    await stack.enter_async_context(runtime.delivering(QUICK))
    await settled(2)
    assert receiver.doubled == {}


@pytest.fixture
def subscription() -> WebhookSubscription:
    made = services.create(url="http://127.0.0.1:1/", topics=["*"])
    services.own(owner="first")
    return made


def owner() -> str:
    return WebhookSubscription.objects.get().owner


def test_what_one_has_another_does_not_get_before_the_lease_has_run_out(
    subscription: WebhookSubscription,
) -> None:
    assert list(services.own(owner="second").targets) == []
    assert owner() == "first"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE realtime_webhooksubscription SET owned_until = now() - interval '1 second'")
    assert [target.id for target in services.own(owner="second").targets] == [subscription.id]
    assert list(services.own(owner="first").targets) == []
    assert owner() == "second"


def test_one_that_has_lost_a_subscription_writes_nothing_of_it(subscription: WebhookSubscription) -> None:
    WebhookSubscription.objects.update(owner="second")
    with pytest.raises(NotOurs):
        services.record_outcomes(
            subscription_id=subscription.id, owner="first", epoch=subscription.epoch, seq=9, outcomes=[]
        )
    assert services.begin(subscription_id=subscription.id, owner="first") is None
    services.stop(subscription_id=subscription.id, owner="first", reason="no")
    found = WebhookSubscription.objects.get()
    assert (found.seq, found.state, found.owner) == (subscription.seq, "active", "second")


@pytest.mark.usefixtures("relay")
async def test_without_the_lease_two_workers_double_everything(
    stack: AsyncExitStack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each takes what it likes."""
    await subscribe(receiver.url)
    monkeypatch.setattr(
        owning, "_TAKE", "UPDATE realtime_webhooksubscription SET owner = %(owner)s, owned_until = now()"
    )
    monkeypatch.setattr(owning, "_RENEW", owning._TAKE)

    async def wait_for_the_other(got: Got, writer: asyncio.StreamWriter) -> bool:
        # Shorter than anybody waits for an answer: it is nobody's second try.
        await until(lambda: bool(receiver.doubled), within=9)
        return await status(200)(got, writer)

    receiver.answer = lambda _got: wait_for_the_other
    for _ in range(2):
        await stack.enter_async_context(runtime.delivering(QUICK))
    await publish_soon(stock_reduced(version=1))
    await until(lambda: bool(receiver.doubled), within=9)


# --------------------------------------------------------------------------------------- processes


@pytest.fixture
def shop(start_server: Callable[..., ServerProcess]) -> Callable[..., ServerProcess]:
    """Starts processes of one shop, the first of which makes its tables."""
    first: list[ServerProcess] = []

    def start(role: str) -> ServerProcess:
        options = {"database_url": first[0].database_url} if first else {}
        env = {"STOCKWIRE_WEBHOOK_NETWORKS": "127.0.0.0/8"}
        if first:
            env["STOCKWIRE_REDIS_PREFIX"] = first[0].env["STOCKWIRE_REDIS_PREFIX"]
        server = start_server(role=role, env=env, **options)
        first.append(server)
        return server

    return start


_EVENT = """
INSERT INTO realtime_event (public_id, type, subject, version, data, extra)
SELECT 'evt_' || n, 'stock.reduced', 'prod_' || n %% 20, n / 20,
    format('{"product_id": "prod_%%s"}', n %% 20), ''
FROM generate_series(%s::int, %s::int) AS n
"""


@pytest.mark.end_to_end
async def test_a_worker_killed_in_the_middle_misses_nothing_and_another_goes_on(
    shop: Callable[..., ServerProcess], receiver: Receiver
) -> None:
    web = await asyncio.to_thread(shop, "all")
    made = await asyncio.to_thread(
        web.manage, "shell", "-c",
        f"from realtime.webhooks.services import create; create(url={receiver.url!r}, topics=['*'])",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    receiver.answer = lambda _got: slowly(0.01)
    async with await psycopg.AsyncConnection.connect(web.database_url, autocommit=True) as database:
        await database.execute(_EVENT, [20, 1019])
        await until(lambda: len(receiver.got) > 200, within=30)
        await asyncio.to_thread(web.kill)
        before = len(receiver.got)
        await database.execute(_EVENT, [1020, 2019])
        await asyncio.to_thread(shop, "worker")
        await until(lambda: len(set(receiver.ids)) == 2000, within=90)
    assert before < 1000
    # What was on its way, or not yet written down, comes once more; in order all the same.
    assert len(receiver.doubled) < 400
    for number in range(20):
        versions = receiver.versions(f"prod_{number}")
        assert versions == list(range(1, 101)), number
