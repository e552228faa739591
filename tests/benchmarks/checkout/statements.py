"""Counts what reaches PostgreSQL: a door in front of it that passes everything on and reads along.

A statement is what PostgreSQL executes: a simple query (`Q`), or an execution of a prepared one (`E`), BEGIN
and COMMIT among them. So it is counted at the wire, whatever made it: Django, a driver, a pool.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

_PIECE = 1 << 16
_HEAD = 5


class Counter:
    """How many statements went through, and their texts as far as they came with one."""

    def __init__(self) -> None:
        self.statements = 0
        self.texts: list[str] = []
        self._lock = threading.Lock()

    def see(self, kind: bytes, body: bytes) -> None:
        """Take note of a message of a client."""
        with self._lock:
            self.statements += kind in (b"Q", b"E")
            if kind == b"Q":
                self.texts.append(body.rstrip(b"\0").decode(errors="replace"))
            elif kind == b"P":
                self.texts.append(body.split(b"\0")[1].decode(errors="replace"))


@contextmanager
def counted(database_url: str) -> Iterator[tuple[str, Counter]]:
    """Give another URL of the same database, and the counter of what comes by it."""
    parts = {name: str(value) for name, value in conninfo_to_dict(database_url).items()}
    counter = Counter()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, parts, counter), daemon=True).start()
        who = ":".join(quote(parts[part], safe="") for part in ("user", "password") if part in parts)
        where = f"127.0.0.1:{listener.getsockname()[1]}/{parts['dbname']}"
        yield f"postgresql://{who}@{where}?sslmode=disable&gssencmode=disable", counter


def _serve(listener: socket.socket, parts: dict[str, str], counter: Counter) -> None:
    while True:
        try:
            client, _address = listener.accept()
        except OSError:  # it is closed: that was all
            return
        server = _connect(parts)
        for source, sink, seen in ((client, server, counter), (server, client, None)):
            threading.Thread(target=_pass_on, args=(source, sink, seen), daemon=True).start()


def _connect(parts: dict[str, str]) -> socket.socket:
    host, port = parts.get("host", "127.0.0.1"), int(parts.get("port", 5432))
    if host.startswith("/"):
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server
    return socket.create_connection((host, port))


def _pass_on(source: socket.socket, sink: socket.socket, counter: Counter | None) -> None:
    waiting, is_greeted = b"", False
    try:
        while piece := source.recv(_PIECE):
            if counter is not None:
                waiting += piece
                if not is_greeted and len(waiting) >= _HEAD:
                    # The first message has no kind, only a length.
                    (length,) = struct.unpack_from("!I", waiting)
                    waiting, is_greeted = waiting[length:], True
                waiting = _read(waiting, counter)
            sink.sendall(piece)
    except OSError:  # one of the two has gone
        pass
    finally:
        for end in (source, sink):
            with suppress(OSError):  # it is closed already
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _read(waiting: bytes, counter: Counter) -> bytes:
    """Count the messages that are whole; what is left."""
    while len(waiting) >= _HEAD:
        (length,) = struct.unpack_from("!I", waiting, 1)
        if len(waiting) <= length:
            break
        counter.see(waiting[:1], waiting[_HEAD : length + 1])
        waiting = waiting[length + 1 :]
    return waiting
