"""Support chats between real clients: heard once and in order over every transport, and each message stored
once, whatever becomes of its acknowledgement and of the process that was to give it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.clients.backstage import Backstage, Person
from tests.clients.node_client import MODERN, TRANSPORTS, Node, NodeClient
from tests.clients.shop import Shop
from tests.clients.wire import Wire, wire_to
from tests.realtime.waiting import until
from tests.server_process import ServerProcess, end_all, fresh_database_url

NodeClients = Callable[..., Awaitable[NodeClient]]

ISSUE = {"issue": "Too <b>small</b>", "priority": "high"}
#: As the client's documentation has it for messages that are to arrive.
RETRIES: dict[str, Any] = {"retries": 20, "ackTimeout": 3_000}
#: Processes that are killed, one after the other.
TURNS = 3

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
versions = pytest.mark.parametrize("version", MODERN)
named = pytest.mark.parametrize("is_named", [True, False], ids=["named", "nameless"])


async def answer_of(client: NodeClient, token: int, *, within: float = 20.0) -> dict[str, Any]:
    """What a client that tries again is answered in the end: no error, and the acknowledgement."""
    await until(lambda: token in client.acks, within=within)
    error, answer = client.acks[token]
    assert error is None
    found: dict[str, Any] = answer
    return found


async def open_chat(client: NodeClient) -> str:
    """Have a customer's client, which tries again, open its chat; the chat's room."""
    answer = await answer_of(client, client.offer("join_support_chat", ISSUE))
    assert answer["ok"], answer
    return str(answer["chatRoom"])


def heard(client: NodeClient) -> list[tuple[int, str]]:
    """Number and text of each message that it was told of."""
    return [(told["id"], told["message"]) for told in client.payloads("support_message_received")]


async def stored(shop: Shop, room: str) -> list[tuple[int, str]]:
    """Number and text of each message, as staff read them over REST."""
    chat = room.removeprefix("support_")
    listed = await shop.ask("GET", f"/api/support/chats/{chat}/messages?limit=500")
    return [(message["id"], message["message"]) for message in reversed(listed)]


def said(text: str, *, is_named: bool) -> dict[str, str]:
    return {"message": text, "clientMessageId": text} if is_named else {"message": text}


@ways
async def test_both_sides_hear_each_other_over_every_transport(
    node_client: NodeClients, shop: Shop, customer: Person, staff: Person, transports: dict[str, Any]
) -> None:
    client = await node_client(auth={"token": customer.token}, **RETRIES, **transports)
    room = await open_chat(client)
    desk = await node_client(auth={"token": staff.token}, **transports)
    assert (await desk.emit("join_room", {"room": room}, ack=True))["ok"]
    assert (await answer_of(client, client.offer("typing_start", {"room": room})))["ok"]
    assert [told["isTyping"] for told in await desk.heard("user_typing")] == [True]
    for number in range(5):
        assert (await answer_of(client, client.offer("support_message", {"message": f"c{number}"})))["ok"]
        told = await desk.emit("support_message", {"message": f"s{number}", "chatRoom": room}, ack=True)
        assert told["ok"], told
    expected = [(2 * n + side, f"{'cs'[side - 1]}{n}") for n in range(5) for side in (1, 2)]
    for hearer in (client, desk):
        await hearer.heard("support_message_received", count=10)
        assert heard(hearer) == expected
    assert await stored(shop, room) == expected
    if transports:
        assert (await answer_of(client, client.offer("typing_stop", {"room": room})))["ok"]
    # Else it ends by itself.
    await desk.heard("user_typing", count=2)
    assert [told["isTyping"] for told in desk.payloads("user_typing")] == [True, False]
    assert client.payloads("user_typing") == []


@versions
@named
async def test_a_message_whose_acknowledgement_was_lost_is_stored_once(
    node_client: NodeClients, wire: Wire, shop: Shop, customer: Person, version: str, *, is_named: bool
) -> None:
    client = await node_client(
        version=version,
        url=wire.base_url,
        auth={"token": customer.token},
        **RETRIES,
        **TRANSPORTS["websocket"],
    )
    room = await open_chat(client)
    for number in range(1, 6):
        connects = len(client.connects)
        # Nothing of the answer arrives. It is written once the message is committed.
        wire.cut_after(1)
        token = client.offer("support_message", said(f"m{number}", is_named=is_named))
        answer = await answer_of(client, token)
        assert (answer["message"]["id"], answer.get("repeated")) == (number, True)
        assert len(client.connects) > connects
        assert client.recovered
        # Nothing is on its way when the wire is to break at the next answer.
        await client.heard("support_message_received", count=number)
        await client.settled()
    expected = [(number, f"m{number}") for number in range(1, 6)]
    await client.heard("support_message_received", count=5)
    assert heard(client) == expected
    assert await stored(shop, room) == expected


@named
async def test_a_message_whose_acknowledgement_is_lost_again_and_again_is_stored_once(
    node_client: NodeClients, wire: Wire, shop: Shop, customer: Person, *, is_named: bool
) -> None:
    client = await node_client(
        url=wire.base_url, auth={"token": customer.token}, **RETRIES, **TRANSPORTS["websocket"]
    )
    room = await open_chat(client)
    # Whether a wire breaks before an answer that is on its way is nobody's to say: it is tried until it does.
    for number in range(1, 6):
        text, connects = f"Hello {number}", len(client.connects)
        wire.cut_after(1)
        token = client.offer("support_message", said(text, is_named=is_named))
        lost = 0
        while lost < 2:
            # In again, it asks again, and is cut off before it is answered.
            await until(lambda: len(client.connects) > connects + lost or token in client.acks)  # noqa: B023  awaited here
            wire.cut_after(1)
            if token in client.acks:
                break
            lost += 1
        answer = await answer_of(client, token)
        assert answer["message"]["id"] == number
        await client.settled()
        if lost == 2:
            break
    else:
        pytest.fail("no answer was lost twice")
    # The same words once more are another message.
    second = await answer_of(client, client.offer("support_message", {"message": text}))
    assert second["message"]["id"] == number + 1
    await client.heard("support_message_received", count=number + 1)
    expected = [*((one, f"Hello {one}") for one in range(1, number + 1)), (number + 1, text)]
    assert heard(client) == await stored(shop, room) == expected


async def test_words_that_are_said_again_after_a_cut_are_another_message(
    node_client: NodeClients, wire: Wire, shop: Shop, customer: Person
) -> None:
    client = await node_client(
        url=wire.base_url, auth={"token": customer.token}, **RETRIES, **TRANSPORTS["websocket"]
    )
    room = await open_chat(client)
    for number in (1, 2, 3):
        answer = await answer_of(client, client.offer("support_message", {"message": "Hello?"}))
        assert (answer["message"]["id"], "repeated" in answer) == (number, False)
        await client.heard("support_message_received", count=number)
        wire.cut()
        await client.connected(number + 1)
        assert client.recovered
    assert await stored(shop, room) == [(1, "Hello?"), (2, "Hello?"), (3, "Hello?")]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two live processes of one shop, with a customer and somebody of its staff."""

    servers: list[ServerProcess]
    backstage: Backstage

    async def begin_again(self) -> None:
        """Both are there, whatever a test before has killed."""
        for server in self.servers:
            if server.process is None or server.process.poll() is not None:
                await asyncio.to_thread(server.start)


