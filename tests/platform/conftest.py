"""Fixtures for whole commands: they run as a person's would, with services in a home of their own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from config.embedded import Home
from tests.server_process import ROOT

# A shell that runs the tests in the background has Ctrl-C ignored by all that they start.
USER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from config import embedded
found = embedded.attach(embedded.Home.at(sys.argv[1]))
print(found.database_url, found.redis_url, flush=True)
sys.stdin.read()
"""


def bare_environment() -> dict[str, str]:
    """Give the environment of somebody who has set nothing."""
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO", "STOCKWIRE", "PYTEST", "HOST", "PORT", "DEMO")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_manage(
    *command: str, env: Mapping[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with exactly this environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """Give a home that the tests of one module share, so that a database is made once."""
    path = Path(tempfile.mkdtemp(prefix="stockwire-home-"))
    yield Home.at(path)
    shutil.rmtree(path)


@pytest.fixture
def use_services(home: Home) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give a function that starts a process which uses the services until its standard input ends."""
    started: list[subprocess.Popen[str]] = []

    def start(where: Home = home) -> subprocess.Popen[str]:
        user = subprocess.Popen(
            [sys.executable, "-c", USER, str(where.path)],
            cwd=ROOT,
            env=bare_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(user)
        return user

    yield start
    for user in started:
        if user.poll() is None:
            user.kill()
        with user:  # closes its pipes and waits
            pass
