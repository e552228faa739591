"""One Engine.IO session, with times that the tests make up."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.socketio.engine import NOOP_AFTER, EngineSession, EngineSettings, State
from realtime.socketio.engine_events import (
    Answer,
    Closed,
    CloseReason,
    DropProbe,
    EngineEvent,
    HangUp,
    Received,
    Transport,
    Upgraded,
    Write,
    WriteProbe,
)
from realtime.socketio.frames import frame

SETTINGS = EngineSettings(ping_interval=3.0, ping_timeout=2.0, max_payload=1_000, most_unsent=5_000)
PING, NOOP, CLOSE = frame("2"), frame("6"), frame("1")


def polled() -> EngineSession:
    return EngineSession(sid="abc", settings=SETTINGS, transport=Transport.POLLING, now=0.0)


def on_websocket() -> EngineSession:
    return EngineSession(sid="abc", settings=SETTINGS, transport=Transport.WEBSOCKET, now=0.0)


def probed() -> EngineSession:
    session = polled()
    assert session.begin_probe(0.0)
    assert session.probe_message("2probe") == [WriteProbe(frame("3probe"))]
    return session


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


# -------------------------------------------------------------------------------------- upgrade


def test_a_probe_ends_the_poll_that_waits_and_is_answered() -> None:
    session = polled()
    session.poll(0.0)
    assert session.begin_probe(0.0)
    assert session.probe_message("2probe") == [WriteProbe(frame("3probe")), Answer(b"6")]


def test_a_poll_that_comes_during_the_probe_is_let_go_soon() -> None:
    session = probed()
    assert session.poll(1.0) == []
    assert session.next_at == 1.0 + NOOP_AFTER
    assert session.tick(1.0 + NOOP_AFTER) == [Answer(b"6")]


def test_until_the_upgrade_packets_go_by_poll() -> None:
    session = probed()
    session.send(frame("4a"))
    assert session.poll(0.0) == [Answer(b"4a")]


def test_after_the_upgrade_what_waited_goes_to_the_websocket_first() -> None:
    session = probed()
    session.send(frame("4a"))
    session.send(frame("4b"))
    assert session.probe_message("5") == [Upgraded(), Write(frame("4a") + frame("4b"))]
    assert session.transport is Transport.WEBSOCKET
    assert session.send(frame("4c")) == [Write(frame("4c"))]
    assert session.websocket_message("4hello", 0.0) == [Received("hello")]


def test_a_poll_that_still_waits_at_the_upgrade_is_let_go() -> None:
    session = probed()
    session.poll(0.0)
    assert session.probe_message("5") == [Answer(b"6"), Upgraded()]


def test_a_second_websocket_is_not_welcome_before_or_after_the_upgrade() -> None:
    session = probed()
    assert not session.begin_probe(0.0)
    session.probe_message("5")
    assert not session.begin_probe(0.0)
    assert not on_websocket().begin_probe(0.0)


@pytest.mark.parametrize("message", ["5", "2", "4hello", "abc", b"\x01", "3probe"])
def test_a_websocket_that_does_not_probe_is_closed_and_the_session_goes_on(message: str | bytes) -> None:
    session = polled()
    session.begin_probe(0.0)
    assert session.probe_message(message) == [DropProbe()]
    assert session.state is State.OPEN
    assert session.begin_probe(0.0)


def test_a_probe_that_takes_too_long_is_closed_and_the_session_goes_on() -> None:
    session = polled()
    session.begin_probe(0.0)
    for now in (3.0, 6.0, 9.0):
        session.tick(now)
        session.post(b"3", now)
    assert session.next_at == 10.0
    assert session.tick(10.0) == [DropProbe()]
    assert session.state is State.OPEN


def test_a_probe_that_is_lost_leaves_the_session_to_its_polls() -> None:
    session = probed()
    assert session.probe_lost() == []
    assert session.begin_probe(0.0)


def test_a_session_that_ends_takes_its_probe_along() -> None:
    session = probed()
    assert session.close(CloseReason.SERVER, 0.0) == [DropProbe(), Closed(CloseReason.SERVER)]


# -------------------------------------------------------------------------------------- anything at all

messages = st.one_of(
    st.sampled_from(["2probe", "5", "3", "1", "2", "4hello", "6", "abc", ""]), st.text(), st.binary()
)
bodies = st.one_of(
    st.sampled_from([b"4a", b"3", b"1", b"4a\x1e1\x1e4b", b"abc", b"", b"4a\x1e4b"]), st.binary()
)
steps = st.one_of(
    st.tuples(st.just("poll")),
    st.tuples(st.just("poll_lost")),
    st.tuples(st.just("release_poll")),
    st.tuples(st.just("post"), bodies),
    st.tuples(st.just("begin_probe")),
    st.tuples(st.just("probe_message"), messages),
    st.tuples(st.just("probe_lost")),
    st.tuples(st.just("websocket_message"), messages),
    st.tuples(st.just("websocket_lost")),
    st.tuples(st.just("send"), st.sampled_from([frame("4a"), frame(b"\x01"), frame("4" + "x" * 3_000)])),
    st.tuples(st.just("close"), st.sampled_from(CloseReason)),
    st.tuples(st.just("lose"), st.sampled_from(CloseReason)),
    st.tuples(st.just("tick"), st.floats(0, 12)),
)


class Player:
    """Plays steps as doors do, and holds the session to its promises."""

    def __init__(self, transport: Transport) -> None:
        self.session = EngineSession(sid="abc", settings=SETTINGS, transport=transport, now=0.0)
        self.now = 0.0
        self.poll_waits = False
        self.probes = False
        self.closed = False

    def play(self, step: str, *given: Any) -> None:
        if step in ("poll_lost", "post", "poll") and self.session.transport is Transport.WEBSOCKET:
            return
        if step.startswith("websocket") and self.session.transport is Transport.POLLING:
            return
        if step.startswith("probe") and not self.probes:
            return
        play = getattr(self, f"play_{step}", None)
        self._check(play(*given) if play is not None else getattr(self.session, step)(*given))

    def play_tick(self, seconds: float) -> list[EngineEvent]:
        self.now += seconds
        return self.session.tick(self.now)

    def play_poll(self) -> list[EngineEvent]:
        waited, self.poll_waits = self.poll_waits, True
        events = self.session.poll(self.now)
        if Closed(CloseReason.PING_TIMEOUT) in events or (not events and self._is_over()):
            # It was too late: the door refuses it by itself.
            self.poll_waits = waited and not self._is_over()
        return events

    def play_poll_lost(self) -> list[EngineEvent]:
        if not self.poll_waits:
            return []
        self.poll_waits = False
        return self.session.poll_lost()

    def play_post(self, body: bytes) -> list[EngineEvent]:
        return self.session.post(body, self.now)

    def play_begin_probe(self) -> list[EngineEvent]:
        self.probes = self.session.begin_probe(self.now) or self.probes
        return []

    def play_probe_lost(self) -> list[EngineEvent]:
        self.probes = False
        return self.session.probe_lost()

    def play_websocket_message(self, message: str | bytes) -> list[EngineEvent]:
        return self.session.websocket_message(message, self.now)

    def play_close(self, reason: CloseReason) -> list[EngineEvent]:
        return self.session.close(reason, self.now)

    def _is_over(self) -> bool:
        return self.session.state is State.CLOSED

    def _check(self, events: list[EngineEvent]) -> None:
        for event in events:
            match event:
                case Answer():
                    assert self.poll_waits, "only a poll that waits is answered"
                    self.poll_waits = False
                case Received():
                    assert not self.closed, "nothing is received after the end"
                case Closed():
                    assert not self.closed, "it ends once"
                    self.closed = True
                case Upgraded() | DropProbe():
                    assert self.probes, "only what probes is upgraded or dropped"
                    self.probes = False
                case WriteProbe():
                    assert self.probes
                case Write() | HangUp():
                    assert self.session.transport is Transport.WEBSOCKET
        assert self.closed == (self.session.state is not State.OPEN)
        assert self.session.unsent <= SETTINGS.most_unsent
        if self.session.state is State.CLOSED:
            assert not self.poll_waits, "no poll is left waiting"
            assert not self.probes, "no probe is left open"


@given(st.sampled_from(Transport), st.lists(steps, max_size=30))
def test_whatever_comes_in_whatever_order_the_session_keeps_its_promises(
    transport: Transport, played: list[tuple[object, ...]]
) -> None:
    player = Player(transport)
    for step, *given_ in played:
        player.play(str(step), *given_)