@pytest.fixture(scope="module")
def started_pair() -> Iterator[Pair]:
    """Start them once for all tests of this file."""
    with fresh_database_url() as make:
        url, env = make(), {"STOCKWIRE_REDIS_PREFIX": f"test-{secrets.token_hex(6)}"}
        servers = [ServerProcess(database_url=url, role="live", env=env) for _each in range(2)]
        try:
            migrated = servers[0].manage("migrate", "--verbosity=0")
            assert migrated.returncode == 0, migrated.stderr
            backstage = Backstage(servers[0])
            yield Pair(servers, backstage)
            backstage.close()
        finally:
            end_all(servers)


@pytest.fixture
async def pair(started_pair: Pair) -> Pair:
    await started_pair.begin_again()
    return started_pair


@named
async def test_a_process_that_is_killed_between_commit_and_answer_costs_and_doubles_nothing(
    node: Node, pair: Pair, *, is_named: bool
) -> None:
    one, other = pair.servers
    customer, staff = await pair.backstage.person(), await pair.backstage.person("admin")
    shop = Shop(lambda: other.base_url, staff.bearer)
    async with wire_to(one.port) as wire:
        options = {**RETRIES, **TRANSPORTS["websocket"]}
        client = await node.client(wire.base_url, auth={"token": customer.token}, **options)
        desk = await node.client(other.base_url, auth={"token": staff.token}, **options)
        for each in (client, desk):
            await each.connected()
        room = await open_chat(client)
        assert (await answer_of(desk, desk.offer("join_room", {"room": room})))["ok"]
        answer = await answer_of(client, client.offer("support_message", said("1", is_named=is_named)))
        assert answer["message"]["id"] == 1
        await client.heard("support_message_received")
        await desk.heard("support_message_received")
        # Nothing else is on its way to it: who has come in is told before what it says is answered.
        await client.settled()
        # Committed, as the beginning of the answer shows; the rest of it never comes.
        wire.cut_after(1, refuse=True)
        cuts = wire.cuts
        token = client.offer("support_message", said("2", is_named=is_named))
        await until(lambda: wire.cuts > cuts)
        async with asyncio.timeout(20):
            while len(await stored(shop, room)) < 2:
                pass
        one.kill()
        # Staff go on meanwhile.
        answer = await answer_of(desk, desk.offer("support_message", {"message": "3", "chatRoom": room}))
        assert answer["message"]["id"] == 3
        wire.port = other.port
        wire.mend()
        answer = await answer_of(client, token)
        # Known again although staff have said something since.
        assert (answer["message"]["id"], answer.get("repeated")) == (2, True)
        assert client.recovered
        assert (await answer_of(client, client.offer("support_message", said("4", is_named=is_named))))["ok"]
        expected = [(number, str(number)) for number in range(1, 5)]
        for hearer in (client, desk):
            await hearer.heard("support_message_received", count=4)
            assert heard(hearer) == expected
        assert await stored(shop, room) == expected


