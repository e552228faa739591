"""`/events`: who one is, from where, and until when."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from django.test import Client
from pytest_django import Settings

from config.identity.models import ApiKey, Role, User
from config.identity.services import register, sign_out
from realtime import rights
from tests.realtime.door import Door
from tests.realtime.event_source import refused
from tests.realtime.log import LiveHalf, publish_soon, stock_low, stock_reduced
from tests.realtime.people import a_key, a_person, a_ticket, away, the_time_comes, token_that_lives

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = "https://shop.example"
EVIL = "https://evil.example"


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


async def test_a_stream_ends_with_the_credentials_that_asked_for_its_ticket(
    door: Door, live_half: LiveHalf
) -> None:
    ticket = await a_ticket(await a_person(), seconds=600)
    stream = await door.listen(f"?topics=me&ticket={ticket}")
    the_time_comes(live_half, lasted=600)
    await stream.ends()


async def test_a_stream_ends_when_its_token_expires_and_who_comes_back_reads_401(
    door: Door, live_half: LiveHalf
) -> None:
    user = (await a_person()).user
    stream = await door.listen(
        "?topics=me", headers={"Authorization": f"Bearer {token_that_lives(user, 600)}"}
    )
    the_time_comes(live_half, lasted=600)
    await stream.ends()
    headers = {"Authorization": f"Bearer {token_that_lives(user, -1)}"}
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


@pytest.mark.usefixtures("no_rounds")
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
        # There is no next round: they are told.
        await stream.ends()
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
