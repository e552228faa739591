"""Engine.IO's packets, alone and in payloads."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.socketio.engine_packets import (
    EnginePacket,
    EngineType,
    decode_packet,
    decode_payload,
    encode_packet,
    encode_payload,
    payload_of,
)
from realtime.socketio.errors import ProtocolError
from realtime.socketio.frames import frame

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"))
packets = st.one_of(
    st.builds(EnginePacket, st.sampled_from(EngineType), texts),
    st.builds(EnginePacket, st.just(EngineType.MESSAGE), st.binary()),
)


def test_a_text_message_is_its_type_and_its_data() -> None:
    assert decode_packet("4hello") == EnginePacket(EngineType.MESSAGE, "hello")
    assert encode_packet(EnginePacket(EngineType.MESSAGE, "hello")) == "4hello"


def test_a_binary_message_bears_no_mark_on_a_websocket() -> None:
    assert decode_packet(b"\x00\x01") == EnginePacket(EngineType.MESSAGE, b"\x00\x01")
    assert encode_packet(EnginePacket(EngineType.MESSAGE, b"\x00\x01")) == b"\x00\x01"


def test_a_payload_joins_texts_and_base64() -> None:
    found = decode_payload(b"4hello\x1ebAQIDBA==\x1e2", most=10)
    assert found == [
        EnginePacket(EngineType.MESSAGE, "hello"),
        EnginePacket(EngineType.MESSAGE, b"\x01\x02\x03\x04"),
        EnginePacket(EngineType.PING),
    ]
    assert encode_payload(found) == b"4hello\x1ebAQIDBA==\x1e2"


@pytest.mark.parametrize("message", ["", "7", "abc", " 4", "\x1e4a", "b", "٤hi", "\ud8004"])
def test_a_message_of_no_known_type_is_malformed(message: str) -> None:
    with pytest.raises(ProtocolError):
        decode_packet(message)


@pytest.mark.parametrize(
    "body", [b"", b"abc", b"4a\x1e", b"\x1e4a", b"4a\x1e\x1e4b", b"bAQ", b"bA===", b"b=", b"b !", b"4\xff"]
)
def test_a_payload_with_a_malformed_packet_is_malformed(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_payload(body, most=10)


def test_a_payload_may_have_as_many_packets_as_allowed_and_no_more() -> None:
    assert len(decode_payload(b"\x1e".join([b"3"] * 5), most=5)) == 5
    with pytest.raises(ProtocolError):
        decode_payload(b"\x1e".join([b"3"] * 6), most=5)


@given(packets)
def test_a_packet_comes_back_from_a_websocket(packet: EnginePacket) -> None:
    assert decode_packet(encode_packet(packet)) == packet


@given(st.lists(packets, min_size=1, max_size=20))
def test_packets_come_back_from_a_payload(wanted: list[EnginePacket]) -> None:
    assert decode_payload(encode_payload(wanted), most=20) == wanted


@given(st.lists(packets, min_size=1, max_size=20))
def test_what_was_framed_is_the_same_payload_as_what_was_not(wanted: list[EnginePacket]) -> None:
    frames = b"".join(frame(encode_packet(packet)) for packet in wanted)
    assert payload_of(frames) == encode_payload(wanted)


@given(st.one_of(st.text(), st.binary()))
def test_no_message_raises_anything_but_the_protocol_s_error(message: str | bytes) -> None:
    with suppress(ProtocolError):
        decode_packet(message)


@given(st.one_of(st.binary(), st.text(alphabet="0123456b=A\x1eé").map(str.encode)))
def test_no_payload_raises_anything_but_the_protocol_s_error(body: bytes) -> None:
    with suppress(ProtocolError):
        decode_payload(body, most=50)
