"""The uvicorn protocol subclass: ready-made frames, our close codes, and peers that behave badly."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from realtime.hub.session import CloseCode
from realtime.transport.frames import text_frame
from realtime.transport.uvicorn_protocol import FrameProtocol
from tests.realtime.door import Door, serving
from tests.realtime.log import LiveHalf, publish_soon, stock_reduced
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def door(live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving() as door:
        yield door


class RawPeer:
    """A client below the WebSocket library: it answers nothing by itself, and may stop reading."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, door: Door, path: str = "/ws", *, buffer: int | None = None) -> RawPeer:
        port = int(door.url.rpartition(":")[2].removesuffix("/ws"))
        plain = socket.socket()
        if buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=2**16)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer
        return cls(reader, writer)

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: opcode, payload. Never masked, never fragmented."""
        async with asyncio.timeout(10):
            first, second = await self.reader.readexactly(2)
            assert first & 0x80
            assert not second & 0x80
            size = second
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """Of the close frame, whatever came before it."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                return int(struct.unpack("!H", payload[:2])[0])

    async def end(self) -> None:
        """The line is cut: by the server, soon."""
        async with asyncio.timeout(10):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass

    async def hang_up(self) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
async def test_a_frame_of_any_size_is_read_as_it_was_meant(size: int) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(text_frame(b"x" * size))
    assert await RawPeer(reader, None).frame() == (1, b"x" * size)  # type: ignore[arg-type]
    reader.feed_eof()
    assert await reader.read() == b""


async def test_a_connection_keeps_nothing_of_its_handshake_and_has_everything_in_slots(door: Door) -> None:
    await door.call()
    (protocol,) = door.server.server_state.connections
    # What a newer uvicorn keeps beside it shows here: it belongs into the slots too.
    assert vars(protocol) == {}
    assert isinstance(protocol, FrameProtocol)
    assert not any(hasattr(protocol, name) for name in ("request", "response", "scope"))


