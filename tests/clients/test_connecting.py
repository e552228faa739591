"""Coming in: every version over every transport, with every kind of credential; and being refused."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.backstage import Backstage, Person
from tests.clients.conftest import ORIGIN, PER_USER
from tests.clients.node_client import MODERN, NEWEST, TRANSPORTS, VERSIONS, Node, NodeClient
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

Connect = Callable[..., Awaitable[NodeClient]]

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
versions = pytest.mark.parametrize("version", VERSIONS)


async def who_is(client: NodeClient) -> str:
    """The role by which the server takes it: it says so by letting it into that role's room, and no other."""
    for role in ("customer", "tailor", "delivery", "admin"):
        answer = await client.emit("join_room", {"room": role}, ack=True)
        if answer["ok"]:
            return role
        assert answer["code"] in ("not_authenticated", "not_permitted")
    return "guest"


# ---------------------------------------------------------------------------------------- guests


@versions
@ways
async def test_a_guest_comes_in(node_client: Connect, version: str, transports: dict[str, Any]) -> None:
    client = await node_client(version=version, **transports)
    await client.heard("ready")
    assert client.events[0].cursor is not None
    if not transports:
        await client.upgraded()
    state = await client.state()
    assert (state["connected"], state["sid"], state["recovered"]) == (True, client.id, False)
    assert state["transport"] == transports.get("transports", ["websocket"])[0]
    assert await who_is(client) == "guest"
    assert (client.errors, client.disconnects) == ([], [])


async def test_ids_of_sockets_are_different_and_tell_nothing_of_the_session(node_client: Connect) -> None:
    ids = {(await node_client(transports=["websocket"])).id for _each in range(5)}
    assert len(ids) == 5


@ways
async def test_an_empty_token_is_no_token(node_client: Connect, transports: dict[str, Any]) -> None:
    for token in (None, ""):
        client = await node_client(auth={"token": token}, **transports)
        assert await who_is(client) == "guest"


# ---------------------------------------------------------------------------------------- credentials

CREDENTIALS: dict[str, Callable[[str], dict[str, Any]]] = {
    "auth.token": lambda token: {"auth": {"token": token}},
    "header": lambda token: {"extraHeaders": {"Authorization": f"Bearer {token}"}},
    "query": lambda token: {"query": {"token": token}},
    "cookie": lambda token: {"extraHeaders": {"Cookie": f"a=b; stockwire_token={token}", "Origin": ORIGIN}},
    "cookie without an origin": lambda token: {"extraHeaders": {"Cookie": f"stockwire_token={token}"}},
}
credentials = pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS.keys())


@versions
@ways
@credentials
async def test_whoever_brings_a_token_is_known(
    node_client: Connect,
    customer: Person,
    version: str,
    transports: dict[str, Any],
    credential: Callable[[str], dict[str, Any]],
) -> None:
    client = await node_client(version=version, **transports, **credential(customer.token))
    assert await who_is(client) == "customer"
    assert (await client.emit("join_room", {"room": f"user_{customer.id}"}, ack=True))["ok"]


async def test_the_first_credential_found_counts(
    node_client: Connect, backstage: Backstage, server: ServerProcess
) -> None:
    tailor, delivery, customer, staff = [
        await backstage.person(role) for role in ("tailor", "delivery", "customer", "admin")
    ]
    rest: dict[str, Any] = {
        "transports": ["websocket"],
        "extraHeaders": {"Authorization": delivery.bearer, "Cookie": f"stockwire_token={staff.token}"},
        "query": {"token": customer.token},
    }
    assert await who_is(await node_client(auth={"token": tailor.token}, **rest)) == "tailor"
    assert await who_is(await node_client(**rest)) == "delivery"
    rest["extraHeaders"].pop("Authorization")
    assert await who_is(await node_client(**rest)) == "customer"
    rest.pop("query")
    assert await who_is(await node_client(**rest)) == "admin"


async def bad_token(kind: str, backstage: Backstage, person: Person) -> str:
    head, claims, signature = person.token.split(".")
    match kind:
        case "expired":
            return await backstage.token(person, lives=-10)
        case "forged":
            return ".".join((head, claims, signature[:-8] + "AAAAAAAA"))
        case "unsigned":
            # The algorithm is "none".
            return f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}."
        case "of somebody who may not sign in":
            await backstage.deactivate(person)
            return person.token
        case "of a role that was taken away":
            await backstage.change_role(person, "tailor")
            return person.token
        case _:
            return "not a token"


BAD = {
    "expired": "token_expired",
    "forged": "invalid_token",
    "unsigned": "invalid_token",
    "of somebody who may not sign in": "invalid_token",
    "of a role that was taken away": "invalid_token",
    "no token at all": "invalid_token",
}


