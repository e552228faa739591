"""Socket.IO's packets: what is written, what is read, and what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.socketio.errors import ProtocolError
from realtime.socketio.frames import packets_of
from realtime.socketio.limits import Limits
from realtime.socketio.packets import Decoder, Packet, PacketType, encode, encode_event

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = PacketType


def read(*messages: str | bytes, limits: Limits | None = None) -> Packet:
    """The one packet that `messages` make, complete with the last of them."""
    decoder = Decoder(limits or Limits())
    found = [decoder.feed(message) for message in messages]
    assert found[:-1] == [None] * (len(messages) - 1)
    assert found[-1] is not None
    return found[-1]


WRITTEN = [
    (Packet(CONNECT), "0"),
    (Packet(CONNECT, data={"sid": "abc"}), '0{"sid":"abc"}'),
    (Packet(CONNECT, "/admin", {"sid": "abc"}), '0/admin,{"sid":"abc"}'),
    (Packet(DISCONNECT), "1"),
    (Packet(DISCONNECT, "/admin"), "1/admin,"),
    (Packet(EVENT, data=["foo"]), '2["foo"]'),
    (Packet(EVENT, "/admin", ["bar"]), '2/admin,["bar"]'),
    (Packet(EVENT, data=["foo"], id=12), '212["foo"]'),
    (Packet(ACK, "/admin", ["bar"], 13), '3/admin,13["bar"]'),
    (Packet(ACK, data=[], id=0), "30[]"),
    (Packet(CONNECT_ERROR, data={"message": "Not authorized"}), '4{"message":"Not authorized"}'),
]


@pytest.mark.parametrize(("packet", "text"), WRITTEN)
def test_each_packet_is_written_as_the_protocol_shows_it_and_read_again(packet: Packet, text: str) -> None:
    assert encode(packet).text == b"4" + text.encode()
    assert read(text) == packet


def test_an_event_with_attachments_is_written_with_placeholders_and_followed_by_them() -> None:
    encoded = encode_event("baz", b"\x01\x02", {"deep": [b"\x03"]}, namespace="/admin", id=7)
    assert encoded.text == (
        b'452-/admin,7["baz",{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}]'
    )
    assert list(packets_of(encoded.frames())) == [
        (True, encoded.text),
        (False, b"\x01\x02"),
        (False, b"\x03"),
    ]


def test_an_acknowledgement_with_an_attachment_has_its_own_type() -> None:
    assert encode(Packet(ACK, data=[b"\x01"], id=15)).text == b'461-15[{"_placeholder":true,"num":0}]'


def test_an_event_with_attachments_is_complete_with_the_last_of_them() -> None:
    text = '52-["baz",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]'
    assert read(text, b"\x01", b"\x02") == Packet(EVENT, data=["baz", b"\x02", b"\x01"])


def test_a_packet_that_announces_no_attachments_is_complete_at_once() -> None:
    assert read('50-["baz"]') == Packet(EVENT, data=["baz"])


def test_a_placeholder_in_a_plain_event_is_an_object_like_any_other() -> None:
    assert read('2["a",{"_placeholder":true,"num":0}]').data == ["a", {"_placeholder": True, "num": 0}]


def test_a_namespace_needs_no_comma_where_nothing_follows() -> None:
    assert read("0/random") == Packet(CONNECT, "/random")
    assert read("1/random") == Packet(DISCONNECT, "/random")


def test_a_query_in_a_namespace_is_no_part_of_its_name() -> None:
    packet = read('0/admin?token=1&x=2,{"a":1}')
    assert packet == Packet(CONNECT, "/admin", {"a": 1})
    assert packet.query == "token=1&x=2"


def test_numbers_may_be_names_as_in_javascript() -> None:
    assert read("2[1]").data == [1]


def test_half_an_emoji_is_replaced_and_a_whole_one_is_kept() -> None:
    assert read(r'2["a","\ud83d"]').data == ["a", "\ufffd"]
    assert read(r'2["a","\ud83d\ude00 \ude00x"]').data == ["a", "😀 \ufffdx"]
    assert read(r'2["a","\\ud83d \ud83d"]').data == ["a", "\\ud83d \ufffd"]


MALFORMED = {
    "nothing": "",
    "an unknown type": "7",
    "letters": "abc",
    "another script's digit": "٢[]",
    "an event without a payload": "2",
    "an event with an object": "2{}",
    "an event with a text": '2"foo"',
    "an event without a name": "2[]",
    "an event with a name that is an object": "2[{}]",
    "an event with a name that is true": "2[true]",
    "an event with a name that is nothing": "2[null]",
    "an event with a reserved name": '2["disconnect"]',
    "an id that is no number": '2abc["foo"]',
    "an id below zero": '2-1["foo"]',
    "an id beyond what JavaScript counts": "2" + "1" * 17 + '["foo"]',
    "an acknowledgement without an id": "3[]",
    "an acknowledgement without a payload": "31",
    "an acknowledgement with an object": "31{}",
    "a connect with an array": "0[]",
    "a connect with a text": '0"token"',
    "a disconnect with a payload": "1{}",
    "a connect error with a number": "41",
    "broken JSON": '2["foo"',
    "two JSON texts": '2["foo"]["bar"]',
    "a number that is none": '2["a",NaN]',
    "an infinite number": '2["a",1e999]',
    "attachments without a number": '5-["a"]',
    "attachments without a dash": '51["a"]',
    "a plain event with a dash": '21-["a"]',
    "too many attachments": '511-["a"]',
    "absurdly many attachments": '599999999999-["a"]',
    "too long a namespace": "0/" + "x" * 300 + ",",
    "a lone surrogate as it is": '2["a","\ud800"]',
    "a byte order mark": '2\ufeff["a"]',
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_is(text: str) -> None:
    with pytest.raises(ProtocolError):
        Decoder().feed(text)


def test_an_attachment_that_nobody_announced_is_malformed() -> None:
    with pytest.raises(ProtocolError):
        Decoder().feed(b"\x01")


def test_a_text_where_an_attachment_is_due_is_malformed() -> None:
    decoder = Decoder()
    decoder.feed('51-["a",{"_placeholder":true,"num":0}]')
    with pytest.raises(ProtocolError):
        decoder.feed('2["b"]')


@pytest.mark.parametrize(
    "number", ["1", "-1", '"0"', "0.0", "true", "null", "[]"], ids=lambda number: f"place {number}"
)
def test_a_placeholder_of_nothing_is_malformed(number: str) -> None:
    with pytest.raises(ProtocolError):
        read('51-["a",{"_placeholder":true,"num":' + number + "}]", b"\x01")


def test_an_attachment_that_is_used_twice_is_malformed() -> None:
    place = '{"_placeholder":true,"num":0}'
    with pytest.raises(ProtocolError):
        read(f'51-["a",{place},{place}]', b"\x01")


def test_an_attachment_without_a_place_is_malformed() -> None:
    with pytest.raises(ProtocolError):
        read('51-["a"]', b"\x01")


def test_attachments_may_have_so_many_bytes_together_and_no_more() -> None:
    text = '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
    limits = Limits(attachment_bytes=10)
    assert read(text, b"12345", b"67890", limits=limits).data == ["a", b"12345", b"67890"]
    with pytest.raises(ProtocolError):
        read(text, b"12345", b"678901", limits=limits)


def test_payloads_may_be_nested_so_deep_and_no_deeper() -> None:
    limits = Limits(depth=5)
    assert read('2["a",[[[["deep"]]]]]', limits=limits).data == ["a", [[[["deep"]]]]]
    assert len(read('2["a",[],[],[],[],[],[],{}]', limits=limits).data) == 8
    # Of an event it is the argument that is not read: it gets an error, and the connection stays.
    assert read('27["a","b",[[[[{"deep":1}]]]],{}]', limits=limits).data == ["a", "b", None, {}]
    for text in ('0{"a":[[[[{"deep":1}]]]]}', '31[[[[[{"deep":1}]]]]]', '51-["a",[[[[{"deep":1}]]]]]'):
        with pytest.raises(ProtocolError):
            read(text, limits=limits)
    with pytest.raises(ProtocolError):
        read('2["a"' + ",[" * 100_000)


def test_data_that_is_no_json_can_not_be_sent() -> None:
    with pytest.raises(TypeError):
        encode_event("a", object())
    with pytest.raises(TypeError):
        encode(Packet(CONNECT, data={"sid": b"abc"}))


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: not name.startswith(("connect", "disconnect", "newL", "removeL"))
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=20),
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=10).filter(
    lambda key: key != "_placeholder"
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
namespaces = st.sampled_from(["/", "/admin", "/größe"])
numbers = st.integers(0, 10**16 - 1)


@st.composite
def whole_packets(draw: st.DrawFn) -> Packet:
    """Events and acknowledgements with anything in them."""
    data = draw(st.lists(values, max_size=4))
    if draw(st.booleans()):
        return Packet(EVENT, draw(namespaces), [draw(names), *data], draw(st.one_of(st.none(), numbers)))
    return Packet(ACK, draw(namespaces), data, draw(numbers))


@given(whole_packets())
def test_what_is_written_is_read_again(packet: Packet) -> None:
    encoded = encode(packet)
    limits = Limits(attachments=100)
    assert read(encoded.text.decode()[1:], *encoded.attachments, limits=limits) == packet


PIECES = [
    *'0123456-/,[]{}"\\',
    *('"a"', '["a"', "null", "true", "1e99", "é", "\ud800", "\\ud800", "\x00", "\x1e"),
    *("/admin", "?q=1", "51-", '{"_placeholder":true,', '"num":0}', "_placeholder"),
]
pieces = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
messages = st.lists(st.one_of(pieces, st.text(), st.binary(max_size=20)), max_size=5)


@given(messages)
def test_no_message_raises_anything_but_the_protocol_s_error(sent: list[Any]) -> None:
    decoder = Decoder()
    with suppress(ProtocolError):
        for message in sent:
            decoder.feed(message)


@given(whole_packets(), st.data())
def test_no_damaged_packet_raises_anything_but_the_protocol_s_error(
    packet: Packet, data: st.DataObject
) -> None:
    encoded = encode(packet)
    text = encoded.text.decode()[1:]
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + data.draw(st.text(max_size=2)) + text[place + data.draw(st.integers(0, 2)) :]
    decoder = Decoder()
    with suppress(ProtocolError):
        decoder.feed(text)
        for attachment in encoded.attachments:
            decoder.feed(attachment)
