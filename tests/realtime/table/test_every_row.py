"""Each row of the contract's table of events is brought about: everybody hears exactly these messages, in
order, on each transport, and nobody any other."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence

import pytest

from realtime import registry
from tests.realtime.door import FRAMES, Door, serving
from tests.realtime.house_of_orders import a_cast
from tests.realtime.log import LiveHalf
from tests.realtime.table.audience import (
    ALL,
    AMBIENT,
    PATIENCE,
    SOCKET_IO,
    SSE,
    TRANSPORTS,
    WS,
    Audience,
    Message,
    gather,
)
from tests.realtime.table.rows import CONTRACT, SCENES, Row

Heard = dict[str, dict[str, list[str]]]


@pytest.fixture
async def door(live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving(FRAMES) as door:
        yield door


@pytest.fixture
async def audience(door: Door) -> AsyncIterator[Audience]:
    cast = await a_cast()
    await cast.assign_both()
    audience = await gather(door, cast)
    yield audience
    await audience.go_home()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scene", SCENES)
async def test_everybody_hears_exactly_what_the_table_says(scene: str, audience: Audience) -> None:
    for row in SCENES[scene]:
        await row.deed(audience)
        messages = await audience.heard()
        if row.passing:
            # What has not come by then is missed below, by name.
            deadline = time.monotonic() + PATIENCE
            while not is_there(row, messages) and time.monotonic() < deadline:
                add(messages, await audience.heard())
            add(messages, await audience.heard())
        found, wanted = names(row, messages), expected(row)
        wrong = {
            f"{who} on {transport}": {
                "heard": found[transport][who],
                "should have heard": wanted[transport][who],
            }
            for transport in TRANSPORTS
            for who in ALL
            if found[transport][who] != wanted[transport][who]
        }
        assert wrong == {}, row.what
        for who in ALL:
            on_ws, on_sse = (as_said(messages[transport][who]) for transport in (WS, SSE))
            assert on_ws == on_sse, f"{row.what}: {who} is told the same on both"


def expected(row: Row) -> Heard:
    said = {WS: row.ws, SSE: row.ws, SOCKET_IO: row.shop}
    return {
        transport: {
            who: [name for name, listeners in said[transport] if who in listeners] for who in sorted(ALL)
        }
        for transport in TRANSPORTS
    }


def names(row: Row, messages: Mapping[str, Mapping[str, Sequence[Message]]]) -> Heard:
    """What was heard, without what comes and goes with the listeners, unless the row is about that."""
    about = {name for name, _listeners in (*row.ws, *row.shop)}
    return {
        transport: {who: list(_once(row, relevant(heard[who], about))) for who in sorted(heard)}
        for transport, heard in messages.items()
    }


def relevant(messages: Sequence[Message], about: Collection[str]) -> list[str]:
    """In their order; what is ambient last, since it comes when it comes."""
    durable = [one.name for one in messages if one.name not in AMBIENT]
    return durable + [one.name for one in messages if one.name in AMBIENT and one.name in about]


def _once(row: Row, heard: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(heard):
        if not (row.repeats and name in AMBIENT and name in heard[:place]):
            yield name


def is_there(row: Row, messages: Mapping[str, Mapping[str, Sequence[Message]]]) -> bool:
    """Whether everybody has heard as much as they should."""
    found = names(row, messages)
    return all(
        len(found[transport][who]) >= len(wanted)
        for transport, listeners in expected(row).items()
        for who, wanted in listeners.items()
    )


def add(
    messages: dict[str, dict[str, list[Message]]], more: Mapping[str, Mapping[str, list[Message]]]
) -> None:
    for transport, heard in more.items():
        for who, some in heard.items():
            messages[transport][who] += some


def as_said(messages: Sequence[Message]) -> list[object]:
    return [one.whole for one in messages if one.name not in AMBIENT]


# ---------------------------------------------------------------------------------------- nothing is left out


ROWS = [row for rows in SCENES.values() for row in rows]


def heard_on(transport: str) -> set[str]:
    return {name for row in ROWS for name, _ in (row.ws if transport == WS else row.shop)}


def test_every_event_of_the_contract_has_a_row() -> None:
    assert heard_on(WS) == CONTRACT.keys()
    assert heard_on(SOCKET_IO) == {name for events in CONTRACT.values() for name in events}


def made() -> dict[str, set[str]]:
    """What the registry has: each event by its name on `/ws`, and what it becomes on Socket.IO."""
    found: dict[str, set[str]] = {}
    for entry in registry.TYPES:
        # An announcement goes out under the names of others.
        if entry.name != "stock.announced":
            (name,) = {name for emission in entry.emissions["catalog"] for name in emission.names}
            becomes = {name for emission in entry.emissions["shop"] for name in emission.names}
            found.setdefault(name, set()).update(becomes)
    return found


def test_the_registry_has_the_events_of_the_contract_and_no_others() -> None:
    assert made().keys() == CONTRACT.keys()


def test_what_an_event_becomes_on_socket_io_is_what_the_contract_says() -> None:
    for name, becomes in made().items():
        # A notification is an event of its own, recorded with the one that it is about.
        apart = set() if name == "notification.created" else {"new_notification"}
        assert becomes == set(CONTRACT[name]) - apart, name
