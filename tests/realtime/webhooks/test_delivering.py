"""Events on their way to a shop's own server, however that server behaves."""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import AsyncExitStack
from typing import Any

import pytest
from standardwebhooks import Webhook

from realtime import runtime
from realtime.webhooks import services
from realtime.webhooks.models import WebhookDelivery, WebhookSubscription
from tests.realtime.happenings.stock import came_back, told_back
from tests.realtime.log import publish_soon, sql, stock_low, stock_reduced
from tests.realtime.waiting import until
from tests.realtime.webhooks.conftest import QUICK, in_thread, settled, subscribe, until_it_is
from tests.realtime.webhooks.receiver import (
    Got,
    Receiver,
    close_mid_answer,
    hang_up,
    receiving,
    slowly,
    stall,
    status,
    talk_for_ever,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("relay")]


#: With receivers that never answer.
IMPATIENT = dataclasses.replace(QUICK, timeout=1.0)


async def start(stack: AsyncExitStack, pace: Any = QUICK) -> None:
    await stack.enter_async_context(runtime.delivering(pace))


async def deliveries() -> list[tuple[Any, ...]]:
    """`(type, subject, status, attempts, status code, problem)`, in the order of the log."""
    return await sql(
        "SELECT type, subject, status, attempts, status_code, problem FROM realtime_webhookdelivery"
        " ORDER BY subscription_id, seq"
    )


async def test_an_event_is_posted_as_ws_has_it_and_signed_as_the_standard_says(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    subscription = await subscribe(receiver.url)
    await start(stack)
    await publish_soon(stock_reduced(version=7))
    await until(lambda: len(receiver.got) == 1)
    (got,) = receiver.got
    verified = Webhook(subscription.secret).verify(got.body, got.headers)
    assert verified == got.event
    ((event_id, epoch, seq),) = await sql(
        "SELECT e.public_id, h.epoch, e.seq FROM realtime_event e, realtime_eventhead h"
    )
    assert (got.id, got.headers["content-type"]) == (event_id, "application/json")
    assert {name: got.event[name] for name in ("id", "type", "cursor", "version")} == {
        "id": event_id,
        "type": "stock.reduced",
        "cursor": f"{epoch}-{seq}",
        "version": 7,
    }
    assert got.event["data"]["sku"] == "MUG-M"
    assert set(got.event) == {"id", "type", "data", "timestamp", "cursor", "version"}
    await settled(1)
    assert await deliveries() == [("stock.reduced", "prod_1", "delivered", 1, 200, "")]


async def test_only_what_is_subscribed_to_comes_and_from_the_subscription_on(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    await publish_soon(stock_low())
    await until_numbered(1)
    await subscribe(receiver.url, "stock.low", "order.*")
    await start(stack)
    await publish_soon(stock_reduced(), stock_low(), stock_reduced(version=2))
    await until(lambda: len(receiver.got) == 1)
    await until_place(4)
    assert [got.event["type"] for got in receiver.got] == ["stock.low"]


@pytest.mark.parametrize("topics", [("*",), ("stock.*",)])
async def test_what_wishers_are_told_is_posted_once_as_what_it_tells_of(
    stack: AsyncExitStack, receiver: Receiver, topics: tuple[str, ...]
) -> None:
    await subscribe(receiver.url, *topics)
    await start(stack)
    await publish_soon(came_back(), told_back(), told_back(), stock_reduced(version=9))
    await until(lambda: len(receiver.got) == 2)
    await until_place(4)
    assert [got.event["type"] for got in receiver.got] == ["stock.back", "stock.reduced"]


async def until_numbered(number: int) -> None:
    await until_it_is("SELECT count(*) FROM realtime_event WHERE seq IS NOT NULL", number)


async def until_place(seq: int) -> None:
    """Until each subscription's place is so far."""
    await until_it_is("SELECT min(seq) FROM realtime_webhooksubscription", seq)


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        (status(500, "out of order"), "Answered 500"),
        (status(404), "Answered 404"),
        (status(302, location="http://127.0.0.1:1/"), "Answered 302: redirects are not followed"),
        (stall, "No answer within 1 seconds"),
        (close_mid_answer, "Broken off: "),
        (hang_up, "Broken off: "),
    ],
    ids=["500", "404", "redirect", "stalls", "closes mid-answer", "hangs up"],
)
async def test_whatever_the_server_does_for_a_while_each_event_arrives_and_in_order(
    stack: AsyncExitStack, receiver: Receiver, trouble: Any, problem: str
) -> None:
    spoilt = 4

    def answer(_got: Got) -> Any:
        nonlocal spoilt
        spoilt -= 1
        return trouble if spoilt >= 0 else status(200, "thanks")

    receiver.answer = answer
    subscription = await subscribe(receiver.url)
    await start(stack, IMPATIENT if trouble is stall else QUICK)
    products = [f"prod_{number}" for number in range(3)]
    for version in range(1, 6):
        await publish_soon(*(stock_reduced(product, version) for product in products))
    await settled(15)
    for product in products:
        assert receiver.versions(product) == [1, 2, 3, 4, 5]
    failed = [row for row in await rows() if row.attempts > 1]
    assert sum(row.attempts - 1 for row in failed) == 4
    assert all(entry["problem"].startswith(problem) for row in failed for entry in row.history)
    # The same event under the same id, and each signature good.
    verify = Webhook(subscription.secret).verify
    assert all(verify(got.body, got.headers)["id"] == got.id for got in receiver.got)
    assert len(receiver.got) == 19


