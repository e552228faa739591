"""The npm packages of the real clients: fetched once, into `node/node_modules`, by one process of a run."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NODE = Path(__file__).resolve().parent / "node"
TIMEOUT = 300.0


class PackagesMissingError(Exception):
    """Why the clients can't be had, in words for whoever runs the tests."""


def install() -> Path:
    """Have the packages that `package.json` names, and give the folder to run Node in."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise PackagesMissingError("the real Socket.IO clients need Node.js 18 or later, with npm")
    wanted = hashlib.sha256((NODE / "package.json").read_bytes()).hexdigest()
    stamp = NODE / "node_modules" / ".installed"
    with _one_at_a_time():
        if not stamp.exists() or stamp.read_text() != wanted:
            _fetch()
            stamp.write_text(wanted)
    return NODE


def _fetch() -> None:
    shutil.rmtree(NODE / "node_modules", ignore_errors=True)
    done = subprocess.run(
        ["npm", "install", "--loglevel=error"],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise PackagesMissingError(f"npm could not fetch the real clients:\n{done.stdout}{done.stderr}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    name = hashlib.sha256(str(NODE).encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"stockwire-clients-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
