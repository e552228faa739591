"""Rights that end while somebody listens: tokens that expire, users who leave, roles and keys taken away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.backstage import Backstage, Person
from tests.clients.conftest import ORIGIN
from tests.clients.node_client import TRANSPORTS, VERSIONS, NodeClient
from tests.clients.shop import Shop
from tests.clients.signing_in import FrontDoor
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

Connect = Callable[..., Awaitable[NodeClient]]

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
versions = pytest.mark.parametrize("version", VERSIONS)
LIFE = 2.0
#: The watch looks each second.
AFTER = 1.5
#: A second, as is promised, and three for a machine that has more to do. A look that nobody asked for is
#: taken every five.
PROMPTLY = 4.0


async def with_a_short_token(
    node_client: Connect, backstage: Backstage, person: Person, **options: Any
) -> tuple[str, NodeClient]:
    """A client that is in with a token that ends soon; where the token ended before it was in, another."""
    while True:
        token = await backstage.token(person, lives=LIFE)
        client = await node_client(waits=False, auth={"token": token}, **options)
        await until(lambda: bool(client.connects or client.errors))  # noqa: B023  awaited here
        if client.connects:
            return token, client
        assert "token_expired" in str(client.errors)
        await client.node.forget(client)


@versions
@ways
async def test_whoever_s_token_ends_is_told_and_stays_with_a_fresh_one(
    node_client: Connect,
    backstage: Backstage,
    customer: Person,
    shop: Shop,
    version: str,
    transports: dict[str, Any],
) -> None:
    token, client = await with_a_short_token(node_client, backstage, customer, version=version, **transports)
    (told,) = await client.heard("token_expired", within=LIFE + 20)
    assert set(told) == {"timestamp"}
    answer = await client.emit("authenticate", {"token": token}, ack=True)
    assert (answer["ok"], answer["code"]) == (False, "token_expired")
    answer = await client.emit("authenticate", {"token": customer.token}, ack=True)
    assert (answer["ok"], answer["user"]["id"]) == (True, customer.id)
    await shop.sell(await shop.make_product())
    await client.heard("STOCK_REDUCED")
    assert client.disconnects == []
    assert len(client.payloads("token_expired")) == 1


async def test_a_token_that_is_renewed_in_time_never_ends(
    node_client: Connect, backstage: Backstage, customer: Person
) -> None:
    began = time.monotonic()
    _token, client = await with_a_short_token(node_client, backstage, customer)
    assert (await client.emit("authenticate", {"token": customer.token}, ack=True))["ok"]
    await asyncio.sleep(max(0.0, LIFE + AFTER - (time.monotonic() - began)))
    assert client.payloads("token_expired") == []
    assert client.disconnects == []


WITHDRAWALS: dict[str, Callable[[Backstage, Person], Awaitable[None]]] = {
    "left": lambda backstage, person: backstage.deactivate(person),
    "has another role": lambda backstage, person: backstage.change_role(person, "tailor"),
}


@versions
@ways
@pytest.mark.parametrize("withdraw", WITHDRAWALS.values(), ids=WITHDRAWALS.keys())
async def test_whoever_s_rights_are_withdrawn_is_put_out_within_a_second_and_stays_away(
    node_client: Connect,
    backstage: Backstage,
    version: str,
    transports: dict[str, Any],
    withdraw: Callable[[Backstage, Person], Awaitable[None]],
) -> None:
    person, other = await backstage.person("customer"), await backstage.person("customer")
    client = await node_client(version=version, auth={"token": person.token}, **transports)
    bystander = await node_client(version=version, auth={"token": other.token}, **transports)
    guest = await node_client(version=version, **transports)
    if not transports:
        await client.upgraded()
    await withdraw(backstage, person)
    await client.disconnected(within=PROMPTLY)
    state = await client.state()
    # Told once, and as that: after "transport close" an application would wait for its coming back.
    assert client.disconnects == ["io server disconnect"]
    assert (state["connected"], state["active"]) == (False, False)
    await client.connect()
    assert (await client.refused())["message"] == "invalid_token"
    assert (bystander.disconnects, guest.disconnects) == ([], [])


@ways
async def test_a_key_that_is_revoked_by_the_command_ends_its_connections(
    node_client: Connect, backstage: Backstage, server: ServerProcess, transports: dict[str, Any]
) -> None:
    name, key = await backstage.key("events:read")
    _name, other = await backstage.key("events:read")
    client, bystander = [
        await node_client(extraHeaders={"Authorization": f"Api-Key {secret}"}, **transports)
        for secret in (key, other)
    ]
    done = await asyncio.to_thread(server.manage, "revoke_api_key", name)
    assert done.returncode == 0, done.stderr
    assert await client.disconnected(within=PROMPTLY) == "io server disconnect"
    assert bystander.disconnects == []


@versions
@ways
async def test_whoever_signs_out_is_put_out_everywhere_where_that_sign_in_was_used(
    node_client: Connect, server: ServerProcess, version: str, transports: dict[str, Any]
) -> None:
    door = FrontDoor(server.base_url)
    here = await door.register()
    elsewhere = await door.sign_in(here.email)
    options = {"version": version, **transports}
    by_token = await node_client(auth={"token": here.token}, **options)
    by_cookie = await node_client(extraHeaders={"Cookie": here.cookie, "Origin": ORIGIN}, **options)
    other = await node_client(auth={"token": elsewhere.token}, **options)
    for client in (by_token, by_cookie, other):
        assert await client.emit("user_role", "customer", here.user, ack=True) == {
            "ok": True,
            "room": "customer",
        }
    await door.sign_out(here)
    for client in (by_token, by_cookie):
        await client.disconnected(within=PROMPTLY)
        await client.state()
        assert client.disconnects == ["io server disconnect"]
    assert (await other.emit("join_room", {"room": f"user_{here.user}"}, ack=True))["ok"]
    assert other.disconnects == []
    await by_token.connect()
    assert (await by_token.refused())["message"] == "invalid_token"


async def test_whoever_was_staff_hears_nothing_of_what_staff_hear_after_it(
    node_client: Connect, backstage: Backstage, shop: Shop
) -> None:
    person = await backstage.person("admin")
    client = await node_client(auth={"token": person.token}, **TRANSPORTS["websocket"])
    mug = await shop.make_product(stock=6)
    await shop.sell(mug, 1)
    await client.heard("low_stock_alert")
    await backstage.change_role(person, "customer")
    await client.disconnected(within=PROMPTLY)
    client.forget()
    bowl = await shop.make_product(stock=6)
    await shop.sell(bowl, 1)
    guest = await node_client()
    await shop.sell(bowl, 1)
    await guest.heard("STOCK_REDUCED")
    assert client.events == []


async def test_one_who_lost_a_role_can_not_recover_its_events(
    node_client: Connect, backstage: Backstage, shop: Shop
) -> None:
    person = await backstage.person("admin")
    client = await node_client(auth={"token": person.token}, **TRANSPORTS["websocket"])
    await client.heard("ready")
    await backstage.change_role(person, "customer")
    await client.disconnected(within=PROMPTLY)
    mug = await shop.make_product(stock=6)
    await shop.sell(mug, 1)
    # The same client, as whoever it is now, brings the pid of its connection as staff.
    await client.set_auth({"token": await backstage.token(person, lives=60)})
    await client.connect()
    await client.connected(2)
    await client.heard("STOCK_REDUCED")
    await shop.sell(mug, 1)
    await until(lambda: len(client.payloads("STOCK_REDUCED")) >= 2)
    assert client.payloads("low_stock_alert") == []
