"""Who uses the embedded services: the locks, and how a process finds them or has them started.

The order of the locks is users, starting, keeper; nobody waits for an earlier one while holding a later one.
"""

import atexit
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import ServiceError
from config.embedded.home import Home

START_TIMEOUT = 90.0
STOP_TIMEOUT = 40.0
PAUSE = 0.02
ROOT = Path(__file__).resolve().parent.parent.parent

_attached: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services are. `redis_url` is empty where the machine has no Redis, and `notes` say so."""

    database_url: str
    redis_url: str
    notes: tuple[str, ...]


def open_lock(path: Path) -> int:
    """Open a lock file; a child process doesn't inherit it."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, kind: int) -> bool:
    """Take a lock without waiting; say whether we have it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def attach(home: Home) -> Services:
    """Use the services of `home` until this process ends, however it ends; start them if nobody has."""
    home.prepare()
    if home.path not in _attached:
        users = open_lock(home.users_lock)
        # The keeper holds it alone while it stops the services; they are started again after that.
        _wait(lambda: try_lock(users, fcntl.LOCK_SH), STOP_TIMEOUT, "the services are still stopping")
        _attached[home.path] = users
        atexit.register(detach, home)
    with _held(home.starting_lock):
        if not _keeper_runs(home):
            _start_keeper(home)
        _wait(home.state.exists, START_TIMEOUT, "the services do not start", lambda: _keeper_runs(home), home)
        found = json.loads(home.state.read_text())
    return Services(found["database_url"], found["redis_url"], tuple(found["notes"]))


def detach(home: Home) -> None:
    """Stop using the services; the last user waits until they have stopped, so that nothing outlives it."""
    users = _attached.pop(home.path, None)
    if users is None:
        return
    alone = try_lock(users, fcntl.LOCK_EX)
    os.close(users)
    if alone:
        with suppress(ServiceError):
            _wait(lambda: not _keeper_runs(home), STOP_TIMEOUT, "the services are still stopping")


def _keeper_runs(home: Home) -> bool:
    descriptor = open_lock(home.keeper_lock)
    try:
        return not try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _start_keeper(home: Home) -> None:
    home.state.unlink(missing_ok=True)
    with home.log.open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "config.embedded.keeper", str(home.path)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Until the keeper holds its lock it would look as if there were none.
    while not _keeper_runs(home):
        if keeper.poll() is not None:
            raise ServiceError(f"the services do not start:\n{_tail(home.log)}")
        time.sleep(PAUSE)
    # It outlives this process by design; without this Python warns about a child that nobody waited for.
    keeper.returncode = 0


@contextmanager
def _held(path: Path) -> Iterator[None]:
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _wait(
    ready: Callable[[], bool],
    timeout: float,
    problem: str,
    alive: Callable[[], bool] = lambda: True,
    home: Home | None = None,
) -> None:
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline or (not alive() and not ready()):
            raise ServiceError(problem + (f":\n{_tail(home.log)}" if home is not None else ""))
        time.sleep(PAUSE)


def _tail(log: Path, lines: int = 15) -> str:
    with suppress(OSError):
        return "\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
    return "  (there is no log)"