@pytest.mark.parametrize("kind", BAD)
@ways
async def test_a_token_that_does_not_hold_is_refused_and_never_taken_for_a_guest_s(
    node_client: Connect,
    backstage: Backstage,
    customer: Person,
    transports: dict[str, Any],
    kind: str,
) -> None:
    token = await bad_token(kind, backstage, customer)
    client = await node_client(waits=False, auth={"token": token}, **transports)
    assert await client.refused() == {"message": "invalid_token", "data": {"code": BAD[kind]}}
    assert not (await client.state())["connected"]
    assert client.connects == []


@versions
@credentials
@ways
async def test_a_bad_token_is_refused_wherever_it_stands(
    node_client: Connect,
    customer: Person,
    version: str,
    credential: Callable[[str], dict[str, Any]],
    transports: dict[str, Any],
) -> None:
    client = await node_client(version=version, waits=False, **credential("nonsense"), **transports)
    assert await client.refused() == {"message": "invalid_token", "data": {"code": "invalid_token"}}
    assert client.connects == []


async def test_an_api_key_is_known_by_its_header(node_client: Connect, backstage: Backstage) -> None:
    name, key = await backstage.key("events:read")
    client = await node_client(extraHeaders={"Authorization": f"Api-Key {key}"})
    assert await who_is(client) == "guest" or client.connects
    await backstage.revoke_key(name)
    client = await node_client(waits=False, extraHeaders={"Authorization": f"Api-Key {key}"})
    refusal = await client.refused()
    assert refusal["message"] == "invalid_token"


@versions
async def test_a_client_that_was_refused_comes_in_with_a_better_token(
    node_client: Connect, customer: Person, version: str
) -> None:
    client = await node_client(version=version, waits=False, auth={"token": "nonsense"})
    await client.refused()
    await client.set_auth({"token": customer.token})
    await client.connect()
    await client.connected()
    assert await who_is(client) == "customer"


# ---------------------------------------------------------------------------------------- refusals


@versions
@ways
async def test_a_foreign_page_is_refused(
    node_client: Connect, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(
        version=version, waits=False, extraHeaders={"Origin": "https://elsewhere.example"}, **transports
    )
    assert await client.refused() == {
        "message": "origin_not_allowed",
        "data": {"code": "origin_not_allowed"},
    }
    assert client.connects == []


@ways
async def test_the_sign_in_cookie_counts_for_no_foreign_page(
    node_client: Connect, customer: Person, transports: dict[str, Any]
) -> None:
    headers = {"Origin": "https://elsewhere.example", "Cookie": f"stockwire_token={customer.token}"}
    client = await node_client(waits=False, extraHeaders=headers, **transports)
    assert (await client.refused())["message"] == "origin_not_allowed"


@versions
@ways
async def test_a_user_has_so_many_connections_and_no_more(
    node_client: Connect, customer: Person, version: str, transports: dict[str, Any]
) -> None:
    options = {"version": version, "auth": {"token": customer.token}, **transports}
    clients = [await node_client(**options) for _each in range(PER_USER)]
    refused = await node_client(waits=False, **options)
    assert await refused.refused() == {
        "message": "too_many_connections",
        "data": {"code": "too_many_connections"},
    }
    assert [(await client.state())["connected"] for client in clients] == [True] * PER_USER
    await clients[0].disconnect()

    async def comes_in() -> None:
        # The place is free as soon as the server has heard of it.
        while not refused.connects:
            refused.errors.clear()
            await refused.connect()
            await until(lambda: bool(refused.connects or refused.errors))

    await comes_in()
    assert await who_is(refused) == "customer"


async def test_guests_are_not_counted_by_user(node_client: Connect) -> None:
    clients = [await node_client(transports=["websocket"]) for _each in range(PER_USER + 3)]
    assert [(await client.state())["connected"] for client in clients] == [True] * (PER_USER + 3)


@versions
@ways
async def test_a_namespace_that_there_is_not_is_refused(
    node: Node, node_client: Connect, server: ServerProcess, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, url=f"{server.base_url}/elsewhere", waits=False, **transports)
    assert await client.refused() == {"message": "Invalid namespace", "data": None}
    main = await node_client(version=version, **transports)
    beside = await node.namespace(main, "/elsewhere")
    assert (await beside.refused())["message"] == "Invalid namespace"
    assert (await main.state())["connected"], main.disconnects


@pytest.mark.parametrize("version", MODERN)
async def test_a_pid_that_we_have_never_made_is_a_new_connection(node_client: Connect, version: str) -> None:
    for pid in ("nonsense", "", 5, ["x"], {"a": 1}, "A" * 20 + ".abcd-1", str(uuid.uuid4())):
        client = await node_client(version=version, auth={"pid": pid, "offset": "nonsense"})
        assert not client.recovered


async def test_leaving_and_coming_again_is_a_new_connection(node_client: Connect) -> None:
    client = await node_client(version=NEWEST)
    first = client.id
    await client.disconnect()
    assert await client.disconnected() == "io client disconnect"
    await client.connect()
    await client.connected(2)
    assert client.id
    assert (first == client.id) == client.recovered
