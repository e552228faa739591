"""Cursors: made and read, and what a client that was cut off within an event gets with its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel.events import DomainEvent
from realtime.cursor import Offset, parse_cursor, parse_offset, to_cursor
from realtime.dialects.shop import SHOP
from realtime.records import Position
from realtime.socketio.packets import Decoder
from tests.realtime.happenings.products import created
from tests.realtime.happenings.records import EPOCH, record_of
from tests.realtime.happenings.stock import held, ran_low, restocked, sold

EPOCHS = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=16)
SEQS = st.integers(0, 10**18 - 1)
PLACES = st.integers(0, 99)


@given(EPOCHS, SEQS)
def test_a_cursor_survives_the_way_to_the_client_and_back(epoch: str, seq: int) -> None:
    cursor = to_cursor(epoch, seq)
    assert parse_cursor(cursor) == Position(epoch, seq)
    assert parse_offset(cursor) == Offset(Position(epoch, seq), skip=0)


@given(EPOCHS, st.integers(1, 10**18 - 1), PLACES)
def test_a_place_within_an_event_is_after_the_one_before_with_messages_to_pass_over(
    epoch: str, seq: int, place: int
) -> None:
    cursor = to_cursor(epoch, seq, place)
    assert cursor == f"{epoch}-{seq}.{place}"
    offset = parse_offset(cursor)
    assert offset == Offset(Position(epoch, seq - 1), skip=place + 1)
    assert offset is not None
    assert offset.newest == Position(epoch, seq)
    # Nobody but Socket.IO's recovery can be within an event.
    assert parse_cursor(cursor) is None


def test_the_newest_event_that_a_plain_cursor_knows_is_its_own() -> None:
    offset = parse_offset("abcd-120")
    assert offset is not None
    assert offset.newest == offset.position == Position("abcd", 120)


def written_again(offset: Offset) -> str:
    epoch, seq = offset.newest.epoch, offset.newest.seq
    return to_cursor(epoch, seq, offset.skip - 1 if offset.skip else None)


@given(st.text("09a1z-.٣ \n", max_size=24) | st.from_regex(r"[a-z0-9]{3,5}-[0-9]{1,3}(\.[0-9]{1,3})?"))
def test_only_what_we_could_have_written_is_read(text: str) -> None:
    offset = parse_offset(text)
    assert offset is None or written_again(offset) == text
    position = parse_cursor(text)
    assert position is None or to_cursor(position.epoch, position.seq) == text
    assert (position is None) == (offset is None or offset.skip > 0)


NOT_OURS = [
    "", "abcd", "abcd-", "-1", "abcd--1", "abcd-01", "abcd-1 ", " abcd-1", "abcd-1\n", "ABCD-1", "abc-1",
    "abcd-٣", "abcd-+1", "abcd-1e3", "abcd-" + "9" * 19, "a" * 17 + "-1", 5, 5.5, None, True, b"abcd-1",
    ["abcd-1"], {"offset": "abcd-1"},
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_OURS)
def test_what_we_did_not_make_is_no_place(text: object) -> None:
    assert parse_cursor(text) is None
    assert parse_offset(text) is None


@pytest.mark.parametrize(
    "text",
    ["abcd-1.", "abcd-1.00", "abcd-1.01", "abcd-1.-1", "abcd-1.100", "abcd-1.1.1", "abcd-1.٣", "abcd-1.1 ",
     "abcd-1.1\n", "abcd-0.0", "abcd-01.1", "abcd-.1", "abcd-" + "9" * 19 + ".1"],
)  # fmt: skip
def test_what_we_did_not_make_is_no_place_within_an_event(text: str) -> None:
    assert parse_offset(text) is None


# ---------------------------------------------------------------------------------------- cut off anywhere

HAPPENINGS = st.sampled_from([created(), sold(), restocked(), restocked(touch=True), held(), ran_low()])
ROOMS = st.sets(st.sampled_from(["storefront", "product:prod_1", "admin", "product:other"]), min_size=1)


def heard(events: list[DomainEvent], rooms: set[str], offset: Offset) -> list[tuple[str, str]]:
    """Name and cursor of each message that a client in `rooms` gets from `offset` on."""
    found = []
    for seq, event in enumerate(events, 1):
        if seq <= offset.position.seq:
            continue
        passed_over = offset.skip if seq == offset.position.seq + 1 else 0
        for message in SHOP.messages(record_of(event, seq=seq))[passed_over:]:
            if rooms.intersection(message.rooms):
                packet = Decoder().feed(message.payload[1:].decode())
                assert packet is not None
                found.append((packet.data[0], packet.data[-1]))
    return found


@given(st.lists(HAPPENINGS, max_size=8), ROOMS, st.data())
def test_a_client_that_is_cut_off_anywhere_gets_the_rest_with_its_last_cursor(
    events: list[DomainEvent], rooms: set[str], data: st.DataObject
) -> None:
    everything = heard(events, rooms, Offset(Position(EPOCH, 0)))
    cut = data.draw(st.integers(0, len(everything)))
    before = everything[:cut]
    # As `socket.io-client` does it: the last argument of the last message, whatever message that was.
    offset = parse_offset(before[-1][1] if before else to_cursor(EPOCH, 0))
    assert offset is not None
    assert before + heard(events, rooms, offset) == everything
