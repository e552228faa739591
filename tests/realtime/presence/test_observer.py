"""What the hub tells whoever looks on, and what those may tell some of its sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from realtime.hub.hub import Hub, HubLimits
from realtime.hub.session import CloseCode, Session
from realtime.records import Record
from tests.realtime.imaginary import ImaginaryLog, a_record, a_session, a_wire
from tests.realtime.waiting import until


class Watcher:
    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def entered(self, session: Session) -> None:
        self.seen.append(("entered", session.holder))

    def left(self, session: Session) -> None:
        self.seen.append(("left", session.holder, ",".join(session.rooms)))

    def belongs_to(self, session: Session, before: str) -> None:
        self.seen.append(("belongs to", session.holder, before))

    def joined(self, session: Session, room: str) -> None:
        self.seen.append(("joined", session.holder, room))

    def happened(self, record: Record) -> None:
        self.seen.append(("happened", record.type))


@asynccontextmanager
async def a_hub(**limits: int) -> AsyncIterator[Hub]:
    hub = Hub(source=ImaginaryLog(), limits=HubLimits(**limits), silence=60)
    hub.start()
    assert await hub.ready()
    yield hub
    await hub.stop()


async def test_an_observer_is_told_of_every_change_once_and_of_nothing_that_is_none() -> None:
    async with a_hub(per_holder=1) as hub:
        watcher = hub.observer = Watcher()
        session, _ = a_session(a_wire())
        refused, _ = a_session(a_wire(), holder="user:1")
        hub.open(session)
        hub.join(session, ["stock"])
        hub.join(session, ["stock", "products"])
        hub.belong(session, holder="user:1")
        hub.belong(session, holder="user:1")
        assert not hub.open(refused)
        hub.close(session, CloseCode.NOT_ALLOWED)
        hub.leave(session)
        hub.join(session, ["stock"])
        assert watcher.seen == [
            ("entered", ""),
            ("joined", "", "stock"),
            ("joined", "", "products"),
            ("belongs to", "user:1", ""),
            ("left", "user:1", ""),
        ]


async def test_whoever_has_gone_before_its_new_token_was_read_is_counted_no_more() -> None:
    async with a_hub(per_holder=1) as hub:
        session, _ = a_session(a_wire(), holder="user:1")
        hub.open(session)
        hub.leave(session)
        assert hub.belong(session, holder="user:2")
        assert hub.holders() == set()


async def test_a_whisper_to_some_is_heard_by_those_of_them_who_are_in_its_room() -> None:
    async with a_hub() as hub:
        sessions = [a_session(a_wire()) for _each in range(3)]
        for session, _ in sessions:
            hub.open(session)
        (inside, hears), (outside, hears_not), (other, not_meant) = sessions
        hub.join(inside, ["all"])
        hub.join(outside, ["elsewhere"])
        hub.join(other, ["all"])
        hub.whisper_to([inside, outside], a_record(0))
        await until(lambda: hears.heard == ["0"])
        assert (hears_not.heard, not_meant.heard) == ([], [])
