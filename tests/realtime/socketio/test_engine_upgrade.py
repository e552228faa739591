"""An Engine.IO session that goes from polling to a WebSocket, or tries to."""

import pytest

from realtime.socketio.engine import NOOP_AFTER, State
from realtime.socketio.engine_events import (
    Answer,
    Closed,
    CloseReason,
    DropProbe,
    Received,
    Transport,
    Upgraded,
    Write,
    WriteProbe,
)
from realtime.socketio.frames import frame
from tests.realtime.socketio.engine_sessions import on_websocket, polled, probed


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
