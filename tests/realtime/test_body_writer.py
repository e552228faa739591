"""The writer for servers that have no side door: what it joins, what it counts, how it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.transport.body_writer import PART_BYTES, BodyWriter
from tests.realtime.waiting import until


class Server:
    """An ASGI server's `send`: takes what it is given, but for as long as it is full."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.given_up_at: list[float] = []
        self.has_room = asyncio.Event()
        self.has_room.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.has_room.wait()
        self.messages.append(message)

    def writer(self) -> BodyWriter:
        return BodyWriter(self.send, give_up=self.given_up_at.append)

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.messages]


async def test_what_waits_for_a_server_leaves_together_in_parts_of_a_bounded_size() -> None:
    server = Server()
    writer = server.writer()
    server.has_room.clear()
    pieces = [b"%d," % number * 1_000 for number in range(60)]
    for piece in pieces:
        writer.write(piece)
    huge = b"y" * (3 * PART_BYTES)
    writer.write(huge)
    writer.write(b"end")
    whole = b"".join([*pieces, huge, b"end"])
    assert writer.unsent() == len(whole)
    server.has_room.set()
    await until(lambda: writer.unsent() == 0)
    assert b"".join(server.bodies) == whole
    assert max(len(body) for body in server.bodies if body != huge) <= PART_BYTES
    assert len(server.bodies) < 8
    assert all(message["more_body"] for message in server.messages)


async def test_a_writer_counts_as_unsent_what_the_server_has_not_taken() -> None:
    server = Server()
    writer = server.writer()
    writer.write(b"12345")
    await until(lambda: writer.unsent() == 0)
    server.has_room.clear()
    writer.write(b"123")
    await asyncio.sleep(0.01)
    writer.write(b"4567")
    assert writer.unsent() == 7
    server.has_room.set()
    await until(lambda: writer.unsent() == 0)
    assert server.bodies == [b"12345", b"123", b"4567"]


async def test_the_end_comes_after_what_was_written_and_once() -> None:
    server = Server()
    writer = server.writer()
    server.has_room.clear()
    writer.write(b"last words")
    writer.close(3001, "")
    writer.close(3001, "")
    writer.write(b"too late")
    assert len(server.given_up_at) == 1
    assert server.given_up_at[0] == pytest.approx(asyncio.get_running_loop().time() + 5, abs=1)
    server.has_room.set()
    await until(lambda: len(server.messages) == 2)
    await asyncio.sleep(0.01)
    assert [(m["body"], m["more_body"]) for m in server.messages] == [(b"last words", True), (b"", False)]


async def test_a_writer_that_is_stopped_forgets_everything() -> None:
    server = Server()
    writer = server.writer()
    server.has_room.clear()
    writer.write(b"x")
    await asyncio.sleep(0.01)
    writer.stop()
    assert writer.unsent() == 0
    server.has_room.set()
    writer.write(b"y")
    await asyncio.sleep(0.01)
    assert server.messages == []
