"""One Engine.IO session, with times that the tests make up."""

import json

import pytest

from realtime.socketio.engine import State
from realtime.socketio.engine_events import Answer, Closed, CloseReason, HangUp, Received, Write
from realtime.socketio.frames import frame
from tests.realtime.socketio.engine_sessions import on_websocket, polled

PING = frame("2")

# -------------------------------------------------------------------------------------- handshake


def test_the_greeting_tells_the_id_the_upgrades_the_heartbeat_and_the_limit() -> None:
    greeting = polled().greeting()
    assert greeting[:1] == b"0"
    assert json.loads(greeting[1:]) == {
        "sid": "abc",
        "upgrades": ["websocket"],
        "pingInterval": 3000,
        "pingTimeout": 2000,
        "maxPayload": 1000,
    }


def test_a_session_that_began_on_a_websocket_has_nothing_to_upgrade_to() -> None:
    assert json.loads(on_websocket().greeting()[1:])["upgrades"] == []


# -------------------------------------------------------------------------------------- messages


def test_messages_of_a_post_are_received_in_order() -> None:
    assert polled().post(b"4a\x1ebAQ==\x1e4b", 0.0) == [Received("a"), Received(b"\x01"), Received("b")]


def test_what_is_sent_before_a_poll_waits_for_it_and_goes_out_together() -> None:
    session = polled()
    assert session.send(frame("4a")) == []
    assert session.send(frame(b"\x01") + frame("4b")) == []
    assert session.unsent == len(frame("4a") + frame(b"\x01") + frame("4b"))
    assert session.poll(0.0) == [Answer(b"4a\x1ebAQ==\x1e4b")]
    assert session.unsent == 0


def test_what_is_sent_while_a_poll_waits_answers_it() -> None:
    session = polled()
    assert session.poll(0.0) == []
    assert session.send(frame("4a")) == [Answer(b"4a")]
    assert session.send(frame("4b")) == []


def test_a_websocket_is_written_what_was_framed_as_it_is() -> None:
    session = on_websocket()
    assert session.send(frame("4a") + frame(b"\x01")) == [Write(frame("4a") + frame(b"\x01"))]
    assert session.websocket_message("4hello", 0.0) == [Received("hello")]
    assert session.websocket_message(b"\x01", 0.0) == [Received(b"\x01")]


def test_a_noop_says_nothing() -> None:
    session = on_websocket()
    assert session.websocket_message("6", 0.0) == []
    assert session.state is State.OPEN


@pytest.mark.parametrize("message", ["abc", "", "2", "5", "0{}"])
def test_a_packet_that_clients_do_not_send_closes_the_session(message: str) -> None:
    reason = CloseReason.PARSE_ERROR
    assert on_websocket().websocket_message(message, 0.0) == [HangUp(reason), Closed(reason)]
    session = polled()
    assert session.post(message.encode(), 0.0) == [Closed(reason)]
    assert session.state is State.CLOSED


def test_what_came_before_a_malformed_packet_was_received() -> None:
    assert polled().post(b"4a\x1e2\x1e4b", 0.0) == [Received("a"), Closed(CloseReason.PARSE_ERROR)]


def test_a_malformed_post_ends_the_poll_that_waits() -> None:
    session = polled()
    session.poll(0.0)
    assert session.post(b"abc", 0.0) == [Answer(b"1"), Closed(CloseReason.PARSE_ERROR)]


def test_a_second_poll_closes_the_session_and_only_the_first_is_answered() -> None:
    session = polled()
    session.poll(0.0)
    assert session.poll(0.0) == [Answer(b"1"), Closed(CloseReason.LOST)]
    assert session.poll(0.0) == []


def test_a_poll_is_released_with_a_noop_and_nothing_is_lost() -> None:
    session = polled()
    assert session.release_poll() == []
    session.poll(0.0)
    assert session.release_poll() == [Answer(b"6")]
    assert session.send(frame("4a")) == []
    assert session.release_poll() == []
    assert session.poll(0.0) == [Answer(b"4a")]


def test_a_poll_that_is_broken_off_closes_the_session() -> None:
    session = polled()
    session.poll(0.0)
    assert session.poll_lost() == [Closed(CloseReason.LOST)]


