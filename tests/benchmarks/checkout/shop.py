"""A shop to check out from: a `web` process on a database of its own, which is a copy of a filled one.

Nothing here measures.
"""

import json
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
import psycopg
from psycopg import sql

from tests.benchmarks.contestants import Place
from tests.benchmarks.processes import LOAD_CORE, ROOT, SERVER_CORE, Child, on_core
from tests.server_process import ServerProcess


@dataclass(frozen=True)
class Stock:
    """A database that is filled: its name, and what is in it."""

    database_url: str
    products: list[str]
    scarce: str
    tokens: list[str]
    env: Mapping[str, str]

    @property
    def database(self) -> str:
        """Its name."""
        return _name_of(self.database_url)


@dataclass(frozen=True)
class Shop:
    """One that is open."""

    web: ServerProcess
    database_url: str

    def seconds_used(self) -> float:
        """Give the processor time that the server has used so far."""
        assert self.web.process is not None
        family = psutil.Process(self.web.process.pid)
        times = [process.cpu_times() for process in (family, *family.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def database_seconds_used(self) -> float:
        """Give the processor time that PostgreSQL's processes for it have used so far; 0 of a far one."""
        with psycopg.connect(self.database_url) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            pids = [pid for (pid,) in connection.execute(query)]
        total = 0.0
        for pid in pids:
            with suppress(psutil.NoSuchProcess):  # it is not on this machine, or has just ended
                process = psutil.Process(pid)
                times = process.cpu_times()
                total += times.user + times.system if "postgres" in process.name() else 0
        return total


def fill(place: Place, *, products: int, shoppers: int) -> Stock:
    """Fill the benchmark's database."""
    command = [sys.executable, "-m", "tests.benchmarks.checkout.goods"]
    command += ["--products", str(products), "--shoppers", str(shoppers)]
    env = {**place.env, "STOCKWIRE_SECRET_KEY": place.env["STOCKWIRE_SECRET_KEY"]}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    made = json.loads(done.stdout.splitlines()[-1])
    return Stock(database_url=place.env["DATABASE_URL"], env=env, **made)


@contextmanager
def copy_of(stock: Stock, *, meanwhile: Callable[[str], None] | None = None) -> Iterator[str]:
    """Give the URL of a copy of a database, to which `meanwhile` has been done; it is dropped afterwards."""
    name = f"bench_{secrets.token_hex(6)}"
    admin = _renamed(stock.database_url, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        command = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        connection.execute(sql.SQL(command).format(sql.Identifier(name), sql.Identifier(stock.database)))
    url = _renamed(stock.database_url, name)
    try:
        if meanwhile is not None:
            meanwhile(url)
        yield url
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def open_shop(place: Place, stock: Stock, *, database_url: str, processes: int = 1) -> Iterator[Shop]:
    """Serve it from a database, on the server's core."""
    env = {
        "STOCKWIRE_SECRET_KEY": stock.env["STOCKWIRE_SECRET_KEY"],
        "STOCKWIRE_REDIS_PREFIX": f"bench-{secrets.token_hex(6)}",
        "STOCKWIRE_WEB_PROCESSES": str(processes),
        "STOCKWIRE_LOG_LEVEL": "WARNING",
    }
    web = ServerProcess(database_url=database_url, redis_url=place.env["REDIS_URL"], role="web", env=env)
    try:
        with on_core(SERVER_CORE, pinned=place.pinned):
            web.launch()
        web.wait_until_ready()
        yield Shop(web=web, database_url=database_url)
    finally:
        web.close()


@contextmanager
def shoppers(place: Place, shop: Shop, tokens: list[str]) -> Iterator[Child]:
    """Have shoppers come in, in a process on the load's core."""
    command = [sys.executable, "-m", "tests.benchmarks.checkout.shoppers"]
    with Child(command, core=LOAD_CORE, pinned=place.pinned) as load:
        load.answer()
        load.ask(do="arrive", port=shop.web.port, tokens=tokens)
        yield load


def _name_of(url: str) -> str:
    found = re.match(r"postgres(?:ql)?://[^/]*/([^?]*)", url)
    assert found is not None
    return found[1]


def _renamed(url: str, name: str) -> str:
    return re.sub(r"^(postgres(?:ql)?://[^/]*)/[^?]*", rf"\g<1>/{name}", url)
