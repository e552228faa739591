"""A log, a dialect and a wire that exist only in memory: what the hub's own tests are made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from realtime.hub.session import Session
from realtime.hub.source import Interest
from realtime.hub.wire import Message, Wire
from realtime.records import Batch, Head, Record

EPOCH = "test"


def a_record(seq: int, *, rooms: str = "all", data: str = "{}", epoch: str = EPOCH) -> Record:
    """An event; its subject names the rooms that hear it, with commas between them."""
    return Record(
        seq, f"evt_{seq}", "thing.happened", rooms, seq, data, "", "2026-11-21T10:00:00.000Z", epoch
    )


def a_batch(*seqs: int, rooms: str = "all", epoch: str = EPOCH) -> Batch:
    return Batch(epoch, tuple(a_record(seq, rooms=rooms, epoch=epoch) for seq in seqs))


class ImaginaryLog:
    """A log that can be written to, cut, and taken away. It counts how often it is read."""

    def __init__(self, *records: Record, floor: int = 0) -> None:
        self.records = list(records)
        self.epoch = EPOCH
        self.floor = floor
        self.is_away = False
        self.reads = 0

    def write(self, *records: Record) -> None:
        self.records.extend(records)

    async def head(self) -> Head:
        self._answer()
        return Head(self.epoch, self.records[-1].seq if self.records else 0, self.floor)

    async def read(
        self, *, epoch: str, after: int, upto: int, limit: int, interest: Interest | None = None
    ) -> Sequence[Record]:
        self._answer()
        self.reads += 1
        found = [r for r in self.records if after < r.seq <= upto and self._wanted(r, interest)]
        return found[:limit]

    async def count(self, *, after: int, upto: int, limit: int, interest: Interest) -> int:
        self._answer()
        return len([r for r in self.records if after < r.seq <= upto and self._wanted(r, interest)][:limit])

    def _answer(self) -> None:
        if self.is_away:
            raise ConnectionError("the log is away")

    @staticmethod
    def _wanted(record: Record, interest: Interest | None) -> bool:
        return (
            interest is None
            or record.type in interest.types
            or (record.type, record.subject) in interest.subjects
            or any(
                kind == record.type and f'"{identity}"' in record.data + record.extra
                for kind, identity in interest.mentions
            )
        )


class PlainDialect:
    """An event is its number, said in the rooms that its subject names. It counts what it builds."""

    name = "plain"

    def __init__(self) -> None:
        self.built: list[int] = []

    def messages(self, record: Record) -> Sequence[Message]:
        return [Message(tuple(record.subject.split(",")), record, self._build)]

    def interest(self, rooms: Collection[str]) -> Interest:
        return Interest(frozenset({"thing.happened"}))

    def _build(self, record: Record) -> bytes:
        self.built.append(record.seq)
        if record.data == "unspeakable":
            raise ValueError("this can't be shown")
        return b"%d" % record.seq + record.data.removeprefix("{}").encode()


def a_wire(dialect: PlainDialect | None = None, *, joins: bool = True) -> Wire:
    return Wire(dialect or PlainDialect(), lambda payload: b"<" + payload + b">", joins=joins)


class Ear:
    """A writer that keeps what it is given. With ``deaf`` nothing of it is ever taken."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.writes: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.deaf = deaf
        self.backlog = 0
        self.on_write: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        if self.closed is None:
            self.writes.append(data)
            if self.deaf:
                self.backlog += len(data)
            self.on_write()

    def unsent(self) -> int:
        return self.backlog

    def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (code, reason)

    @property
    def heard(self) -> list[str]:
        """Every message, unwrapped."""
        return b"".join(self.writes).decode().replace("<", "").split(">")[:-1]


def a_session(wire: Wire, *, holder: str = "", address: str = "", deaf: bool = False) -> tuple[Session, Ear]:
    ear = Ear(deaf=deaf)
    return Session(wire=wire, writer=ear, holder=holder, address=address), ear