def test_too_large_a_post_or_message_closes_the_session() -> None:
    reason = CloseReason.TOO_LARGE
    assert polled().post(b"4" * 1_001, 0.0) == [Closed(reason)]
    assert polled().post(b"4" + b"x" * 999, 0.0) == [Received("x" * 999)]
    assert on_websocket().websocket_message(b"x" * 1_001, 0.0) == [HangUp(reason), Closed(reason)]
    assert on_websocket().websocket_message("4" + "é" * 500, 0.0) == [HangUp(reason), Closed(reason)]
    assert on_websocket().websocket_message("4" + "é" * 499, 0.0) == [Received("é" * 499)]


def test_a_client_that_never_polls_costs_only_so_much_memory() -> None:
    session = polled()
    chunk = frame("4" + "x" * 999)
    assert [event for _ in range(4) for event in session.send(chunk)] == []
    assert session.send(chunk) == [Closed(CloseReason.TOO_SLOW)]
    assert session.unsent == 0


# -------------------------------------------------------------------------------------- heartbeat


def test_pings_follow_each_pong_after_the_interval() -> None:
    session = on_websocket()
    assert session.tick(2.99) == []
    assert session.next_at == 3.0
    assert session.tick(3.0) == [Write(PING)]
    assert session.tick(3.5) == []
    assert session.next_at == 5.0
    assert session.websocket_message("3", 4.0) == []
    assert session.next_at == 7.0
    assert session.tick(7.0) == [Write(PING)]


def test_a_ping_goes_out_with_a_poll() -> None:
    session = polled()
    session.poll(0.0)
    assert session.tick(3.0) == [Answer(b"2")]
    assert session.post(b"3", 3.1) == []
    assert session.next_at == pytest.approx(6.1)


def test_a_ping_without_an_answer_closes_the_session() -> None:
    session = on_websocket()
    session.tick(3.0)
    reason = CloseReason.PING_TIMEOUT
    assert session.tick(5.0) == [HangUp(reason), Closed(reason)]


def test_a_poll_that_comes_too_late_finds_the_session_closed_even_if_the_timer_is_late_too() -> None:
    session = polled()
    session.tick(3.0)
    assert session.poll(5.0) == [Closed(CloseReason.PING_TIMEOUT)]
    assert session.state is State.CLOSED


# -------------------------------------------------------------------------------------- the end


def test_a_client_that_closes_ends_its_poll_with_a_noop() -> None:
    session = polled()
    session.poll(0.0)
    assert session.post(b"1", 0.0) == [Answer(b"6"), Closed(CloseReason.CLIENT)]
    assert session.state is State.CLOSED


def test_a_poll_that_crosses_the_client_s_goodbye_is_answered_and_the_next_is_not() -> None:
    session = polled()
    assert session.post(b"4a\x1e1\x1e4b", 0.0) == [Received("a"), Closed(CloseReason.CLIENT)]
    assert session.poll(0.1) == [Answer(b"6")]
    assert session.state is State.CLOSED


def test_a_client_that_closes_a_websocket_is_hung_up_on() -> None:
    session = on_websocket()
    assert session.websocket_message("1", 0.0) == [HangUp(CloseReason.CLIENT), Closed(CloseReason.CLIENT)]


def test_a_lost_websocket_closes_the_session() -> None:
    assert Closed(CloseReason.CLIENT) in on_websocket().websocket_lost()


def test_the_server_s_last_words_wait_for_a_poll() -> None:
    session = polled()
    session.send(frame("41"))
    assert session.close(CloseReason.SERVER, 0.0) == [Closed(CloseReason.SERVER)]
    assert session.state.name == "CLOSING"
    assert session.post(b"4a", 1.0) == []
    # The end has an answer of its own: clients hear it before what comes in the same one.
    assert session.poll(1.0) == [Answer(b"41")]
    assert session.state.name == "CLOSING"
    assert session.poll(1.0) == [Answer(b"1")]
    assert session.state is State.CLOSED


def test_last_words_that_nobody_takes_are_forgotten() -> None:
    session = polled()
    session.close(CloseReason.SERVER, 1.0)
    assert session.next_at == 6.0
    assert session.tick(6.0) == []
    assert session.state is State.CLOSED


def test_a_server_that_closes_a_websocket_hangs_up() -> None:
    reason = CloseReason.SERVER
    assert on_websocket().close(reason, 0.0) == [HangUp(reason), Closed(reason)]


def test_after_the_end_nothing_is_sent_or_received() -> None:
    session = on_websocket()
    session.close(CloseReason.SERVER, 0.0)
    assert session.send(frame("4a")) == []
    assert session.websocket_message("4a", 0.0) == []
    assert session.tick(100.0) == []
    assert session.close(CloseReason.SERVER, 0.0) == []
    assert session.websocket_lost() == []
    assert session.next_at == float("inf")
