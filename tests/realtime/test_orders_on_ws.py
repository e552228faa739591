"""Orders and carts on `/ws` and `/events`: the topics `me`, `order:{id}` and `admin`, and for whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import pytest
from django.db import DatabaseError

from config.identity.models import Scope
from realtime.belonging import those_of_orders
from realtime.principals import Principal, principal_of_token
from realtime.rooms import ROOMS, agrant_topics
from tests.realtime.door import Caller, Door, heard, serving
from tests.realtime.house_of_orders import Cast, a_cast, place, rest
from tests.realtime.log import LiveHalf
from tests.realtime.people import Person, a_key, away
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


async def listening(door: Door, person: Person | None, topics: str) -> Caller:
    headers = person.bearer if person else {}
    caller = await door.call(f"?topics={topics}", additional_headers=headers)
    await caller.hear_of("subscribed")
    return caller


def all_of(kind: str, names: Collection[str]) -> dict[str, list[str]]:
    """That each of them has heard one such event."""
    return {name: [kind] for name in names}


async def everybody(door: Door, cast: Cast, topics: str) -> dict[str, Caller]:
    callers = {name: await listening(door, person, topics) for name, person in cast.signed_in.items()}
    return {**callers, "guest": await listening(door, None, topics)}


async def test_by_me_and_admin_each_hears_of_an_order_what_concerns_them_once(door: Door) -> None:
    cast = await a_cast()
    callers = await everybody(door, cast, "me,admin")
    await place(cast.customer, cast.product)
    assert await heard(callers) == {
        "customer": ["order.placed", "notification.created"],
        "staff": ["order.placed"],
    }
    await cast.assign_both()
    parties = ("customer", "staff", "tailor", "delivery")
    assert await heard(callers) == all_of("order.assigned", parties)
    await cast.sew("cutting")
    assert await heard(callers) == all_of("order.tailor_status_changed", parties)
    await cast.step("processing")
    assert await heard(callers) == {
        **all_of("order.status_changed", parties),
        "customer": ["order.status_changed", "notification.created"],
    }
    await cast.assign(tailor=cast.other_tailor)
    now = ("customer", "staff", "delivery", "other tailor")
    assert await heard(callers) == all_of("order.assigned", now)


async def test_the_data_is_the_order_whole_with_its_version_and_no_more_of_its_customer_than_it_needs(
    door: Door,
) -> None:
    cast = await a_cast()
    caller = await listening(door, cast.tailor, "me")
    await cast.assign_both()
    told = await caller.hear_of("order.assigned")
    data = told["data"]
    assert set(data) == {
        "order_id",
        "order_number",
        "user_id",
        "tailor_id",
        "delivery_partner_id",
        "status",
        "order",
        "version",
    }
    assert (data["order_id"], data["order"]["id"], data["tailor_id"]) == (
        cast.order, cast.order, cast.tailor.user.pk,
    )  # fmt: skip
    assert told["version"] == data["version"] == data["order"]["version"] == 2
    assert "customer@example.com" not in str(told)


async def test_a_customers_cart_is_heard_by_me_and_by_nobody_elses(door: Door) -> None:
    cast = await a_cast()
    callers = await everybody(door, cast, "me,admin")
    item = {"productId": cast.product, "quantity": 2}
    shown = await rest(cast.customer, "POST", "/api/cart/items", item)
    assert (await heard({"customer": callers["customer"]})) == {"customer": ["cart.updated"]}
    assert await heard(callers) == {}
    caller = await door.call("?topics=me", additional_headers=cast.customer.bearer)
    await caller.hear_of("subscribed")
    await rest(cast.customer, "POST", "/api/cart/items", item)
    told = await caller.hear_of("cart.updated")
    assert (told["data"]["cart"]["id"], told["data"]["cart"]["item_count"]) == (shown["_id"], 4)
    assert told["version"] == told["data"]["version"] == 2


async def test_an_orders_topic_is_for_those_whom_it_concerns_and_does_not_tell_whether_it_exists(
    door: Door,
) -> None:
    cast = await a_cast()
    await cast.assign_both()
    key = await a_key(Scope.ORDERS_READ)
    who: dict[str, dict[str, str]] = {name: person.bearer for name, person in cast.signed_in.items()}
    who |= {"guest": {}, "service": {"Authorization": f"Api-Key {key}"}}
    topics = f"order:{cast.order},order:ord_that_never_was"
    answers = {}
    for name, headers in who.items():
        caller = await door.call(f"?topics={topics}", additional_headers=headers)
        answers[name] = await caller.hear_of("subscribed")
    parties = {"customer", "staff", "tailor", "delivery"}
    assert {name for name, answer in answers.items() if answer["topics"]} == parties
    for name in parties:
        assert answers[name]["topics"] == [f"order:{cast.order}"]
        assert answers[name]["refused"] == [{"topic": "order:ord_that_never_was", "code": "not_permitted"}]
    for name in who.keys() - parties:
        code = "not_authenticated" if name == "guest" else "not_permitted"
        assert [refused["code"] for refused in answers[name]["refused"]] == [code, code]


async def test_whose_work_it_is_no_longer_is_put_out_of_the_topic_and_told(
    door: Door, live_half: LiveHalf
) -> None:
    cast = await a_cast()
    await cast.assign_both()
    tailor = await listening(door, cast.tailor, f"order:{cast.order}")
    delivery = await listening(door, cast.delivery, f"order:{cast.order}")
    await cast.assign(tailor=cast.other_tailor)
    told = await tailor.hear()
    assert (told["type"], told["code"], told["ref"]) == ("error", "not_permitted", None)
    assert cast.order in told["message"]
    await cast.step("processing")
    assert await heard({"tailor": tailor, "delivery": delivery}) == {
        "delivery": ["order.assigned", "order.status_changed"]
    }
    assert len(live_half.hub.members(lambda room: room.startswith("order:"))) == 1
    refused = await tailor.ask(type="subscribe", topics=[f"order:{cast.order}"])
    assert refused["refused"][0]["code"] == "not_permitted"


async def test_a_resume_brings_of_an_order_only_what_was_theirs_to_hear_by_then(door: Door) -> None:
    cast = await a_cast()
    before = await listening(door, cast.other_tailor, "me")
    await cast.assign_both()
    await cast.step("processing")
    await cast.assign(tailor=cast.other_tailor)
    await cast.step("shipped")
    again = await door.call(
        f"?topics=order:{cast.order}&cursor={before.hello['cursor']}",
        additional_headers=cast.other_tailor.bearer,
    )
    await again.hear_of("subscribed")
    types = [(await again.hear())["type"] for _each in range(3)]
    assert types == ["order.assigned", "order.status_changed", "resumed"]


async def test_a_stream_of_whose_work_it_is_no_longer_ends_and_is_not_begun_again(
    live_half: LiveHalf,
) -> None:
    async with serving() as door:
        cast = await a_cast()
        await cast.assign_both()
        stream = await door.listen(f"?topics=order:{cast.order}", headers=cast.tailor.bearer)
        assert len(live_half.hub.sessions) == 1
        await cast.assign(tailor=None)
        await until(lambda: not live_half.hub.sessions)
        await stream.ends()
        again = await door.ask(f"?topics=order:{cast.order}", headers=cast.tailor.bearer)
        assert again.status == 403


async def test_many_orders_are_asked_for_with_one_question(
    live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await a_cast()
    principal = await away(partial(principal_of_token, cast.customer.token))
    questions: list[int] = []

    def counting(asked: Collection[tuple[Principal, str]]) -> Collection[tuple[Principal, str]]:
        questions.append(len(asked))
        return those_of_orders(asked)

    monkeypatch.setitem(ROOMS, "order", replace(ROOMS["order"], asks=counting))
    topics = [f"order:{cast.order}", *(f"order:ord_{number}" for number in range(500))]
    grants = await agrant_topics(principal, topics)
    assert [grant.name for grant in grants if grant.refusal is None] == [f"order:{cast.order}"]
    assert questions == [501]


async def test_topics_that_cannot_be_asked_about_are_unavailable_and_the_connection_stays(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await a_cast()
    caller = await listening(door, cast.customer, f"me,order:{cast.order}")
    topic = f"order:{cast.order}"

    def fail(_asked: object) -> set[tuple[Principal, str]]:
        raise DatabaseError("away")

    monkeypatch.setitem(ROOMS, "order", replace(ROOMS["order"], asks=fail))
    for message in (
        {"type": "subscribe", "topics": [topic]},
        {"type": "resume", "cursor": caller.hello["cursor"]},
        {"type": "auth", "token": cast.other_customer.token},
    ):
        answer = await caller.ask(**message, ref=7)
        assert (answer["type"], answer["code"], answer["ref"]) == ("error", "unavailable", 7)
    # It is the customer's still, and hears what it heard.
    await cast.step("processing")
    assert (await caller.hear())["type"] == "order.status_changed"
    assert (await caller.hear())["type"] == "notification.created"
    assert await caller.hears_nothing()
    late = await door.call(f"?topics={topic}", greeted=False, additional_headers=cast.customer.bearer)
    assert (await late.hear())["code"] == "unavailable"
    assert await late.closed_with() == (3010, "lost its place")
    stream = await door.ask(f"?topics={topic}", headers=cast.customer.bearer)
    assert stream.status == 503
