"""`/events`: who one is, from where, what one may hear, for how long; and what is refused, and how."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from config.identity.models import ApiKey, Role, Scope, Ticket, User
from config.identity.services import register, sign_out
from config.identity.tickets import issue_ticket
from config.kernel.clock import now
from realtime import rights, runtime
from realtime.hub.hub import Hub, HubLimits
from tests.realtime.door import FRAMES, PLAIN, Door, serving
from tests.realtime.event_source import Response
from tests.realtime.log import LiveHalf, publish_soon, stock_low, stock_reduced
from tests.realtime.people import Person, a_key, a_person, away, token_that_lives
from tests.realtime.test_rooms import TABLE
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = "https://shop.example"
EVIL = "https://evil.example"


@pytest.fixture(params=[FRAMES, PLAIN])
async def door(request: pytest.FixtureRequest, live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving(request.param) as door:
        yield door


async def refused(answer: Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which has the one shape and is the end of it."""
    body: dict[str, Any] = await answer.json()
    assert (answer.status, body["code"]) == (status, code)
    assert body["error"] == body["message"]
    assert body["timestamp"].endswith("Z")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return body


async def a_ticket(person: Person, *, seconds: float = 3_600) -> str:
    end = now().fromtimestamp(time.time() + seconds, tz=now().tzinfo)
    issue = partial(issue_ticket, user=person.user, credentials_expire_at=end)
    return (await away(issue)).text


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


# ---------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer nonsense", "invalid_token"),
        ("Bearer ", "invalid_token"),
        ("Api-Key swk_wrong", "invalid_key"),
        ("Basic eDp5", "invalid_token"),
        ("", "invalid_token"),
    ],
)
async def test_a_wrong_credential_is_never_a_stranger(door: Door, authorization: str, code: str) -> None:
    answer = await door.ask(headers={"Authorization": authorization})
    await refused(answer, 401, code)
    assert answer.headers["www-authenticate"] == 'Bearer realm="stockwire", Api-Key realm="stockwire"'


async def test_an_expired_token_says_so(door: Door) -> None:
    token = token_that_lives((await a_person()).user, -1)
    answer = await door.ask(headers={"Authorization": f"Bearer {token}"})
    await refused(answer, 401, "token_expired")


async def test_a_token_in_the_url_is_refused_with_what_to_bring_instead(
    door: Door, live_half: LiveHalf
) -> None:
    staff = await a_person(Role.ADMIN)
    body = await refused(await door.ask(f"?token={staff.token}&topics=admin"), 400, "token_in_url")
    assert staff.token not in str(body)
    assert not live_half.hub.sessions


async def test_a_ticket_lets_in_once(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    ticket = await a_ticket(staff)
    stream = await door.listen(f"?topics=admin,me&ticket={ticket}")
    await publish_soon(stock_low())
    await stream.event_of("stock.low")
    await refused(await door.ask(f"?topics=admin&ticket={ticket}"), 401, "invalid_ticket")


async def test_two_who_come_with_the_same_ticket_at_the_same_moment_are_one_and_a_401(door: Door) -> None:
    customer = await a_person()
    for _each in range(10):
        ticket = await a_ticket(customer)
        answers = await asyncio.gather(*(door.ask(f"?topics=me&ticket={ticket}") for _each in range(4)))
        assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


@pytest.mark.parametrize("ticket", ["", "swt_", "swt_wrong", "%00", "swt_%E2%98%83", "x" * 5_000])
async def test_what_is_no_ticket_of_ours_is_a_401(door: Door, ticket: str) -> None:
    await refused(await door.ask(f"?ticket={ticket}"), 401, "invalid_ticket")


async def test_a_ticket_is_not_looked_at_beside_a_header_nor_used_up_by_a_request_that_can_not_be_right(
    door: Door,
) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    ticket = await a_ticket(customer)
    stream = await door.listen(f"?topics=admin&ticket={ticket}", headers=staff.bearer)
    await stream.hang_up()
    await refused(await door.ask(f"?token=x&ticket={ticket}"), 400, "token_in_url")
    await refused(await door.ask(f"?ticket={ticket}", headers={"Origin": EVIL}), 403, "origin_not_allowed")
    await refused(await door.ask(f"?ticket={ticket}", method="POST"), 405, "method_not_allowed")
    await door.listen(f"?topics=me&ticket={ticket}")


async def test_a_stream_ends_with_the_credentials_that_asked_for_its_ticket(door: Door) -> None:
    ticket = await a_ticket(await a_person(), seconds=1.2)
    stream = await door.listen(f"?topics=me&ticket={ticket}")
    began = time.monotonic()
    await stream.ends(within=4)
    assert time.monotonic() - began > 0.5


async def test_a_stream_ends_when_its_token_expires_and_who_comes_back_reads_401(door: Door) -> None:
    token = token_that_lives((await a_person()).user, 1.5)
    headers = {"Authorization": f"Bearer {token}"}
    stream = await door.listen("?topics=me", headers=headers)
    await stream.ends(within=4)
    await refused(await door.ask("?topics=me", headers=headers), 401, "token_expired")


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "tailor", "is_staff": False}])
async def test_a_stream_ends_when_rights_are_withdrawn(
    door: Door, live_half: LiveHalf, change: dict[str, object]
) -> None:
    staff = await a_person(Role.ADMIN)
    stream = await door.listen("?topics=admin", headers=staff.bearer)
    by_ticket = await door.listen(f"?topics=admin&ticket={await a_ticket(staff)}")
    guest = await door.listen("?topics=stock")
    await rights.end_those_withdrawn(live_half.hub)
    assert len(live_half.hub.sessions) == 3
    await away(lambda: User.objects.filter(pk=staff.user.pk).update(**change))
    await rights.end_those_withdrawn(live_half.hub)
    await stream.ends()
    await by_ticket.ends()
    await refused(await door.ask("?topics=admin", headers=staff.bearer), 401, "invalid_token")
    await publish_soon(stock_reduced())
    await guest.event_of("stock.reduced")


