"""Engine.IO sessions, with times that the tests make up."""

from realtime.socketio.engine import EngineSession, EngineSettings
from realtime.socketio.engine_events import Transport, WriteProbe
from realtime.socketio.frames import frame

SETTINGS = EngineSettings(ping_interval=3.0, ping_timeout=2.0, max_payload=1_000, most_unsent=5_000)


def polled() -> EngineSession:
    return EngineSession(sid="abc", settings=SETTINGS, transport=Transport.POLLING, now=0.0)


def on_websocket() -> EngineSession:
    return EngineSession(sid="abc", settings=SETTINGS, transport=Transport.WEBSOCKET, now=0.0)


def probed() -> EngineSession:
    session = polled()
    assert session.begin_probe(0.0)
    assert session.probe_message("2probe") == [WriteProbe(frame("3probe"))]
    return session
