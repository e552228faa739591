"""Socket.IO on a session: namespaces and acknowledgements."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.socketio.errors import ProtocolError
from realtime.socketio.limits import Limits
from realtime.socketio.packets import Encoded
from realtime.socketio.sockets import (
    Acknowledged,
    ConnectAsked,
    EventCame,
    Left,
    Send,
    SocketSession,
)


@pytest.fixture
def session() -> SocketSession:
    return SocketSession(namespaces=("/", "/custom"))


@pytest.fixture
def connected(session: SocketSession) -> SocketSession:
    session.receive("0")
    assert session.accept("/", sid="s1") == Encoded(b'40{"sid":"s1"}')
    return session


def test_a_peer_that_asks_for_the_main_namespace_is_let_in(session: SocketSession) -> None:
    assert session.receive("0") == (ConnectAsked("/", {}),)
    assert not session.is_in("/")
    assert session.accept("/", sid="s1") == Encoded(b'40{"sid":"s1"}')
    assert session.is_in("/")


def test_what_a_peer_brings_is_handed_on(session: SocketSession) -> None:
    assert session.receive('0{"token":"123"}') == (ConnectAsked("/", {"token": "123"}),)
    assert session.receive('0/custom?v=2,{"token":"abc"}') == (
        ConnectAsked("/custom", {"token": "abc"}, "v=2"),
    )


def test_an_answer_names_its_namespace_and_what_can_be_recovered(session: SocketSession) -> None:
    session.receive("0/custom,")
    assert session.accept("/custom", sid="s1", pid="p1") == Encoded(b'40/custom,{"sid":"s1","pid":"p1"}')


def test_an_unknown_namespace_is_refused_and_the_others_stay(connected: SocketSession) -> None:
    refusal = Encoded(b'44/random,{"message":"Invalid namespace"}')
    assert connected.receive("0/random") == (Send(refusal),)
    assert connected.is_in("/")


def test_a_peer_that_is_refused_reads_why_and_may_ask_again(session: SocketSession) -> None:
    session.receive("0")
    refusal = session.refuse("/", "invalid_token", {"code": "token_expired"})
    assert refusal == Encoded(b'44{"message":"invalid_token","data":{"code":"token_expired"}}')
    assert not session.is_anywhere
    assert session.receive("0") == (ConnectAsked("/", {}),)


def test_a_peer_that_is_refused_too_often_is_malformed() -> None:
    session = SocketSession(namespaces=("/",), limits=Limits(refusals=2))
    session.receive("0/a")
    session.receive("0/b")
    with pytest.raises(ProtocolError):
        session.receive("0/c")


@pytest.mark.parametrize(
    "message", ['2["message"]', "31[]", "1", '4{"message":"x"}', "abc", '2/custom,["a"]']
)
def test_a_peer_that_begins_with_anything_but_connect_is_malformed(
    session: SocketSession, message: str
) -> None:
    with pytest.raises(ProtocolError):
        session.receive(message)


def test_a_peer_that_speaks_before_it_is_let_in_is_malformed(session: SocketSession) -> None:
    session.receive("0")
    with pytest.raises(ProtocolError):
        session.receive('2["message"]')


def test_a_peer_that_asks_twice_for_one_namespace_is_malformed(connected: SocketSession) -> None:
    with pytest.raises(ProtocolError):
        connected.receive("0")


def test_events_arrive_with_their_arguments(connected: SocketSession) -> None:
    assert connected.receive('2["message",1,"2",{"3":[true]}]') == (
        EventCame("/", "message", [1, "2", {"3": [True]}]),
    )
    assert connected.receive('2456["message"]') == (EventCame("/", "message", [], 456),)
    assert connected.receive("2[7]") == (EventCame("/", "7", []),)


def test_an_event_with_attachments_arrives_with_the_last_of_them(connected: SocketSession) -> None:
    assert connected.receive('51-9["message",{"_placeholder":true,"num":0}]') == ()
    assert connected.receive(b"\x01") == (EventCame("/", "message", [b"\x01"], 9),)


def test_an_event_is_acknowledged_with_its_id(connected: SocketSession) -> None:
    assert connected.acknowledge("/", 456, [1, "2"]) == Encoded(b'43456[1,"2"]')
    with_bytes = connected.acknowledge("/", 789, [b"\x01"])
    assert with_bytes == Encoded(b'461-789[{"_placeholder":true,"num":0}]', (b"\x01",))


def test_our_events_are_acknowledged_once_each(connected: SocketSession) -> None:
    first = connected.ask("/", "hey", 1)
    second = connected.ask("/", "hey", 2)
    assert first == (0, Encoded(b'420["hey",1]'))
    assert second == (1, Encoded(b'421["hey",2]'))
    assert connected.receive('31["b"]') == (Acknowledged("/", 1, ["b"]),)
    assert connected.receive('30["a"]') == (Acknowledged("/", 0, ["a"]),)
    assert connected.receive('30["again"]') == ()
    assert connected.receive('399["never asked"]') == ()


def test_an_acknowledgement_that_nobody_waits_for_any_more_is_passed_over(connected: SocketSession) -> None:
    connected.ask("/", "hey")
    connected.give_up("/", 0)
    assert connected.receive("30[]") == ()


def test_leaving_one_namespace_leaves_the_others(connected: SocketSession) -> None:
    connected.receive("0/custom")
    connected.accept("/custom", sid="s2")
    assert connected.receive("1/custom") == (Left("/custom"),)
    assert not connected.is_in("/custom")
    assert connected.receive('2["message"]') == (EventCame("/", "message", []),)
    assert connected.receive("1") == (Left("/"),)
    assert not connected.is_anywhere


def test_a_peer_that_leaves_before_it_is_let_in_is_answered_nothing(session: SocketSession) -> None:
    session.receive("0")
    assert session.receive("1") == (Left("/"),)
    assert session.accept("/", sid="s1") is None
    assert session.refuse("/", "too late") is None


def test_a_peer_that_is_put_out_may_finish_its_sentence_and_may_come_again(connected: SocketSession) -> None:
    assert connected.put_out("/") == Encoded(b"41")
    assert connected.put_out("/") is None
    assert not connected.is_anywhere
    assert connected.receive('2["message"]') == ()
    assert connected.receive("1") == ()
    assert connected.receive("0") == (ConnectAsked("/", {}),)


def test_nothing_is_said_to_a_peer_that_is_not_in(session: SocketSession) -> None:
    assert session.ask("/", "hey") is None
    assert session.acknowledge("/", 1, []) is None
    assert session.put_out("/") is None


messages = st.one_of(
    st.sampled_from(
        ["0", "1", '2["a"]', '20["a"]', "30[]", "0/custom", "1/custom", "0/x", '51-["a"]', "4{}", "abc"]
    ),
    st.text(),
    st.binary(max_size=5),
)


@given(
    st.lists(st.tuples(messages, st.sampled_from(["accept", "refuse", "ask", "put_out", ""])), max_size=20)
)
def test_no_conversation_raises_anything_but_the_protocol_s_error(
    said: list[tuple[str | bytes, str]],
) -> None:
    session = SocketSession(namespaces=("/", "/custom"))
    with suppress(ProtocolError):
        for message, then in said:
            session.receive(message)
            for namespace in ("/", "/custom"):
                if then == "accept":
                    session.accept(namespace, sid="s")
                elif then == "refuse":
                    session.refuse(namespace, "no")
                elif then == "ask":
                    session.ask(namespace, "hey")
                elif then == "put_out":
                    session.put_out(namespace)
