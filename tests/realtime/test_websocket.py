"""`/ws` as clients see it, message by message, over a real socket and both ways of writing to it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from config.identity.models import Role
from realtime.courier import courier
from tests.realtime.door import Door
from tests.realtime.log import product_updated, publish_soon, stock_low, stock_reduced
from tests.realtime.people import a_person

pytestmark = pytest.mark.django_db(transaction=True)


async def test_who_connects_and_says_nothing_is_greeted_and_hears_every_product(door: Door) -> None:
    caller = await door.call()
    assert set(caller.hello) == {"type", "cursor", "heartbeat", "server_time"}
    assert caller.hello["heartbeat"] == 25
    await publish_soon(stock_reduced(), product_updated())
    event = await caller.hear()
    assert set(event) == {"id", "type", "data", "timestamp", "cursor", "version"}
    assert event["type"] == "product.updated"
    assert event["version"] == 2
    assert event["data"] == {
        "product_id": "prod_1",
        "action": "updated",
        "product": {"id": "prod_1", "base_title": "Tasse ☕\nzweite Zeile"},
    }
    assert await caller.hears_nothing()


async def test_a_subscription_says_what_was_granted_and_what_was_not(door: Door) -> None:
    caller = await door.call()
    answer = await caller.ask(
        type="subscribe",
        ref=[1, {"a": 2}],
        topics=["stock", "stock", "admin", "me", "nonsense", "product:p 1"],
    )
    assert answer == {
        "type": "subscribed",
        "topics": ["stock"],
        "refused": [
            {"topic": "admin", "code": "not_authenticated"},
            {"topic": "me", "code": "not_authenticated"},
            {"topic": "nonsense", "code": "unknown_topic"},
            {"topic": "product:p 1", "code": "unknown_topic"},
        ],
        "cursor": caller.hello["cursor"],
        "ref": [1, {"a": 2}],
    }
    await publish_soon(stock_reduced())
    assert (await caller.hear_of("stock.reduced"))["data"]["product_id"] == "prod_1"


async def test_each_topic_hears_its_own_and_an_event_of_several_topics_comes_once(door: Door) -> None:
    caller = await door.call("?topics=stock,product:prod_1")
    await caller.hear_of("subscribed")
    await publish_soon(stock_reduced("prod_1", 1), stock_reduced("prod_2", 1), product_updated("prod_1"))
    assert [(await caller.hear())["data"]["product_id"] for _event in range(3)] == [
        "prod_1",
        "prod_2",
        "prod_1",
    ]
    assert await caller.hears_nothing()


async def test_unsubscribing_ends_it(door: Door) -> None:
    caller = await door.call()
    answer = await caller.ask(type="unsubscribe", topics=["products", "whatever"], ref=None)
    assert answer == {"type": "unsubscribed", "topics": ["products", "whatever"], "ref": None}
    await publish_soon(product_updated())
    assert await caller.hears_nothing()


async def test_topics_with_nothing_in_it_gives_no_default_feed(door: Door) -> None:
    caller = await door.call("?topics=")
    assert (await caller.hear())["topics"] == []
    await publish_soon(product_updated())
    assert await caller.hears_nothing()


async def test_a_cursor_in_the_url_brings_what_was_missed_before_anything_live(door: Door) -> None:
    first = await door.call("?topics=stock")
    await first.hear_of("subscribed")
    await publish_soon(*(stock_reduced("prod_1", version) for version in range(1, 6)))
    cursor = [(await first.hear())["cursor"] for _event in range(5)][1]
    second = await door.call(f"?topics=stock,admin&cursor={cursor}")
    assert (await second.hear_of("subscribed"))["refused"] == [
        {"topic": "admin", "code": "not_authenticated"}
    ]
    assert [(await second.hear())["version"] for _event in range(3)] == [3, 4, 5]
    # A client that keeps each cursor it sees, and is cut off before the first event, has still lost nothing.
    assert second.hello["cursor"] == cursor
    resumed = await second.hear()
    assert resumed == {
        "type": "resumed",
        "recovered": True,
        "replayed": 3,
        "cursor": resumed["cursor"],
        "refused": [{"topic": "admin", "code": "not_authenticated"}],
    }
    await publish_soon(stock_reduced("prod_1", 6))
    assert (await second.hear())["version"] == 6


async def test_a_resume_message_repeats_nothing_that_this_connection_has_heard(door: Door) -> None:
    caller = await door.call("?topics=stock")
    start = (await caller.hear_of("subscribed"))["cursor"]
    await publish_soon(stock_reduced("prod_1", 1), product_updated("prod_1", 2))
    assert (await caller.hear())["version"] == 1
    await caller.say(type="resume", cursor=start, topics=["stock", "products"], ref="r")
    assert (await caller.hear_of("product.updated"))["version"] == 2
    answer = await caller.hear()
    assert (answer["recovered"], answer["replayed"], answer["ref"]) == (True, 1, "r")
    answer = await caller.ask(type="resume", cursor=start)
    assert (answer["recovered"], answer["replayed"]) == (True, 0)


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("garbage", "malformed"), (17, "malformed"), (None, "malformed"), ("0000aaaa-3", "epoch_changed")],
)
async def test_a_cursor_that_can_not_be_resumed_from_says_why(
    door: Door, cursor: object, reason: str
) -> None:
    caller = await door.call()
    answer = await caller.ask(type="resume", cursor=cursor, topics=["stock"])
    assert answer == {
        "type": "resumed",
        "recovered": False,
        "reason": reason,
        "cursor": caller.hello["cursor"],
    }
    # It is subscribed all the same: state that is fetched now and what comes from now on fit together.
    await publish_soon(stock_reduced())
    await caller.hear_of("stock.reduced")


async def test_a_ping_is_answered_and_its_ref_repeated(door: Door) -> None:
    caller = await door.call()
    answer = await caller.ask(type="ping", ref=0)
    assert (answer["type"], answer["ref"]) == ("pong", 0)
    assert answer["timestamp"].endswith("Z")
    assert "ref" not in await caller.ask(type="ping")


@pytest.mark.parametrize(
    ("message", "code", "ref"),
    [
        ("{", "malformed", None),
        ("[]", "malformed", None),
        ("null", "malformed", None),
        ('{"ref": 1}', "unknown_type", 1),
        ('{"type": "shout", "ref": "x"}', "unknown_type", "x"),
        ('{"type": ["ping"]}', "unknown_type", None),
        ('{"type": "subscribe"}', "malformed", None),
        ('{"type": "subscribe", "topics": "stock"}', "malformed", None),
        ('{"type": "subscribe", "topics": [1]}', "malformed", None),
        ('{"type": "unsubscribe", "topics": {}}', "malformed", None),
        ('{"type": "auth", "token": 5}', "malformed", None),
        ('{"type": "ping", "x": "' + "y" * 65_530 + '"}', "too_large", None),
        (b'{"type": "ping"}', "malformed", None),
        # What can be read and not be written back.
        ('{"type": "ping", "ref": ' + "[" * 300 + "]" * 300 + "}", "malformed", None),
        ('{"type": "shout", "ref": ' + '{"a": ' * 33 + "1" + "}" * 33 + "}", "malformed", None),
    ],
)
async def test_a_malformed_message_is_answered_and_the_connection_stays(
    door: Door, message: str | bytes, code: str, ref: object
) -> None:
    caller = await door.call()
    await caller.connection.send(message)
    answer = await caller.hear()
    assert set(answer) == {"type", "code", "message", "ref"}
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, ref)
    assert await caller.hears_nothing()


async def test_twenty_malformed_messages_in_a_row_close_it_with_3501(door: Door) -> None:
    caller = await door.call()
    for _each in range(19):
        assert (await caller.ask(type="nonsense"))["type"] == "error"
    assert await caller.hears_nothing()
    for _each in range(20):
        await caller.say(type="nonsense")
    assert await caller.closed_with() == (3501, "bad request")


async def test_a_message_has_at_most_64_kib_and_a_larger_one_never_reaches_anybody(door: Door) -> None:
    caller = await door.call()
    fits = json.dumps({"type": "ping", "x": ""})
    await caller.connection.send(fits[:-2] + "y" * (65_536 - len(fits)) + '"}')
    assert (await caller.hear())["type"] == "pong"
    await caller.connection.send("x" * 200_000)
    assert (await caller.closed_with())[0] == 1009


async def test_staff_hear_what_only_staff_may_and_others_do_not(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    told = await door.call("?topics=admin", additional_headers=staff.bearer)
    assert (await told.hear_of("subscribed"))["topics"] == ["admin"]
    other = await door.call("?topics=stock,products,product:prod_1")
    await other.hear_of("subscribed")
    await publish_soon(stock_low("prod_1"))
    assert (await told.hear_of("stock.low"))["data"]["severity"] == "warning"
    assert await other.hears_nothing()


async def test_an_ephemeral_event_comes_without_a_cursor_and_is_not_replayed(door: Door) -> None:
    from inventory.events import StockValidated
    from realtime.receivers import pass_on_validation

    caller = await door.call("?topics=product:prod_1")
    await caller.hear_of("subscribed")
    validated = StockValidated("prod_1", "var_1", "MUG", {}, 3, "2026-11-21T10:00:00.000Z")
    event: dict[str, object] = {}
    while not event:
        # At most once: until the readers have found their way to Redis it goes nowhere.
        pass_on_validation(None, validated)
        with suppress(TimeoutError):
            event = await caller.hear(within=0.5)
    assert event["type"] == "stock.validated"
    assert "cursor" not in event
    assert event["data"]["stock"] == 3  # type: ignore[index]
    answer = await caller.ask(type="resume", cursor=caller.hello["cursor"])
    while answer["type"] != "resumed":
        answer = await caller.hear()
    assert answer["replayed"] == 0


async def test_more_than_a_thousand_topics_on_one_connection_are_refused(door: Door) -> None:
    caller = await door.call("?topics=")
    await caller.hear_of("subscribed")
    answer = await caller.ask(type="subscribe", topics=[f"product:{number}" for number in range(1_000)])
    assert len(answer["topics"]) == 1_000
    answer = await caller.ask(type="subscribe", topics=["stock"])
    assert answer["refused"] == [{"topic": "stock", "code": "too_many_topics"}]
    answer = await caller.ask(type="subscribe", topics=[f"product:{number}" for number in range(1_001)])
    assert answer["type"] == "error"


async def test_topics_that_are_heard_already_are_never_too_many(door: Door) -> None:
    caller = await door.call("?topics=")
    await caller.hear_of("subscribed")
    topics = [f"product:{number}" for number in range(1_000)]
    cursor = (await caller.ask(type="subscribe", topics=topics))["cursor"]
    answer = await caller.ask(type="subscribe", topics=["nonsense", *topics[1:]])
    assert (answer["topics"], answer["refused"]) == (
        topics[1:],
        [{"topic": "nonsense", "code": "unknown_topic"}],
    )
    answer = await caller.ask(type="resume", topics=topics, cursor=cursor)
    assert answer["recovered"]
    assert "refused" not in answer


async def test_a_poke_finds_a_relay_of_another_process_by_the_layer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await door.call("?topics=stock")
    await caller.hear_of("subscribed")
    with monkeypatch.context() as elsewhere:
        # Where no relay runs, the poke goes by the layer.
        elsewhere.setattr(courier, "_relays", [])
        await publish_soon(stock_reduced())
    await caller.hear_of("stock.reduced")


async def test_each_of_many_malformed_messages_is_answered_before_the_connection_ends(door: Door) -> None:
    caller = await door.call()
    for _message in range(25):
        await caller.connection.send("{")
    answers = [(await caller.hear())["code"] for _message in range(20)]
    assert answers == ["malformed"] * 20
    assert (await caller.closed_with())[0] == 3501


async def test_whoever_says_too_much_is_told_to_wait_and_resumes_are_rarer_still(door: Door) -> None:
    caller = await door.call()
    cursor = caller.hello["cursor"]
    for number in range(7):
        await caller.say(type="resume", cursor=cursor, ref=number)
    answers = [await caller.hear() for _each in range(7)]
    assert [answer["type"] for answer in answers] == ["resumed"] * 5 + ["error"] * 2
    assert (answers[5]["code"], answers[5]["ref"]) == ("rate_limited", 5)
    assert 0 < answers[5]["retry_after"] <= 2
    for _each in range(150):
        await caller.say(type="ping")
    said = [(await caller.hear())["type"] for _each in range(150)]
    assert said.count("error") >= 1
    assert said[:90] == ["pong"] * 90
    assert (await caller.ask(type="ping"))["type"] in ("pong", "error")
