"""One Engine.IO session, and whatever can come to it in whatever order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime.socketio.engine import EngineSession, State
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
from tests.realtime.socketio.engine_sessions import SETTINGS

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
