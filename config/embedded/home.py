"""Where the embedded services keep things: the layout of STOCKWIRE_HOME, and socket paths that are short
enough.

Nothing is started or locked here.
"""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import ServiceError
from config.settings.environment import EMBEDDED_REDIS_SOCKET

# The kernel's limit for a Unix socket's path, its final NUL left out; macOS allows less.
LONGEST_SOCKET_PATH = 103
POSTGRES_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one embedded set of services."""

    path: Path

    @classmethod
    def at(cls, path: Path | str) -> "Home":
        """Name the home at `path`, whether or not it exists yet."""
        return cls(Path(path).expanduser().resolve())

    @property
    def users_lock(self) -> Path:
        """Shared by each process that uses the services; whoever gets it alone knows there is none."""
        return self.path / "users.lock"

    @property
    def starting_lock(self) -> Path:
        """Held while a process looks whether services run and starts them."""
        return self.path / "starting.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper as long as it lives."""
        return self.path / "keeper.lock"

    @property
    def state(self) -> Path:
        """What the keeper says once everything runs."""
        return self.path / "services.json"

    @property
    def log(self) -> Path:
        """What the keeper and the services print."""
        return self.path / "services.log"

    @property
    def secret_key(self) -> Path:
        """The key that signs tokens and sessions of this home's shop."""
        return self.path / "secret_key"

    @property
    def postgres_data(self) -> Path:
        """The database's files."""
        return self.path / "postgres"

    @property
    def redis_data(self) -> Path:
        """Redis' working folder; it writes nothing, since all that must last is in the database."""
        return self.path / "redis"

    def prepare(self) -> None:
        """Make the folder. On a shared machine nobody else may look into it, save to pass through."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
        except OSError as error:
            raise ServiceError(f"STOCKWIRE_HOME {self.path} can't be made: {error.strerror}") from error

    def sockets(self, service: str, *, owner: int) -> Path:
        """Give a folder for the service's socket that only `owner` may enter, with a path that fits."""
        folder = self.path / "run"
        longest = max(
            len(os.fsencode(folder / "postgres" / name)) for name in (POSTGRES_SOCKET, EMBEDDED_REDIS_SOCKET)
        )
        if longest > LONGEST_SOCKET_PATH:
            key = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"stockwire-{os.geteuid()}-{key}"
        _own(folder, owner=os.geteuid(), mode=0o711)
        _own(folder / service, owner=owner, mode=0o700)
        return folder / service


def _own(folder: Path, *, owner: int, mode: int) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Another user of the machine could have made it first, to listen in our place.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise ServiceError(f"{folder} belongs to someone else")
    folder.chmod(mode)
    if found.st_uid != owner:
        os.chown(folder, owner, -1)
