"""A subscription's place in the log: kept while it is paused, and said to be lost where it is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from realtime import runtime
from realtime.services import begin_new_epoch
from realtime.webhooks import deliverer, services
from realtime.webhooks.models import WebhookSubscription
from realtime.webhooks.services import Owned
from tests.realtime.log import publish_soon, sql, stock_reduced
from tests.realtime.waiting import until
from tests.realtime.webhooks.conftest import QUICK, in_thread, settled, subscribe, until_it_is
from tests.realtime.webhooks.receiver import Receiver, status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("relay")]


async def numbered(number: int) -> None:
    await until_it_is("SELECT count(*) FROM realtime_event WHERE seq IS NOT NULL", number)


async def test_what_happens_while_it_is_paused_comes_when_it_is_resumed(
    stack: AsyncExitStack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    own = services.own

    def look(*, owner: str) -> Owned:
        looks.append(owner)
        return own(owner=owner)

    monkeypatch.setattr(services, "own", look)
    monkeypatch.setattr(deliverer, "OWN_SECONDS", 0.1)
    subscription = await subscribe(receiver.url)
    await stack.enter_async_context(runtime.delivering(QUICK))
    await publish_soon(stock_reduced(version=1))
    await settled(1)
    await in_thread(lambda: services.pause(subscription_id=subscription.id))
    before = len(looks)
    # The first may have begun before the pause; when the third begins, the worker has done by the second.
    await until(lambda: len(looks) >= before + 3)
    await publish_soon(stock_reduced(version=2), stock_reduced(version=3))
    await numbered(3)
    await asyncio.sleep(0.5)
    assert receiver.versions("prod_1") == [1]
    await in_thread(lambda: services.resume(subscription_id=subscription.id))
    await settled(3)
    assert receiver.versions("prod_1") == [1, 2, 3]
    assert receiver.doubled == {}


async def test_a_log_that_does_not_go_back_far_enough_is_said_before_anything_else(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    await subscribe(receiver.url)
    await publish_soon(*(stock_reduced(version=version) for version in range(1, 6)))
    await numbered(5)
    # As the retention does it: what is gone, and up to where, in one transaction.
    await sql(
        "WITH gone AS (DELETE FROM realtime_event WHERE seq <= 3) UPDATE realtime_eventhead SET floor = 3"
    )
    tries = 2

    def answer(_got: object) -> object:
        nonlocal tries
        tries -= 1
        return status(500 if tries >= 0 else 200)

    receiver.answer = answer  # type: ignore[assignment]  # of whatever it got
    await stack.enter_async_context(runtime.delivering(QUICK))
    await settled(3)
    ((epoch,),) = await sql("SELECT epoch FROM realtime_eventhead")
    assert [(got.event["type"], got.event["cursor"]) for got in receiver.got] == [
        *[("reset", f"{epoch}-3")] * 3,
        ("stock.reduced", f"{epoch}-4"),
        ("stock.reduced", f"{epoch}-5"),
    ]
    assert receiver.got[0].event["data"] == {"reason": "expired"}
    assert len({got.id for got in receiver.got[:3]}) == 1
    found = await in_thread(WebhookSubscription.objects.get)
    assert "the log does not go back far enough" in found.notice


async def test_a_log_that_begins_anew_is_said_and_what_waited_is_discarded(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    receiver.answer = lambda _got: status(500)
    await subscribe(receiver.url)
    await stack.enter_async_context(runtime.delivering(QUICK))
    await publish_soon(stock_reduced(version=1), stock_reduced(version=2))
    await until_it_is("SELECT count(*) FROM realtime_webhookdelivery WHERE status = 'waiting'", 2)
    receiver.answer = lambda got: status(500 if got.event["type"] != "reset" else 200)
    await in_thread(begin_new_epoch)
    await until_it_is("SELECT count(*) FROM realtime_webhookdelivery WHERE status = 'delivered'", 1)
    receiver.answer = lambda _got: status(200)
    await publish_soon(stock_reduced(version=3))
    await settled(2)
    assert await sql("SELECT type, subject, status FROM realtime_webhookdelivery ORDER BY seq, id") == [
        ("stock.reduced", "prod_1", "discarded"),
        ("stock.reduced", "prod_1", "discarded"),
        ("reset", "epoch_changed", "delivered"),
        ("stock.reduced", "prod_1", "delivered"),
    ]
    resets = [got for got in receiver.got if got.event["type"] == "reset"]
    assert [got.event["data"] for got in resets] == [{"reason": "epoch_changed"}]
    assert receiver.got[-1].version == 3


async def test_sent_again_is_the_same_event_once_more_and_out_of_its_turn(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    await subscribe(receiver.url)
    await stack.enter_async_context(runtime.delivering(QUICK))
    await publish_soon(stock_reduced(version=1), stock_reduced(version=2))
    await settled(2)
    ((number,),) = await sql("SELECT id FROM realtime_webhookdelivery ORDER BY seq LIMIT 1")
    await in_thread(lambda: services.send_again(delivery_id=number))
    await until(lambda: len(receiver.got) == 3)
    await until_it_is("SELECT count(*) FROM realtime_webhookdelivery WHERE resend_at IS NOT NULL", 0)
    assert receiver.got[2].id == receiver.got[0].id
    assert receiver.got[2].body == receiver.got[0].body
    assert await sql(
        "SELECT attempts, status, jsonb_array_length(history) FROM realtime_webhookdelivery ORDER BY seq"
    ) == [
        (2, "delivered", 1),
        (1, "delivered", 0),
    ]


async def test_what_is_given_up_lets_those_behind_it_go(stack: AsyncExitStack, receiver: Receiver) -> None:
    receiver.answer = lambda got: status(422 if got.version == 1 else 200)
    await subscribe(receiver.url)
    await stack.enter_async_context(runtime.delivering(QUICK))
    await publish_soon(*(stock_reduced(version=version) for version in (1, 2, 3)))
    await until_it_is("SELECT count(*) FROM realtime_webhookdelivery WHERE attempts > 0", 1)
    ((number,),) = await sql("SELECT id FROM realtime_webhookdelivery WHERE attempts > 0")
    await in_thread(lambda: services.discard(delivery_id=number))
    await settled(2)
    assert receiver.versions("prod_1") == [1, 2, 3]
    assert await sql("SELECT status FROM realtime_webhookdelivery ORDER BY seq") == [
        ("discarded",), ("delivered",), ("delivered",),
    ]  # fmt: skip


async def test_a_new_secret_signs_beside_the_old_one(stack: AsyncExitStack, receiver: Receiver) -> None:
    from standardwebhooks import Webhook

    subscription = await subscribe(receiver.url)
    new = await in_thread(lambda: services.rotate_secret(subscription_id=subscription.id))
    await stack.enter_async_context(runtime.delivering(QUICK))
    await publish_soon(stock_reduced())
    await until(lambda: len(receiver.got) == 1)
    (got,) = receiver.got
    for secret in (subscription.secret, new):
        assert Webhook(secret).verify(got.body, got.headers)["id"] == got.id
    assert len(got.headers["webhook-signature"].split(" ")) == 2
