"""`/events`: what one may hear, how one may ask; and what is refused, and how."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from config.identity.models import Role, Scope, Ticket
from realtime import runtime
from realtime.hub.hub import Hub, HubLimits
from tests.realtime.door import Door, serving
from tests.realtime.event_source import Response, refused
from tests.realtime.log import LiveHalf, publish_soon, stock_low, stock_reduced
from tests.realtime.people import a_key, a_person, a_ticket, away
from tests.realtime.test_rooms import TABLE
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


# ---------------------------------------------------------------------------------- topics


@pytest.mark.parametrize("who", ["guest", *Role.values, "service"])
async def test_each_topic_is_granted_or_refused_as_the_table_of_rooms_says(door: Door, who: str) -> None:
    headers = {}
    if who == "service":
        headers = {"Authorization": f"Api-Key {await a_key(Scope.EVENTS_READ, Scope.STOCK_WRITE)}"}
    elif who != "guest":
        headers = (await a_person(Role(who))).bearer
    place = ["guest", "customer", "tailor", "delivery", "admin", "service"].index(who)
    for topic, told in TABLE.items():
        answer = await door.ask(f"?topics={quote(topic)}", headers=headers)
        if told[place] is None:
            assert answer.status == 200, topic
            await answer.block()
            await answer.hang_up()
        else:
            body = await refused(answer, 403, "topic_refused")
            assert body["refused"] == [{"topic": topic, "code": told[place]}]


async def test_a_refusal_names_every_topic_that_is_refused_and_nothing_is_heard(
    door: Door, live_half: LiveHalf
) -> None:
    answer = await door.ask("?topics=stock,admin,nonsense,product:p%201,admin")
    body = await refused(answer, 403, "topic_refused")
    assert body["refused"] == [
        {"topic": "admin", "code": "not_authenticated"},
        {"topic": "nonsense", "code": "unknown_topic"},
        {"topic": "product:p 1", "code": "unknown_topic"},
    ]
    assert body["message"] == (
        "Refused: admin (not_authenticated), nonsense (unknown_topic), product:p 1 (unknown_topic)"
    )
    assert not live_half.hub.sessions


async def test_a_thousand_topics_are_heard_and_one_more_is_refused(door: Door) -> None:
    topics = ",".join(f"product:{number}" for number in range(1_000))
    stream = await door.listen(f"?topics={topics}")
    await publish_soon(stock_reduced("999"))
    await stream.event_of("stock.reduced")
    body = await refused(await door.ask(f"?topics={topics},stock"), 403, "topic_refused")
    assert body["refused"] == [{"topic": "stock", "code": "too_many_topics"}]


@pytest.mark.parametrize("query", ["?topics=", "?topics=,,"])
async def test_a_stream_of_nothing_is_refused(door: Door, query: str) -> None:
    body = await refused(await door.ask(query), 400, "invalid")
    assert body["details"] == {"topics": ["must name at least one topic"]}


async def test_staff_hear_what_only_staff_may_and_others_do_not(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    told = await door.listen("?topics=admin", headers=staff.bearer)
    other = await door.listen("?topics=stock,products,product:prod_1")
    await publish_soon(stock_low("prod_1"), stock_reduced("prod_1"))
    assert (await told.event_of("stock.low")).data["data"]["severity"] == "warning"
    await other.event_of("stock.reduced")


# ---------------------------------------------------------------------------------- how


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_405(door: Door, live_half: LiveHalf, method: str) -> None:
    answer = await door.ask(method=method, headers={"Content-Length": "0"})
    await refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    assert not live_half.hub.sessions


async def test_head_is_answered_as_get_would_be_without_a_stream(door: Door, live_half: LiveHalf) -> None:
    answer = await door.ask(method="HEAD")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    await answer.is_cut()
    assert not live_half.hub.sessions
    refusal = await door.ask("?topics=admin", method="HEAD")
    assert (refusal.status, refusal.headers["content-type"]) == (403, "application/json")


async def test_a_body_that_nobody_asked_for_is_passed_over(door: Door) -> None:
    body = b"GET / HTTP/1.1\r\n\r\n" * 10_000
    stream = await door.listen("?topics=stock", headers={"Content-Length": str(len(body))}, body=body)
    await publish_soon(stock_reduced())
    await stream.event_of("stock.reduced")


async def test_a_slash_at_the_end_is_the_same_path(door: Door) -> None:
    answer = await Response.of(door.port, "/events/?topics=stock")
    assert answer.status == 200
    await answer.hang_up()


async def test_a_user_has_so_many_connections_and_no_more(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "limits", lambda: HubLimits(per_holder=2))
    async with runtime.live(), serving() as door:
        customer = await a_person()
        first = await door.listen("?topics=me", headers=customer.bearer)
        await door.call(additional_headers=customer.bearer)
        answer = await door.ask("?topics=me", headers=customer.bearer)
        await refused(answer, 429, "too_many_connections")
        assert int(answer.headers["retry-after"]) > 0
        assert (await door.ask("?topics=me", headers=customer.bearer, method="HEAD")).status == 429
        await first.hang_up()
        hub = await runtime.hub()
        await until(lambda: len(hub.sessions) == 1)
        await door.listen("?topics=me", headers=customer.bearer)


async def test_while_the_hub_knows_no_place_or_ends_a_client_is_told_to_come_back(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await a_ticket(await a_person())

    async def not_ready(_hub: Hub) -> bool:
        return False

    with monkeypatch.context() as at_first:
        at_first.setattr(Hub, "ready", not_ready)
        answer = await door.ask(f"?topics=me&ticket={ticket}")
        await refused(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
    with monkeypatch.context() as at_last:
        at_last.setattr(live_half.hub, "_stopping", True)
        await refused(await door.ask(f"?topics=me&ticket={ticket}"), 503, "unavailable")
        # A browser stays away after a 503 for good; it comes back after a stream that ends.
        asked_for = {"Accept": "text/event-stream", "Last-Event-ID": "0000aaaa-3"}
        stream = await door.ask(f"?topics=me&ticket={ticket}", headers=asked_for)
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        await stream.ends()
        assert stream.body == b"retry: 2000\n"
        assert (stream.events.retry, stream.events.blocks) == (2000, 0)
        assert (await door.ask(headers=asked_for, method="HEAD")).status == 200
    # None of it has used up the ticket.
    await door.listen(f"?topics=me&ticket={ticket}")
    assert await away(Ticket.objects.count) == 0


async def test_where_nobody_can_be_recognised_a_client_is_told_to_come_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from realtime.consumers import handshake

    def away_with_it(_header: str) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(handshake, "principal_of_header", away_with_it)
    answer = await door.ask(headers={"Authorization": "Bearer x"})
    await refused(answer, 503, "unavailable")


async def test_a_server_that_begins_to_end_while_somebody_comes_in_has_not_too_many_connections(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_then_answer(hub: Hub, *, holder: str, address: str) -> bool:
        hub._stopping = True
        return False

    monkeypatch.setattr(Hub, "admits", stop_then_answer)
    await refused(await door.ask(), 503, "unavailable")


async def test_what_nobody_expected_is_answered_in_the_one_shape_and_tells_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> bool:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Hub, "admits", fail)
    body = await refused(await door.ask(), 500, "internal_error")
    assert "secret" not in str(body)


async def test_whoever_hangs_up_is_forgotten(door: Door, live_half: LiveHalf) -> None:
    streams = [await door.listen("?topics=stock") for _each in range(5)]
    assert len(live_half.hub.sessions) == 5
    for stream in streams:
        await stream.hang_up()
    await until(lambda: not live_half.hub.sessions)
    assert live_half.hub._rooms.sizes() == {}
