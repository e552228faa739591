"""The text of server-sent events, against the standard's own reader."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from realtime.transport.event_stream import COMMENT, LAST_CHUNK, block, chunk
from tests.realtime.event_source import Chunks, Dispatched, Reader

words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60)


@given(st.lists(st.tuples(words, words, texts), max_size=6), st.integers(1, 40))
def test_whatever_is_sent_is_what_a_reader_dispatches_in_whatever_pieces_it_comes(
    sent: list[tuple[str, str, str]], size: int
) -> None:
    stream = b"".join(
        COMMENT + chunked
        for id_, event, data in sent
        for chunked in [block(id=id_, event=event, data=data.encode())]
    )
    wire = b"".join(chunk(stream[at : at + 7]) for at in range(0, len(stream), 7))
    reader, chunks = Reader(), Chunks()
    dispatched: list[Dispatched] = []
    for at in range(0, len(wire), size):
        dispatched += reader.feed(chunks.feed(wire[at : at + size]))
    # Every kind of line end becomes a line feed; nothing else is touched.
    as_read = [Dispatched(event, re.sub("\r\n|\r", "\n", data), id_) for id_, event, data in sent]
    assert dispatched == as_read
    assert reader.comments == reader.blocks == len(sent)


def test_a_block_without_data_moves_the_place_and_calls_nobody() -> None:
    reader = Reader()
    assert reader.feed(block(id="a-1")) == []
    assert (reader.last_event_id, reader.blocks) == ("a-1", 1)
    assert reader.feed(block(event="x", data=b"{}")) == [Dispatched("x", "{}", "a-1")]


def test_a_comment_alone_ends_no_block() -> None:
    reader = Reader()
    half, other_half = block(id="a-1", event="x", data=b"{}").split(b"data", 1)
    assert reader.feed(half + COMMENT + b"data" + other_half) == [Dispatched("x", "{}", "a-1")]


def test_every_byte_of_a_block_and_of_a_chunk() -> None:
    assert block(id="a-1", event="stock.reduced", data=b'{"a":1}') == (
        b'id: a-1\nevent: stock.reduced\ndata: {"a":1}\n\n'
    )
    assert block(id="a-1") == b"id: a-1\n\n"
    assert block(data=b"a\nb\r\nc\rd") == b"data: a\ndata: b\ndata: c\ndata: d\n\n"
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert LAST_CHUNK == b"0\r\n\r\n"
