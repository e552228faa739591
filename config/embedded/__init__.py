"""PostgreSQL and Redis for one machine, from wheels: found or started, shared by commands, stopped after
the last.

A process that uses them holds a shared lock for as long as it lives, and the kernel lets go of it however
the process ends. A small keeper process (`config.embedded.keeper`) runs the services, in a session of its
own that Ctrl-C doesn't reach, and stops them once it can have that lock for itself. Production never comes
here.

This module is the door: `provide()` for commands, `attach()` for tests. Locks are in `sharing`, the two
services in `postgres` and `redis`.
"""

import os
import secrets
import sys
from pathlib import Path

from config.embedded.errors import ServiceError
from config.embedded.home import Home
from config.embedded.sharing import Services, attach, detach
from config.settings import environment

__all__ = ["Home", "ServiceError", "Services", "attach", "detach", "provide"]


def provide() -> None:
    """Put DATABASE_URL, REDIS_URL and STOCKWIRE_SECRET_KEY into the environment, each unless it is given."""
    home = Home.at(environment.HOME.read())
    os.environ[environment.HOME.name] = str(home.path)
    want_postgres = not environment.DATABASE_URL.is_given()
    want_redis = not environment.REDIS_URL.is_given()
    if want_postgres or want_redis:
        services = attach(home)
        if want_postgres:
            os.environ[environment.DATABASE_URL.name] = services.database_url
        if want_redis and services.redis_url:
            os.environ[environment.REDIS_URL.name] = services.redis_url
        for note in services.notes if want_redis else ():
            print(f"note: {note}", file=sys.stderr)  # noqa: T201  there is no logging yet
    if not environment.SECRET_KEY.is_given():
        home.prepare()
        os.environ[environment.SECRET_KEY.name] = _secret_key(home.secret_key)


def _secret_key(path: Path) -> str:
    """Read the home's key; the first command makes it."""
    if not path.exists():
        # Made complete under another name first: two commands at once then agree on one.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
