"""Outgoing packets, framed once and read again for polls."""

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Opcode
from websockets.streams import StreamReader

from realtime.socketio.frames import frame, packets_of

packets = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.binary())


def test_sizes_around_each_width_of_the_length_come_back() -> None:
    for size in (0, 1, 125, 126, 127, 65_535, 65_536, 70_000):
        assert list(packets_of(frame("x" * size))) == [(True, b"x" * size)]
        assert list(packets_of(frame(b"\x81" * size))) == [(False, b"\x81" * size)]


@given(st.lists(packets, max_size=8))
def test_joined_frames_are_told_apart_again(wanted: list[str | bytes]) -> None:
    found = [payload.decode() if is_text else payload for is_text, payload in packets_of(_join(wanted))]
    assert found == wanted


@given(packets)
def test_a_frame_is_what_a_websocket_client_reads_as_one_message(packet: str | bytes) -> None:
    from websockets.frames import Frame

    reader = StreamReader()
    reader.feed_data(frame(packet))
    parsing = Frame.parse(reader.read_exact, mask=False)
    try:
        while True:
            next(parsing)
    except StopIteration as end:
        read = end.value
    assert read.fin
    assert read.opcode is (Opcode.TEXT if isinstance(packet, str) else Opcode.BINARY)
    assert bytes(read.data) == (packet.encode() if isinstance(packet, str) else packet)


def _join(wanted: list[str | bytes]) -> bytes:
    return b"".join(map(frame, wanted))
