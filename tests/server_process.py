"""A real `manage.py serve` for end-to-end tests: started, waited for, ended, and looked after that nothing
is left.

The tests reach it as any client would; its database is one of its own.
"""

import atexit
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
READY_TIMEOUT = 60.0
END_TIMEOUT = 15.0


#: Below those that the system gives to whoever calls out: a server takes its port a while after the choice.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Find a port that nobody listens on right now, and that hardly anybody will take before its server."""
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def fresh_database_url() -> Iterator[Callable[..., str]]:
    """Make databases beside the tests' own, with the shop's tables and nothing in them, each with a log of
    its own; ``make(empty=True)``: without tables. They are dropped at the end, whoever is still connected.
    """
    base = os.environ["DATABASE_URL"]
    made: list[str] = []

    def make(*, empty: bool = False) -> str:
        name = f"end_to_end_{os.getpid()}_{secrets.token_hex(4)}"
        template = "template1" if empty else _with_tables(base)
        _execute(base, "CREATE DATABASE {} TEMPLATE {}", name, template)
        made.append(name)
        url = _url_of(base, name)
        if not empty:
            _execute(url, "UPDATE realtime_eventhead SET epoch = substr(md5(gen_random_uuid()::text), 1, 8)")
        return url

    yield make
    for name in made:
        _execute(base, "DROP DATABASE {} WITH (FORCE)", name)


@cache
def _with_tables(base: str) -> str:
    """A database to copy, made once in each process of the tests: to migrate takes seconds."""
    name = f"with_tables_{os.getpid()}_{secrets.token_hex(4)}"
    _execute(base, "CREATE DATABASE {}", name)
    made = ServerProcess(database_url=_url_of(base, name)).manage("migrate", "--verbosity=0", timeout=120)
    assert made.returncode == 0, made.stderr
    atexit.register(_forget, base, name)
    return name


def _forget(base: str, name: str) -> None:
    with suppress(psycopg.Error):  # the database server may have ended before
        _execute(base, "DROP DATABASE {} WITH (FORCE)", name)


def _execute(url: str, statement: LiteralString, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _url_of(base: str, name: str) -> str:
    return re.sub(r"^(postgres(?:ql)?://[^/]*)/[^?]*", rf"\g<1>/{name}", base)


class ServerProcess:
    """One server. `base_url`, `port`, `database_url`, `redis_url`, `env`, `process`, `output()`."""

    def __init__(
        self,
        *,
        database_url: str,
        role: str = "all",
        env: Mapping[str, str] | None = None,
        args: Sequence[str] = (),
        redis_url: str | None = None,
        port: int | None = None,
    ) -> None:
        self.role = role
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.database_url = database_url
        self.redis_url = redis_url or os.environ["REDIS_URL"]
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "STOCKWIRE", "COV"))},
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "STOCKWIRE_REDIS_PREFIX": f"test-{secrets.token_hex(6)}",
            "STOCKWIRE_SECRET_KEY": "a-key-for-tests-that-protects-nothing-at-all-0123456789",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DEMO": "0",
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self._args = list(args)
        # A file and not a pipe: nobody reads a pipe while the server runs, and a full one stops it.
        descriptor, name = tempfile.mkstemp(prefix="stockwire-server-", suffix=".log")
        os.close(descriptor)
        self._printed = Path(name)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers that it is ready (roles with a door only)."""
        self.launch()
        if self.role != "worker":
            self.wait_until_ready()

    def launch(self) -> None:
        """Start it, without waiting."""
        with self._printed.open("ab") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--role", self.role, *self._args],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Wait for 200 of `/api/ready`."""
        assert self.process is not None
        deadline = time.monotonic() + READY_TIMEOUT
        said = "nothing"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.output()}")
            status, said = _get(f"{self.base_url}/api/ready")
            if status == 200 or (self.role != "all" and '"database": "ok"' in said):
                return
            time.sleep(0.05)
        self.end()
        raise AssertionError(f"the server is not ready: {said}\n{self.output()}")

    def manage(self, *command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command of `manage.py` on the server's own database."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self, how: int = signal.SIGTERM) -> int:
        """End it with a signal, see that nothing of it is left, and give its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            family = [self.process.pid]
            family += [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]
            self.process.send_signal(how)
            try:
                self.process.wait(END_TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError(f"it did not end within {END_TIMEOUT} s:\n{self.output()}") from None
            left = [pid for pid in family if _lives(pid)]
            assert not left, f"processes are left: {left}\n{self.output()}"
        return self.process.returncode

    def output(self) -> str:
        """Give what it has printed so far."""
        return self._printed.read_text(errors="replace")

    def close(self) -> None:
        """End it, and forget what it printed."""
        try:
            if self.process is not None:
                self.end()
        finally:
            self._printed.unlink(missing_ok=True)


def end_all(servers: Sequence[ServerProcess]) -> None:
    """End every server that still runs, each of them even if another fails to end."""
    failed: list[AssertionError] = []
    for server in servers:
        try:
            server.close()
        except AssertionError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
