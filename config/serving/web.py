"""Role `web`: REST, the admin and the pages, under granian in several processes."""

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config.serving.listening import BACKLOG

GRACE_SECONDS = 5


def serve_web(host: str, port: int, *, processes: int, threads: int) -> None:
    """Serve `config.wsgi` until SIGINT or SIGTERM."""
    Granian(
        "config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        backlog=BACKLOG,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_level=LogLevels.warning,
    ).serve()