async def rows() -> list[WebhookDelivery]:
    return await in_thread(lambda: list(WebhookDelivery.objects.order_by("seq")))


async def subscription_now() -> WebhookSubscription:
    return await in_thread(WebhookSubscription.objects.get)


async def test_an_answer_without_an_end_is_cut_and_counts(stack: AsyncExitStack, receiver: Receiver) -> None:
    receiver.answer = lambda _got: talk_for_ever
    await subscribe(receiver.url)
    await start(stack)
    await publish_soon(stock_reduced())
    await settled(1)
    (row,) = await rows()
    assert (row.status_code, row.answer) == (200, "x" * 500)


async def test_what_fails_of_one_product_holds_back_that_product_and_no_other(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    receiver.answer = lambda got: status(500 if got.subject == "prod_a" and is_broken else 200)
    is_broken = True
    await subscribe(receiver.url)
    await start(stack)
    await publish_soon(stock_reduced("prod_a", 1))
    await until(lambda: len(receiver.got) == 1)
    for version in range(2, 6):
        await publish_soon(stock_reduced("prod_a", version), stock_reduced("prod_b", version))
    await settled(4)
    assert receiver.versions("prod_b") == [2, 3, 4, 5]
    assert receiver.versions("prod_a") == [1]
    # The place goes past what is held: each has a row of its own.
    await until_place(9)
    assert [row.status for row in await rows() if row.subject == "prod_a"] == ["waiting"] * 5
    is_broken = False
    await settled(9)
    assert receiver.versions("prod_a") == [1, 2, 3, 4, 5]


async def test_a_server_that_never_answers_delays_no_other(stack: AsyncExitStack, receiver: Receiver) -> None:
    async with receiving() as stalled:
        stalled.answer = lambda _got: stall
        await subscribe(stalled.url)
        await subscribe(receiver.url)
        await start(stack, IMPATIENT)
        for version in range(1, 21):
            await publish_soon(*(stock_reduced(f"prod_{number}", version) for number in range(5)))
        await until(lambda: len(receiver.got) == 100, within=30)
        assert receiver.doubled == {}
        # And it is not overrun: so many at once, and one by one once it is known to be down.
        assert stalled.most_open <= 10


async def test_a_slow_server_gets_everything_side_by_side(stack: AsyncExitStack, receiver: Receiver) -> None:
    receiver.answer = lambda _got: slowly(0.1)
    await subscribe(receiver.url)
    await start(stack)
    await publish_soon(*(stock_reduced(f"prod_{number}", 1) for number in range(40)))
    await settled(40)
    assert receiver.most_open == 10
    assert receiver.doubled == {}


async def test_while_a_server_is_down_something_new_is_tried_now_and_then(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    """Five products that it will never take must not be taken for a server that is down for all."""
    poison = {f"prod_{number}" for number in range(6)}
    receiver.answer = lambda got: status(400 if got.subject in poison else 200)
    await subscribe(receiver.url)
    await start(stack)
    await publish_soon(*(stock_reduced(product, 1) for product in sorted(poison)))
    await until(lambda: len(receiver.got) >= 6)
    await publish_soon(stock_reduced("prod_good", 1))
    await until(lambda: receiver.versions("prod_good") == [1])


async def test_410_stops_it_at_once_and_it_goes_on_when_resumed(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    receiver.answer = lambda _got: status(410)
    subscription = await subscribe(receiver.url)
    await start(stack)
    await publish_soon(stock_reduced(version=1), stock_reduced(version=2))
    await until_state("stopped")
    assert (await subscription_now()).reason == "The receiver answered 410: it wants no more of this"
    assert len(receiver.got) == 1
    receiver.answer = lambda _got: status(200)
    await in_thread(lambda: services.resume(subscription_id=subscription.id))
    await settled(2)
    assert receiver.versions("prod_1") == [1, 2]
    assert (await subscription_now()).state == "active"


async def until_state(state: str) -> None:
    await until_it_is("SELECT max(state) FROM realtime_webhooksubscription", state)


async def test_after_a_day_of_failures_it_is_stopped_and_says_why_and_nothing_is_lost(
    stack: AsyncExitStack, receiver: Receiver
) -> None:
    receiver.answer = lambda _got: status(500, "no")
    subscription = await subscribe(receiver.url)
    short = dataclasses.replace(QUICK, give_up_after=dt.timedelta(seconds=0.5), give_up_attempts=4)
    await start(stack, short)
    await publish_soon(stock_reduced(version=1), stock_reduced(version=2))
    await until_state("stopped")
    stopped = await subscription_now()
    assert stopped.reason.startswith("stock.reduced of prod_1 (evt_")
    assert stopped.reason.endswith(": Answered 500")
    assert stopped.failing_since is not None
    assert [row[2] for row in await deliveries()] == ["waiting", "waiting"]
    tried = len(receiver.got)
    assert tried >= 4
    receiver.answer = lambda _got: status(200)
    await in_thread(lambda: services.resume(subscription_id=subscription.id))
    await settled(2)
    assert receiver.versions("prod_1") == [1, 2]
    assert len(receiver.got) == tried + 2
    assert (await subscription_now()).failing_since is None
