"""Whoever sends garbage loses its own connection at most: real clients beside it go on hearing, and the
server has nothing to say of it. (The codec's own tests of this kind are in `tests/realtime/socketio`.)"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.backstage import Person
from tests.clients.node_client import TRANSPORTS, NodeClient
from tests.clients.sales import Seller, all_heard
from tests.clients.shop import Shop
from tests.clients.stranger import Peer, a_session, ask, masked, request, statuses, upgrade
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

Connect = Callable[..., Awaitable[NodeClient]]
Garbage = Callable[[random.Random], bytes]

PEERS = 60
FLOOD = 1_000
#: What one client may say at once.
BURST = 100

# ---------------------------------------------------------------------------------------- what is sent

_PIECES = (
    *'0123456-/,[]{}"\\b',
    *(
        "40",
        '42["join_room",{"room":"storefront"}]',
        '420["authenticate",{"token":"',
        '451-["a",{"_placeholder":true',
    ),
    *(
        ',"num":0}]',
        "2probe",
        "5",
        "é",
        "\x1e",
        "\x00",
        "null",
        "1e999",
        "\\ud800",
        "/elsewhere,",
        "?x=1",
        "[" * 50,
    ),
    *("40{}", '40{"pid":"x","offset":5}', "41", '43["x"]', '44{"message":1}', "4" * 30),
)


def some_text(chance: random.Random) -> bytes:
    """Pieces of packets, in no good order."""
    return "".join(chance.choices(_PIECES, k=chance.randrange(1, 12))).encode()


def some_bytes(chance: random.Random) -> bytes:
    """Anything."""
    return chance.randbytes(chance.randrange(1, 2_000))


def a_frame(chance: random.Random) -> bytes:
    """A WebSocket frame that is as it should be around what is in it."""
    payload = some_text(chance) if chance.random() < 0.7 else some_bytes(chance)
    return masked(payload, opcode=1 if chance.random() < 0.6 else 2, mask=chance.randbytes(4))


def a_bad_frame(chance: random.Random) -> bytes:
    """A frame with something wrong: opcode, reserved bits, mask, size, or all of it."""
    return bytes([chance.randrange(256), chance.randrange(256)]) + chance.randbytes(chance.randrange(40))


def a_huge_frame(_chance: random.Random) -> bytes:
    """One that promises more than there is in the world."""
    return bytes([0x81, 0xFF]) + (2**62).to_bytes(8, "big") + b"mask" + b"x" * 1_000


def a_flood_of_pings(_chance: random.Random) -> bytes:
    """Control frames without end."""
    return (bytes([0x89, 0x80]) + b"mask") * 500


FRAMES: dict[str, Garbage] = {
    "packets": a_frame,
    "bad frames": a_bad_frame,
    "bytes": some_bytes,
    "a huge frame": a_huge_frame,
    "pings": a_flood_of_pings,
}

# ---------------------------------------------------------------------------------------- tests


@pytest.fixture
async def listeners(node_client: Connect, shop: Shop) -> tuple[Seller, list[NodeClient]]:
    """A seller, and one real client over each transport who listens."""
    clients = [await node_client(**transports) for transports in TRANSPORTS.values()]
    product = await shop.make_product()
    for client in clients:
        await client.heard("inventory_update")
        client.forget()
    return Seller(shop, product), clients


async def nobody_else_notices(seller: Seller, clients: list[NodeClient], garbage: Awaitable[object]) -> None:
    """While that goes on, and after it, the others hear everything, and stay connected."""
    async with seller.selling(pause=0.005):
        await garbage
    await seller.sell()
    for client in clients:
        await all_heard(client, seller, at_product=False)
        assert (client.disconnects, client.errors) == ([], [])


@pytest.mark.parametrize("kind", FRAMES)
async def test_garbage_over_a_websocket(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]], kind: str
) -> None:
    chance = random.Random(kind)
    heard: list[bytes] = []

    async def peer(number: int) -> None:
        own = random.Random(chance.random())
        async with Peer.at(server) as peer:
            # Every other one is let in first.
            await (peer.enter() if number % 2 else peer.open())
            for _each in range(own.randrange(1, 40)):
                await peer.say(FRAMES[kind](own))
            await peer.until_quiet()
            heard.append(peer.heard)

    await nobody_else_notices(*listeners, asyncio.gather(*map(peer, range(PEERS))))
    assert len(heard) == PEERS


async def test_garbage_by_polling(server: ServerProcess, listeners: tuple[Seller, list[NodeClient]]) -> None:
    chance = random.Random("polling")
    found: set[int] = set()

    async def peer(number: int) -> None:
        own = random.Random(chance.random())
        sid = await a_session(server)
        query = f"EIO=4&transport=polling&sid={sid}"
        bodies = [b"40"] if number % 2 else []
        bodies += [
            some_text(own) if own.random() < 0.6 else some_bytes(own) for _each in range(own.randrange(1, 10))
        ]
        posts = [request("POST", query, body) for body in bodies]
        answer = await ask(server, *posts, request("GET", query, more="Connection: close\r\n"))
        found.update(statuses(answer))

    await nobody_else_notices(*listeners, asyncio.gather(*map(peer, range(PEERS))))
    assert 400 in found
    assert found <= {200, 400}


async def test_requests_that_make_no_sense(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]]
) -> None:
    chance = random.Random("requests")
    words = (
        "EIO=4",
        "EIO=3",
        "EIO=",
        "transport=polling",
        "transport=websocket",
        "transport=carrier-pigeon",
        "sid=x",
        "sid=" + "A" * 500,
        "t=1",
        "b64=1",
        "sid=%00",
        "token=%ff",
        "token=a.b.c",
        "j=0",
        "&",
        "%%%",
        "=",
        "é",
    )
    methods = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "BREW")
    found: set[int] = set()

    async def peer(_number: int) -> None:
        own = random.Random(chance.random())
        query = "&".join(own.choices(words, k=own.randrange(6)))
        body = some_bytes(own) if own.random() < 0.5 else b""
        more = own.choice(
            ("", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Cookie: stockwire_token=\xff\r\n")
        )
        sent = request(own.choice(methods), query, body, more=more + "Authorization: Bearer \xff\xfe\r\n")
        found.update(statuses(await ask(server, sent)))

    await nobody_else_notices(*listeners, asyncio.gather(*map(peer, range(3 * PEERS))))
    assert found <= {200, 204, 400, 403, 404, 405, 426}, found


async def test_bytes_that_are_no_http_at_all(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]]
) -> None:
    chance = random.Random("bytes")

    async def peer(_number: int) -> None:
        own = random.Random(chance.random())
        sent = [own.choice([b"", b"GET /socket.io/ HTTP/1.1\r\n", upgrade()[:-10]]), some_bytes(own)]
        found = statuses(await ask(server, *sent))
        assert set(found) <= {400, 404}, found

    await nobody_else_notices(*listeners, asyncio.gather(*map(peer, range(PEERS))))


async def test_messages_that_are_too_large(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]]
) -> None:
    found: list[int] = []

    async def by_post(_number: int) -> None:
        sid = await a_session(server)
        sent = request("POST", f"EIO=4&transport=polling&sid={sid}", b"4" + b"x" * 1_500_000)
        found.extend(statuses(await ask(server, sent)))

    async def by_websocket(_number: int) -> None:
        async with Peer.at(server) as peer:
            await peer.open()
            await peer.say(masked(b"4" * 1_200_000))
            await until(lambda: peer.has_ended)

    await nobody_else_notices(
        *listeners, asyncio.gather(*map(by_post, range(8)), *map(by_websocket, range(8)))
    )
    assert found == [413] * 8


async def test_many_who_say_nothing(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]], shop: Shop
) -> None:
    """Sessions that nobody goes on with: they take no place among those who are connected."""
    counted = (await shop.ask("GET", "/api/socket"))["connections"]
    sids = await asyncio.gather(*(a_session(server) for _each in range(200)))
    assert len(set(sids)) == 200
    await nobody_else_notices(*listeners, asyncio.sleep(0))
    assert (await shop.ask("GET", "/api/socket"))["connections"] == counted


async def test_who_asks_for_namespaces_without_end(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]]
) -> None:
    refusals: list[int] = []

    async def peer(_number: int) -> None:
        async with Peer.at(server) as peer:
            await peer.open()
            for each in range(500):
                await peer.say(masked(f"40/elsewhere-{each},".encode()))
            await peer.until_quiet()
            refusals.append(peer.heard.count(b"Invalid namespace"))

    await nobody_else_notices(*listeners, asyncio.gather(*map(peer, range(20))))
    assert refusals == [20] * 20


async def test_a_flood_of_events_from_many(
    server: ServerProcess, listeners: tuple[Seller, list[NodeClient]]
) -> None:
    event = masked(b'42["join_room",{"room":"product_1"}]')
    told: list[tuple[int, int]] = []

    async def peer(_number: int) -> None:
        async with Peer.at(server) as peer:
            await peer.enter()
            await peer.say(event * FLOOD)
            await peer.until_quiet()
            told.append((peer.heard.count(b"room_joined"), peer.heard.count(b"rate_limited")))

    await nobody_else_notices(*listeners, asyncio.gather(*map(peer, range(10))))
    # Each of them is answered; what is beyond the pace is refused, and costs little.
    assert all(joined + refused == FLOOD for joined, refused in told), told
    assert all(99 <= joined < FLOOD / 2 for joined, _refused in told), told


# Every event of the contract, those that are still to come among them.
EVENTS = (
    *(
        "join_room",
        "leave_room",
        "user_role",
        "join_order_room",
        "leave_order_room",
        "join_cart",
        "cart_add_item",
    ),
    *("cart_remove_item", "cart_batch_update", "product_view", "wishlist_updated", "user_activity"),
    *("join_support_chat", "support_message", "typing_start", "typing_stop", "authenticate", "nonsense"),
)
KEYS = (
    "room",
    "userId",
    "productId",
    "variant",
    "size",
    "color",
    "quantity",
    "action",
    "token",
    "message",
    "issue",
    "priority",
    "chatRoom",
    "duration",
    "category",
    "cartToken",
    "__proto__",
    "",
)
VALUES = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**53,
        2**70,
        0.5,
        1e300,
        "",
        " ",
        "x",
        "admin",
        "prod_1",
        "\x00",
        "\ud83d",
        "é" * 300,
    ),
    *(
        "storefront",
        "user_1",
        "cart_1",
        "support_1",
        "' OR 1=1 --",
        "../../x",
        "a" * 20_000,
        "2026-01-01T00:00:00Z",
    ),
    json.loads("[" * 200 + "]" * 200),
)


def anything(chance: random.Random, depth: int = 3) -> Any:
    """A value that JSON has."""
    kind = chance.random()
    if depth and kind < 0.35:
        return {chance.choice(KEYS): anything(chance, depth - 1) for _each in range(chance.randrange(5))}
    if depth and kind < 0.5:
        return [anything(chance, depth - 1) for _each in range(chance.randrange(5))]
    return chance.choice(VALUES)


async def test_events_with_anything_for_arguments(
    node_client: Connect, customer: Person, listeners: tuple[Seller, list[NodeClient]]
) -> None:
    """The answer says what is wrong, and it is never the server."""
    chance = random.Random("arguments")
    answers: list[dict[str, Any]] = []

    async def talk(**options: Any) -> None:
        for _connection in range(4):
            client = await node_client(**TRANSPORTS["websocket"], **options)
            # Just as many as may be said at once.
            tokens = [
                client.offer(
                    chance.choice(EVENTS), *(anything(chance) for _each in range(chance.randrange(4)))
                )
                for _event in range(BURST)
            ]
            await until(lambda: len(client.acks) == len(tokens), within=20)  # noqa: B023  awaited here
            answers.extend(client.acks[token][0] for token in tokens)
            assert client.disconnects == []
            await client.node.forget(client)

    await nobody_else_notices(*listeners, asyncio.gather(talk(), talk(auth={"token": customer.token})))
    codes = Counter(answer.get("code") for answer in answers if not answer["ok"])
    assert sum(codes.values()) > len(answers) / 2
    assert not codes.keys() & {"server_error", "unavailable", "rate_limited", None}, codes


def test_the_pieces_are_what_they_are_meant_to_be() -> None:
    """The garbage of a seed is always the same, so that what it finds can be found again."""
    for make in FRAMES.values():
        assert make(random.Random(1)) == make(random.Random(1))