@pytest.mark.parametrize("path", ["/ws", "/socket.io/?EIO=4&transport=websocket"])
async def test_a_text_that_is_none_closes_with_1007_and_is_nothing_to_write_home_about(
    door: Door, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    peer = await RawPeer.connect(door, path)
    # In two frames, each of which breaks a letter.
    mask = b"\x00\x00\x00\x00"
    peer.writer.write(b"\x01\x82" + mask + b"4\xc3" + b"\x80\x82" + mask + b"(\xff")
    assert await peer.close_code() == 1007
    await peer.hang_up()
    assert caplog.records == []


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (f"/ws?topics={'x' * 9_000}", "", 414),
        ("/ws", f"X-Long: {'y' * 9_000}\r\n", 431),
        ("/ws", "".join(f"X-{number}: y\r\n" for number in range(200)), 431),
    ],
    ids=["a long URL", "a long header", "many headers"],
)
async def test_a_handshake_that_is_too_long_is_answered_and_the_line_cut(
    door: Door, path: str, fields: str, status: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{fields}"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        answer = await reader.read()
    assert int(answer.split()[1]) == status
    writer.close()


async def test_a_peer_that_answers_no_ping_is_closed_with_3012(live_half: LiveHalf) -> None:
    async with serving(ws_ping_interval=0.1, ws_ping_timeout=0.2) as door:
        peer = await RawPeer.connect(door)
        assert (await peer.frame())[0] == 1
        assert (await peer.frame())[0] == 9
        assert await peer.close_code() == CloseCode.NO_PONG
        await peer.hang_up()


async def test_a_peer_that_answers_pings_stays(live_half: LiveHalf) -> None:
    async with serving(ws_ping_interval=0.05, ws_ping_timeout=30) as door:
        peer = await RawPeer.connect(door)
        assert (await peer.frame())[0] == 1
        for _each in range(3):
            # Whoever has not answered is sent no other.
            opcode, payload = await peer.frame()
            assert opcode == 9
            peer.writer.write(bytes([0x8A, 0x80 | len(payload)]) + b"\x00\x00\x00\x00" + payload)
        await peer.hang_up()


async def test_socket_io_has_its_own_heartbeat_and_no_other(live_half: LiveHalf) -> None:
    async with serving(ws_ping_interval=0.05, ws_ping_timeout=0.1) as door:
        peer = await RawPeer.connect(door, "/socket.io/?EIO=4&transport=websocket")
        opcode, greeting = await peer.frame()
        assert (opcode, greeting[:1]) == (1, b"0")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await peer.reader.read(1)
        await peer.hang_up()


async def test_a_server_that_shuts_down_says_3001(live_half: LiveHalf) -> None:
    async with serving() as door:
        caller = await door.call()
        door.callers.clear()
        closing = asyncio.create_task(caller.closed_with())
        await asyncio.sleep(0.02)
    assert await closing == (3001, "shutting down")


async def test_a_peer_that_reads_nothing_is_closed_with_3008_and_delays_nobody(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.transport.uvicorn_protocol.GRACE", 0.5)
    stuck = await RawPeer.connect(door, "/ws?topics=stock", buffer=4_096)
    well = await door.call("?topics=stock")
    await well.hear_of("subscribed")
    big = "x" * 100_000
    for number in range(60):
        await publish_soon(stock_reduced("prod_1", number, sku=big))
        assert (await well.hear())["version"] == number
        if len(live_half.hub.sessions) == 1:
            break
    assert len(live_half.hub.sessions) == 1
    # It reads on at last, too late: what was sent before, the goodbye perhaps, and the end.
    await asyncio.sleep(0.7)
    await stuck.end()
    assert len(door.server.server_state.connections) == 1
    await stuck.hang_up()


async def test_a_peer_that_is_shed_and_reads_on_finds_3008(door: Door, live_half: LiveHalf) -> None:
    stuck = await RawPeer.connect(door, "/ws?topics=stock", buffer=4_096)
    for number in range(60):
        await publish_soon(stock_reduced("prod_1", number, sku="x" * 100_000))
        await asyncio.sleep(0.01)
        if not live_half.hub.sessions:
            break
    assert await stuck.close_code() == CloseCode.TOO_SLOW
    await stuck.hang_up()


async def test_writing_while_the_peer_says_goodbye_is_safe(door: Door, live_half: LiveHalf) -> None:
    peers = [await RawPeer.connect(door, "/ws?topics=stock") for _each in range(20)]
    goodbye = bytes([0x88, 0x82, 0, 0, 0, 0]) + struct.pack("!H", 1000)
    publishing = asyncio.create_task(publish_soon(*(stock_reduced("prod_1", v) for v in range(300))))
    for peer in peers[::2]:
        peer.writer.write(goodbye)
        await asyncio.sleep(0.001)
    await publishing
    for peer in peers[::2]:
        assert await peer.close_code() == 1000
    for peer in peers[1::2]:
        versions = 0
        while versions < 300:
            opcode, payload = await peer.frame()
            versions += b'"stock.reduced"' in payload
            assert opcode == 1
    await until(lambda: len(live_half.hub.sessions) <= 10)
    for peer in peers:
        await peer.hang_up()


async def test_the_server_answers_a_ping_of_the_peer(door: Door) -> None:
    peer = await RawPeer.connect(door)
    await peer.frame()
    peer.writer.write(bytes([0x89, 0x83, 0, 0, 0, 0]) + b"abc")
    assert await peer.frame() == (10, b"abc")
    await peer.hang_up()


async def test_a_peer_that_says_goodbye_and_takes_nothing_is_cut_all_the_same(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.transport.uvicorn_protocol.GRACE", 0.3)
    peer = await RawPeer.connect(door, "/ws?topics=stock", buffer=4_096)
    await publish_soon(stock_reduced("prod_1", 1, sku="x" * 8_000_000))
    await until(lambda: live_half.hub.position.seq == 1)
    peer.writer.write(bytes([0x88, 0x82, 0, 0, 0, 0]) + struct.pack("!H", 1000))
    await until(lambda: not door.server.server_state.connections)
    await peer.hang_up()
