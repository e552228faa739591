"""`/events` as clients see it, byte by byte, over a real socket and both ways of writing to it."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress

import pytest

from config.identity.models import Role
from inventory.events import StockReduced, StockValidated
from realtime import registry, services
from realtime.consumers import events as door_of_events
from realtime.receivers import pass_on_validation
from tests.realtime.door import Door
from tests.realtime.event_source import Chunks, Dispatched, Reader, Response
from tests.realtime.log import (
    LiveHalf,
    product_updated,
    publish_soon,
    sql,
    stock_low,
    stock_reduced,
    stock_updated,
)
from tests.realtime.people import a_person, away
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def versions(events: list[Dispatched]) -> list[int]:
    return [event.data["version"] for event in events]


# ---------------------------------------------------------------------------------- what is sent


async def test_a_stream_says_what_it_is_and_that_nobody_on_the_way_may_keep_it(door: Door) -> None:
    stream = await door.listen()
    wanted = {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "connection": "close",
        "vary": "Origin",
        "transfer-encoding": "chunked",
    }
    assert {name: stream.headers.get(name) for name in wanted} == wanted
    assert not any(name.startswith("access-control") for name in stream.headers)


async def test_every_byte_of_a_stream_is_as_the_standard_has_it(door: Door, live_half: LiveHalf) -> None:
    place = live_half.hub.position
    stream = await door.listen("?topics=products")
    await publish_soon(product_updated())
    event = await stream.event()
    beginning = f"retry: 2000\nid: {place.epoch}-{place.seq}\n\n"
    cursor = f"{place.epoch}-{place.seq + 1}"
    assert stream.body.decode() == (
        f"{beginning}id: {cursor}\nevent: product.updated\ndata: {event.text}\n\n"
    )
    assert set(event.data) == {"id", "type", "data", "timestamp", "cursor", "version"}
    assert event.data["type"] == "product.updated"
    assert event.data["cursor"] == event.last_event_id == cursor
    assert event.data["data"]["product"]["base_title"] == "Tasse ☕\nzweite Zeile"
    assert stream.events.retry == 2000


async def test_the_event_is_the_same_text_as_on_the_websocket(door: Door) -> None:
    caller = await door.call("?topics=stock")
    await caller.hear_of("subscribed")
    stream = await door.listen("?topics=stock")
    await publish_soon(stock_reduced())
    heard = await caller.connection.recv()
    assert heard == (await stream.event()).text


async def test_whoever_names_no_topics_hears_every_product_and_no_stock(door: Door) -> None:
    stream = await door.listen()
    await publish_soon(stock_reduced(), product_updated(), stock_updated(), product_updated("prod_2"))
    heard = [await stream.event() for _each in range(2)]
    assert [event.data["data"]["product_id"] for event in heard] == ["prod_1", "prod_2"]


async def test_an_event_of_several_topics_comes_once(door: Door) -> None:
    stream = await door.listen("?topics=stock,product:prod_1&topics=products")
    await publish_soon(stock_reduced("prod_1", 1), stock_reduced("prod_2", 2), product_updated("prod_1", 3))
    await publish_soon(stock_reduced("prod_1", 4))
    assert versions([await stream.event() for _each in range(4)]) == [1, 2, 3, 4]


async def test_an_ephemeral_event_has_no_id_and_leaves_the_reader_the_one_that_it_has(door: Door) -> None:
    stream = await door.listen("?topics=product:prod_1")
    place = stream.events.last_event_id
    validated = StockValidated("prod_1", "var_1", "MUG", {}, 3, "2026-11-21T10:00:00.000Z")
    event = None
    while event is None:
        # At most once: until the readers have found their way to Redis it goes nowhere.
        pass_on_validation(None, validated)
        with suppress(TimeoutError):
            event = await stream.event(within=0.5)
    assert (event.type, event.last_event_id) == ("stock.validated", place)
    assert "cursor" not in event.data
    assert f"\n\nevent: stock.validated\ndata: {event.text}\n\n".encode() in stream.body


async def test_a_quiet_line_is_kept_awake_and_its_place_is_kept_new(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door_of_events.KEEP_ALIVE_SECONDS == 15
    monkeypatch.setattr(door_of_events, "KEEP_ALIVE_SECONDS", 0.05)
    stream = await door.listen("?topics=product:prod_9")
    place = stream.events.last_event_id
    await stream.block(3)
    assert stream.body.count(f":\nid: {place}\n\n".encode()) == stream.events.comments == 2
    await publish_soon(stock_reduced("prod_1"))
    await until(lambda: live_half.hub.position.seq == 1)
    await stream.block(stream.events.blocks + 2)
    # Nothing to hear, and yet it would come back to where the log is now.
    assert stream.events.last_event_id == f"{live_half.hub.position.epoch}-1" != place
    assert not stream._dispatched
    await stream.hang_up()
    await until(lambda: not live_half.hub.sessions)


def test_an_event_is_one_message_so_that_its_id_is_the_place_after_all_of_it() -> None:
    assert {len(entry.emissions.get(registry.CATALOG, ())) for entry in registry.TYPES} <= {0, 1}


# ---------------------------------------------------------------------------------- coming back


async def test_the_id_of_the_last_event_brings_what_was_missed_before_anything_live(door: Door) -> None:
    first = await door.listen("?topics=stock")
    await publish_soon(*(stock_reduced("prod_1", version) for version in range(1, 6)))
    heard = [await first.event() for _each in range(5)]
    second = await door.listen("?topics=stock", headers={"Last-Event-ID": heard[1].last_event_id})
    # It is told its own place first: one that is cut off before the first event has still lost nothing.
    assert second.body.startswith(f"retry: 2000\nid: {heard[1].last_event_id}\n\n".encode())
    again = [await second.event() for _each in range(3)]
    assert again == heard[2:]
    await publish_soon(stock_reduced("prod_1", 6))
    assert (await second.event()).data["version"] == 6


async def test_a_client_that_heard_nothing_comes_back_to_where_it_began(door: Door) -> None:
    first = await door.listen("?topics=stock")
    await first.hang_up()
    await publish_soon(stock_reduced("prod_1", 1))
    second = await door.listen("?topics=stock", headers={"Last-Event-ID": first.events.last_event_id})
    assert (await second.event()).data["version"] == 1


async def test_a_place_may_stand_in_the_address_and_the_header_has_the_last_word(door: Door) -> None:
    first = await door.listen("?topics=stock")
    await publish_soon(*(stock_reduced("prod_1", version) for version in range(1, 4)))
    heard = [await first.event() for _each in range(3)]
    address = f"?topics=stock&last_event_id={heard[0].last_event_id}"
    by_address = await door.listen(address)
    assert versions([await by_address.event() for _each in range(2)]) == [2, 3]
    # So a browser comes back: with the address that it began with.
    by_header = await door.listen(address, headers={"Last-Event-ID": heard[1].last_event_id})
    assert (await by_header.event()).data["version"] == 3
    for empty in ("?topics=stock&last_event_id=", "?topics=stock"):
        anew = await door.listen(empty, headers={"Last-Event-ID": ""})
        assert anew.events.last_event_id == heard[2].last_event_id


async def test_after_what_was_missed_the_place_is_the_present_one(door: Door, live_half: LiveHalf) -> None:
    first = await door.listen("?topics=stock")
    await publish_soon(stock_reduced("prod_1", 1), product_updated(), product_updated())
    await first.event()
    await until(lambda: live_half.hub.position.seq == 3)
    second = await door.listen(
        "?topics=stock", blocks=3, headers={"Last-Event-ID": first.events.last_event_id[:-1] + "0"}
    )
    assert (await second.event()).last_event_id.endswith("-1")
    assert second.events.last_event_id.endswith("-3")


@pytest.mark.parametrize(
    ("last_event_id", "reason"),
    [("garbage", "malformed"), ("17", "malformed"), ("%00", "malformed"), ("0000aaaa-3", "epoch_changed")],
)
async def test_a_place_that_can_not_be_come_back_to_is_answered_with_a_reset(
    door: Door, live_half: LiveHalf, last_event_id: str, reason: str
) -> None:
    await publish_soon(stock_reduced("prod_1", 1))
    await until(lambda: live_half.hub.position.seq == 1)
    place = f"{live_half.hub.position.epoch}-1"
    stream = await door.ask(f"?topics=stock&last_event_id={last_event_id}")
    event = await stream.event()
    assert event == Dispatched("reset", json.dumps({"reason": reason}, separators=(",", ":")), place)
    # And nothing stands before it: a reader cut off there would forget its place and not hear of the reset.
    assert stream.body.startswith(b"retry: 2000\nid: ")
    assert stream.events.blocks == 1
    await publish_soon(stock_reduced("prod_1", 2))
    assert (await stream.event()).data["version"] == 2


async def test_a_place_whose_events_are_gone_or_too_many_is_answered_with_a_reset(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await door.listen("?topics=stock")
    start = first.events.last_event_id
    await publish_soon(*(stock_reduced("prod_1", version) for version in range(1, 12)))
    for _each in range(11):
        await first.event()
    monkeypatch.setattr(live_half.hub._replay, "_most_events", 10)
    stream = await door.listen("?topics=stock", headers={"Last-Event-ID": start})
    assert (await stream.event_of("reset")).data == {"reason": "too_many"}
    live_half.hub._ring.clear()
    await sql("UPDATE realtime_eventhead SET floor = 5")
    stream = await door.listen("?topics=stock", headers={"Last-Event-ID": start})
    reset = await stream.event_of("reset")
    assert reset.data == {"reason": "expired"}
    assert reset.last_event_id == first.events.last_event_id


async def test_a_new_epoch_ends_every_stream_and_its_places(door: Door) -> None:
    stream = await door.listen("?topics=stock")
    await away(services.begin_new_epoch)
    await stream.ends()
    again = await door.ask("?topics=stock", headers={"Last-Event-ID": stream.events.last_event_id})
    reset = await again.event_of("reset")
    assert reset.data == {"reason": "epoch_changed"}
    assert reset.last_event_id.partition("-")[0] != stream.events.last_event_id.partition("-")[0]


async def test_rights_are_asked_again_for_what_was_missed(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    first = await door.listen("?topics=admin,stock", headers=staff.bearer)
    await publish_soon(stock_low(), stock_reduced())
    assert (await first.event()).type == "stock.low"
    start = {"Last-Event-ID": first.events.last_event_id[:-1] + "0"}
    refused = await door.ask("?topics=admin,stock", headers={**customer.bearer, **start})
    assert refused.status == 403
    second = await door.listen("?topics=stock", headers={**customer.bearer, **start})
    assert (await second.event()).type == "stock.reduced"


class CutOff:
    """Listens as a browser does, on a line that is cut after so many bytes, wherever that is; what was not
    whole by then does not count."""

    def __init__(self, door: Door, *, chance: random.Random) -> None:
        self._door = door
        self._chance = chance
        self._place = ""
        self.heard: list[int] = []
        self.cuts = 0

    async def listen(self, until_version: int) -> None:
        while not self.heard or self.heard[-1] < until_version:
            headers = {"Last-Event-ID": self._place} if self._place else {}
            response = await Response.of(self._door.port, "/events?topics=stock", headers=headers)
            await self._listen_for(self._chance.randrange(1, 6_000), response)
            await response.hang_up()
            self.cuts += 1

    async def _listen_for(self, size: int, response: Response) -> None:
        # A browser keeps its place over the new connection, until it is told another.
        reader = Reader(last_event_id=self._place)
        chunks = Chunks()
        while size > 0:
            received = await response.raw(min(size, 1_000))
            assert received
            size -= len(received)
            for event in reader.feed(chunks.feed(received)):
                assert event.type == "stock.reduced"
                self.heard.append(event.data["version"])
            self._place = reader.last_event_id


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_line_that_is_cut_at_any_byte_costs_no_event_and_doubles_none(door: Door, seed: int) -> None:
    chance = random.Random(seed)
    clients = [CutOff(door, chance=chance) for _each in range(5)]
    await until_all_have_a_place(clients)
    most = 120

    async def sell() -> None:
        version = 0
        while version < most:
            several = chance.randrange(1, 12)
            await publish_soon(
                *(
                    stock_reduced("prod_1", version + n + 1, sku="x" * chance.randrange(200))
                    for n in range(several)
                )
            )
            version += several
            await asyncio.sleep(chance.random() * 0.02)
        # Enough after it for whoever counts bytes.
        await publish_soon(*(stock_reduced("prod_1", version + n + 1) for n in range(40)))

    async with asyncio.timeout(60):
        await asyncio.gather(sell(), *(client.listen(most) for client in clients))
    for client in clients:
        assert client.heard == list(range(1, len(client.heard) + 1))
        assert len(client.heard) >= most
        assert client.cuts > 3


def a_sale(version: int, chance: random.Random) -> StockReduced:
    return stock_reduced("prod_1", version, sku="x" * chance.randrange(200))


async def until_all_have_a_place(clients: list[CutOff]) -> None:
    """Each learns from where it listens before the first sale."""
    for client in clients:
        stream = await client._door.listen("?topics=stock")
        client._place = stream.events.last_event_id
        await stream.hang_up()
