"""Who a Socket.IO client is, from where it may come, for how long, and how it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings
from websockets.asyncio.client import connect

from config.identity import services
from config.identity.cookies import SIGN_IN_COOKIE as COOKIE
from config.identity.models import Role, User
from config.identity.services import SignedIn
from realtime import rights, runtime
from realtime.consumers.shop.arrival import LONGEST_KEPT
from realtime.hub import watch
from realtime.records import Position
from tests.realtime.door import Door
from tests.realtime.log import LiveHalf, publish_soon, stock_low
from tests.realtime.people import a_person, away, the_time_comes, token_that_lives
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


async def rooms(live_half: LiveHalf) -> list[set[str]]:
    return [set(session.rooms) for session in live_half.hub.sessions]


async def test_a_guest_hears_the_storefront_and_nothing_else(door: Door, live_half: LiveHalf) -> None:
    client = await ShopClient(door.port).enter()
    assert set(client.answer) == {"sid", "pid"}
    assert await rooms(live_half) == [{"storefront"}]


async def test_of_the_request_of_whoever_has_not_asked_to_be_let_in_hardly_anything_is_kept(
    door: Door,
) -> None:
    client = await ShopClient(door.port).open(
        query="&token=" + "x" * 7_000, additional_headers={"X-Padding": "y" * 7_000}
    )
    (connection,) = (await runtime.shop_door()).endpoint.connections.values()
    assert connection.request is None
    assert len(connection.arrival.token) == LONGEST_KEPT
    await client.connection.send("40")
    packet = str(await client.connection.recv())
    assert json.loads(packet.removeprefix("44"))["message"] == "invalid_token"


@pytest.mark.parametrize("role", list(Role))
async def test_whoever_signs_in_is_in_the_rooms_of_their_own_and_of_their_role(
    role: Role, door: Door, live_half: LiveHalf
) -> None:
    person = await a_person(role)
    await ShopClient(door.port).enter({"token": person.token})
    of_the_role = "admin" if role == Role.ADMIN else f"role:{role}"
    assert await rooms(live_half) == [{"storefront", f"user:{person.user.pk}", of_the_role}]


async def test_the_first_credential_found_counts(door: Door, live_half: LiveHalf) -> None:
    staff, other = await a_person(Role.ADMIN), await a_person(Role.CUSTOMER)
    cookie = {"Cookie": f"a=b; {COOKIE}={other.token}"}
    client = ShopClient(door.port)
    for who, auth, query, headers in (
        (staff, {"token": staff.token}, "&token=wrong", {"Authorization": "Bearer wrong", **cookie}),
        (staff, {"token": None}, "&token=wrong", {**staff.bearer, **cookie}),
        (staff, {"token": ""}, f"&token={staff.token}", cookie),
        (other, {}, "", cookie),
        (other, {}, "&token=", cookie),
    ):
        client.pid = None
        await client.enter(auth, query=query, additional_headers=headers)
        (session,) = live_half.hub.sessions
        assert f"user:{who.user.pk}" in session.rooms
        await client.connection.close()
        await until(lambda: not live_half.hub.sessions)


@pytest.mark.parametrize(
    ("auth", "headers", "query"),
    [
        ({"token": "nonsense"}, {}, ""),
        ({"token": 5}, {}, ""),
        ({"token": {"a": 1}}, {}, ""),
        ({}, {"Authorization": "Bearer nonsense"}, ""),
        ({}, {"Authorization": "Basic eDp5"}, ""),
        ({}, {}, "&token=nonsense"),
        ({}, {"Cookie": f"{COOKIE}=nonsense"}, ""),
    ],
)
async def test_a_wrong_credential_is_never_a_silent_guest(
    auth: dict[str, object], headers: dict[str, str], query: str, door: Door, live_half: LiveHalf
) -> None:
    client = await ShopClient(door.port).enter(auth, query=query, additional_headers=headers)
    assert client.answer == {"message": "invalid_token", "data": {"code": "invalid_token"}}
    assert not live_half.hub.sessions
    # The transport stays: signed in afresh, the client asks again.
    await client.connection.send("40" if auth else '40{"token":""}')


async def test_an_expired_token_says_so(door: Door) -> None:
    person = await a_person()
    client = await ShopClient(door.port).enter({"token": token_that_lives(person.user, -1)})
    assert client.answer == {"message": "invalid_token", "data": {"code": "token_expired"}}


async def test_a_foreign_page_is_refused_and_reads_why(door: Door, settings: Settings) -> None:
    client = ShopClient(door.port)
    await client.enter(additional_headers={"Origin": "https://evil.example"})
    assert client.answer["message"] == "origin_not_allowed"
    settings.STOCKWIRE_ALLOWED_ORIGINS = ["https://shop.example"]
    await client.enter(additional_headers={"Origin": "https://shop.example"})
    assert "sid" in client.answer
    client.pid = None
    await client.enter(additional_headers={"Origin": f"http://127.0.0.1:{door.port}"})
    assert "sid" in client.answer


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        ({"Origin": "http://127.0.0.1:{port}"}, True),
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
async def test_the_cookie_counts_only_where_no_foreign_page_can_have_sent_it(
    headers: dict[str, str], counts: bool, door: Door, live_half: LiveHalf
) -> None:
    person = await a_person()
    sent = {name: value.format(port=door.port) for name, value in headers.items()}
    await ShopClient(door.port).enter(additional_headers={**sent, "Cookie": f"{COOKIE}={person.token}"})
    (found,) = await rooms(live_half)
    assert (f"user:{person.user.pk}" in found) is counts


async def test_a_database_that_is_away_closes_the_transport_so_that_the_client_comes_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_token: str) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("realtime.consumers.shop.arrival.principal_of_token", fail)
    client = await ShopClient(door.port).open()
    await client.connection.send('40{"token":"a"}')
    code, packets = await client.closed_with()
    assert (code, packets) == (3010, [])


# ------------------------------------------------------------------------------------ for how long


async def test_a_token_that_expires_is_announced_and_a_fresh_one_goes_on(
    door: Door, live_half: LiveHalf
) -> None:
    person = await a_person(Role.ADMIN)
    client = await ShopClient(door.port).enter({"token": token_that_lives(person.user, 600)})
    the_time_comes(live_half, lasted=600)
    assert set(await client.hear_of("token_expired")) == {"timestamp"}
    (session,) = live_half.hub.sessions
    assert session.expires_at is not None
    assert 55 < session.expires_at - time.time() <= 60
    answer = await client.ask("authenticate", {"token": person.token})
    assert answer["ok"]
    assert answer["user"] == {"id": person.user.pk, "role": "admin"}
    assert session.expires_at > time.time() + 3600
    await publish_soon(stock_low())
    assert (await client.hear())[0] == "low_stock_alert"


async def test_without_a_fresh_one_the_transport_is_closed_and_the_client_may_come_back(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SECONDS_TO_RENEW", 0.5)
    person = await a_person()
    client = await ShopClient(door.port).enter({"token": token_that_lives(person.user, 600)})
    the_time_comes(live_half, lasted=600)
    code, packets = await client.closed_with()
    assert code == 3005
    assert [packet[:17] for packet in packets] == ['42["token_expired']


async def test_a_wrong_token_changes_nothing(door: Door, live_half: LiveHalf) -> None:
    person = await a_person()
    client = await ShopClient(door.port).enter({"token": person.token})
    before = await rooms(live_half)
    answer = await client.ask("authenticate", {"token": "nonsense"})
    assert (answer["ok"], answer["code"]) == (False, "invalid_token")
    await client.say("authenticate", {"token": "nonsense"})
    told = await client.hear_of("error")
    assert (told["code"], told["event"]) == ("invalid_token", "authenticate")
    assert await rooms(live_half) == before


async def test_other_credentials_bring_their_own_rooms_and_lose_the_old_ones(
    door: Door, live_half: LiveHalf
) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person(Role.CUSTOMER)
    client = await ShopClient(door.port).enter({"token": staff.token})
    await client.ask("join_room", {"room": "product_prod_1"})
    await client.ask("authenticate", {"token": customer.token})
    expected = {"storefront", "product:prod_1", f"user:{customer.user.pk}", "role:customer"}
    assert await rooms(live_half) == [expected]


def register() -> SignedIn:
    return services.register(
        email="ann@example.com", password="a long enough one", name="Ann", phone="", address=""
    )


def lock_out(signed_in: SignedIn) -> None:
    services.update_user(user=signed_in.user, is_active=False)


def give_another_role(signed_in: SignedIn) -> None:
    services.change_role(user=signed_in.user, role=Role.TAILOR)


def sign_out(signed_in: SignedIn) -> None:
    services.sign_out(refresh_token=signed_in.refresh_token)


@pytest.mark.usefixtures("no_rounds")
@pytest.mark.parametrize("withdraw", [lock_out, give_another_role, sign_out])
async def test_rights_that_are_withdrawn_end_the_connection_before_any_round_and_it_is_told(
    withdraw: Callable[[SignedIn], None], door: Door
) -> None:
    signed_in = await away(register)
    client = await ShopClient(door.port).enter({"token": signed_in.token})
    other = await door.call("?topics=me", additional_headers={"Authorization": f"Bearer {signed_in.token}"})
    await other.hear_of("subscribed")
    await away(lambda: withdraw(signed_in))
    code, packets = await client.closed_with()
    assert (code, packets[1:]) == (3500, ["41"])
    told = json.loads(packets[0][2:])
    assert (told[0], told[1]["code"]) == ("error", "token_revoked")
    assert (await other.hear_of("error"))["code"] == "token_revoked"
    assert (await other.closed_with())[0] == 3500


async def test_rights_are_looked_at_also_where_nobody_says_a_word(live_half: LiveHalf, door: Door) -> None:
    person = await a_person()
    client = await ShopClient(door.port).enter({"token": person.token})
    await away(lambda: User.objects.filter(pk=person.user.pk).update(is_active=False))
    await rights.end_those_withdrawn(live_half.hub)
    assert (await client.closed_with())[0] == 3500


async def test_a_process_that_drains_sends_everybody_away_to_come_back(
    door: Door, live_half: LiveHalf
) -> None:
    clients = [await ShopClient(door.port).enter() for _each in range(25)]
    assert not runtime.is_draining()
    began = time.monotonic()
    await runtime.drain()
    # Ten in each step of 50 ms.
    assert 0.15 <= time.monotonic() - began < 5
    assert runtime.is_draining()
    for client in clients:
        code, packets = await client.closed_with()
        assert (code, packets) == (3001, [])


async def test_connections_that_are_not_let_in_yet_are_so_many_from_one_address_and_no_more(
    door: Door, live_half: LiveHalf
) -> None:
    from_afar = {"X-Forwarded-For": "8.8.8.8"}
    vestibule = (await runtime.shop_door()).vestibule
    vestibule._per_address = 2
    waiting = [await ShopClient(door.port).open(additional_headers=from_afar) for _each in range(2)]
    third = await connect(waiting[0]._url, compression=None, additional_headers=from_afar)
    await third.wait_closed()
    assert third.close_code == 3001
    await ShopClient(door.port).enter()
    # Whoever is let in, or goes, makes room.
    await waiting[0].connection.send("40")
    await until(lambda: len(live_half.hub.sessions) == 2)
    await waiting[1].connection.close()
    await until(lambda: not vestibule._waiting)
    for _each in range(3):
        await ShopClient(door.port).enter(additional_headers=from_afar)


async def test_whoever_is_not_let_in_yet_is_told_nothing_before_the_answer(
    door: Door, monkeypatch: pytest.MonkeyPatch, live_half: LiveHalf
) -> None:
    gate = asyncio.Event()
    check = live_half.hub._replay.check

    async def check_later(*given: Any, **named: Any) -> Position:
        await gate.wait()
        return await check(*given, **named)

    signed_in = await away(register)
    client = await ShopClient(door.port).enter({"token": signed_in.token})
    await client.cut()
    await until(lambda: not live_half.hub.sessions)
    monkeypatch.setattr(live_half.hub._replay, "check", check_later)
    await client.open()
    auth = {"token": signed_in.token, "pid": client.pid, "offset": client.offset}
    await client.connection.send("40" + json.dumps(auth))
    await until(lambda: len(live_half.hub.sessions) == 1)
    await away(lambda: sign_out(signed_in))
    assert await client.closed_with() == (3500, [])
    gate.set()
    monkeypatch.undo()
    # It comes back by itself, and reads why.
    await client.enter({"token": signed_in.token})
    assert client.answer == {"message": "invalid_token", "data": {"code": "token_revoked"}}