async def test_a_stream_and_its_ticket_end_with_the_sign_in_that_they_came_of(door: Door) -> None:
    came = await away(
        partial(register, email="ada@example.com", password="Grey-heron-42", name="Ada", phone="", address="")
    )
    header = {"Authorization": f"Bearer {came.token}"}

    def ask_for_ticket() -> str:
        ticket: str = Client().post("/api/auth/ticket", headers=header).json()["ticket"]
        return ticket

    streams = [
        await door.listen("?topics=me", headers=header),
        await door.listen(f"?topics=me&ticket={await away(ask_for_ticket)}"),
    ]
    left_over = await away(ask_for_ticket)
    guest = await door.listen("?topics=stock")
    await away(partial(sign_out, refresh_token=came.refresh_token))
    for stream in streams:
        # Well before the next round: they are told.
        await stream.ends(within=3)
    await refused(await door.ask(f"?topics=me&ticket={left_over}"), 401, "invalid_ticket")
    await refused(await door.ask("?topics=me", headers=header), 401, "token_revoked")
    await publish_soon(stock_reduced())
    await guest.event_of("stock.reduced")


async def test_the_cookie_of_a_sign_in_is_for_sockets_and_makes_nobody_of_a_stream(door: Door) -> None:
    customer = await a_person()
    answer = await door.ask("?topics=me", headers={"Cookie": f"stockwire_token={customer.token}"})
    body = await refused(answer, 403, "topic_refused")
    assert body["refused"] == [{"topic": "me", "code": "not_authenticated"}]


async def test_a_stream_ends_when_its_key_is_revoked(door: Door, live_half: LiveHalf) -> None:
    stream = await door.listen(headers={"Authorization": f"Api-Key {await a_key()}"})
    await away(lambda: ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z"))
    await rights.end_those_withdrawn(live_half.hub)
    await stream.ends()


# ---------------------------------------------------------------------------------- from where


async def test_a_page_of_an_allowed_origin_may_read_the_stream_and_its_refusals(
    door: Door, settings: Settings
) -> None:
    settings.STOCKWIRE_ALLOWED_ORIGINS = (SHOP,)
    own = f"http://127.0.0.1:{door.port}"
    for origin in (SHOP, own):
        stream = await door.listen(headers={"Origin": origin})
        refusal = await door.ask("?topics=admin", headers={"Origin": origin})
        assert refusal.status == 403
        for answer in (stream, refusal):
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [EVIL, "null", "", "https://shop.example.evil.example"])
async def test_a_page_of_a_foreign_origin_is_refused_and_may_not_even_read_that(
    door: Door, live_half: LiveHalf, settings: Settings, origin: str
) -> None:
    settings.STOCKWIRE_ALLOWED_ORIGINS = (SHOP,)
    answer = await door.ask("?topics=stock", headers={"Origin": origin})
    await refused(answer, 403, "origin_not_allowed")
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert not live_half.hub.sessions


async def test_a_page_that_fetches_the_stream_itself_may_send_its_headers(
    door: Door, settings: Settings
) -> None:
    settings.STOCKWIRE_ALLOWED_ORIGINS = (SHOP,)
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    answer = await door.ask(method="OPTIONS", headers={"Origin": SHOP, **asked})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert answer.headers["access-control-allow-headers"] == "authorization"
    foreign = await door.ask(method="OPTIONS", headers={"Origin": EVIL, **asked})
    await refused(foreign, 405, "method_not_allowed")
    assert not any(name.startswith("access-control") for name in foreign.headers)


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
    await answer.is_cut(within=2)
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