async def test_a_chat_goes_on_while_its_processes_are_killed_in_turn(node: Node, pair: Pair) -> None:
    customer, staff = await pair.backstage.person(), await pair.backstage.person("admin")
    async with wire_to(pair.servers[0].port) as wire:
        client = await node.client(wire.base_url, auth={"token": customer.token}, **RETRIES)
        desk = await node.client(
            wire.base_url, auth={"token": staff.token}, **RETRIES, **TRANSPORTS["websocket"]
        )
        for each in (client, desk):
            await each.connected()
        room = await open_chat(client)
        assert (await answer_of(desk, desk.offer("join_room", {"room": room})))["ok"]
        for turn in range(TURNS):
            here, there = pair.servers[turn % 2], pair.servers[1 - turn % 2]
            tokens = [
                (who, who.offer("support_message", {**said(f"{turn}.{n}.{i}", is_named=True), **more}))
                for n in range(5)
                for i, (who, more) in enumerate(((client, {}), (desk, {"chatRoom": room})))
            ]
            await until(lambda: tokens[0][1] in client.acks)  # noqa: B023  awaited here
            here.kill()
            wire.port = there.port
            for who, token in tokens:
                assert (await answer_of(who, token))["ok"]
            await asyncio.to_thread(here.start)
        messages = await stored(Shop(lambda: wire.base_url, staff.bearer), room)
        assert [number for number, _text in messages] == list(range(1, 10 * TURNS + 1))
        for i in (0, 1):
            # Each side's own, in the order in which it was said.
            own = [text for _number, text in messages if text.endswith(f".{i}")]
            assert own == [f"{turn}.{n}.{i}" for turn in range(TURNS) for n in range(5)]
        for hearer in (client, desk):
            await hearer.heard("support_message_received", count=10 * TURNS, within=20)
            assert heard(hearer) == messages
            assert all(connected.recovered for connected in hearer.connects[1:])
