"""The process that runs the embedded services as long as anybody uses them: `python -m
config.embedded.keeper HOME`.

It is started by `sharing`, never by hand, and knows nothing of Django. A service that dies while somebody
uses it is started again, as an init system would do with a real one.
"""

import fcntl
import json
import signal
import sys
import time
from pathlib import Path
from typing import Protocol

from config.embedded.errors import ServiceError
from config.embedded.home import Home
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis, find_redis
from config.embedded.sharing import open_lock, try_lock

PAUSE = 0.2
LOCK_PATIENCE = 5.0


class Service(Protocol):
    """A program that the keeper runs."""

    def start(self) -> None:
        """Start it and return once it answers; clear away what a killed keeper left behind."""

    def stop(self) -> None:
        """Stop it cleanly, by force if it takes too long."""

    def runs(self) -> bool:
        """Say whether its process lives."""


class _Asked(BaseException):
    """SIGTERM was sent to the keeper itself."""


def main(path: str) -> int:
    """Run the services of the home at `path` until nobody uses them."""
    home = Home.at(path)
    lock = open_lock(home.keeper_lock)
    # Whoever looks whether a keeper runs holds the lock for an instant too.
    deadline = time.monotonic() + LOCK_PATIENCE
    while not (ours := try_lock(lock, fcntl.LOCK_EX)) and time.monotonic() < deadline:
        time.sleep(0.01)
    if not ours:
        print("another keeper runs here", file=sys.stderr)  # noqa: T201  its stderr is the services' log
        return 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _on_terminate)
    users = open_lock(home.users_lock)
    postgres = Postgres(home)
    services: list[Service] = [postgres]
    program = find_redis()
    redis = Redis(home, program) if program is not None else None
    if redis is not None:
        services.append(redis)
    try:
        for service in services:
            service.start()
        _announce(home, postgres, redis)
        while not try_lock(users, fcntl.LOCK_EX):
            _revive(services)
            time.sleep(PAUSE)
    except _Asked:
        pass
    except (ServiceError, OSError) as error:
        print(f"error: {error}", file=sys.stderr, flush=True)  # noqa: T201  as above
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        home.state.unlink(missing_ok=True)
        for service in reversed(services):
            _stop(service)
    return 0


def _stop(service: Service) -> None:
    try:
        service.stop()
    except OSError as error:
        # The other one has to be stopped all the same.
        print(f"error: {error}", file=sys.stderr, flush=True)  # noqa: T201  as above


def _on_terminate(_signal: int, _frame: object) -> None:
    raise _Asked


def _announce(home: Home, postgres: Postgres, redis: Redis | None) -> None:
    notes = []
    if redis is None:
        notes.append("this machine has no redis-server: one process only, with an in-memory layer instead")
    draft = home.state.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(
        json.dumps(
            {
                "database_url": postgres.url,
                "redis_url": redis.url if redis is not None else "",
                "notes": notes,
            }
        )
    )
    draft.rename(home.state)


def _revive(services: list[Service]) -> None:
    for service in services:
        if not service.runs():
            service.start()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():  # noqa: PLR2004  a program's name and one argument
        sys.exit("usage: python -m config.embedded.keeper HOME")
    sys.exit(main(sys.argv[1]))
