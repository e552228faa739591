"""Child processes that take a command a line and give an answer a line, each on a core of its own.

What they do belongs to them; what is measured, and how it is told, to the benchmarks.
"""

import json
import os
import resource
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
SERVER_CORE = 0
LOAD_CORE = 1
END_TIMEOUT = 15.0

# As it is before anything is pinned.
_EVERY_CORE = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()


def can_pin() -> bool:
    """Say whether server and load can each have a core of their own."""
    return hasattr(os, "sched_setaffinity") and {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)


def pin_here(core: int) -> None:
    """Keep this process, and whatever it starts, on one core."""
    if can_pin():
        os.sched_setaffinity(0, {core})


@contextmanager
def on_core(core: int, *, pinned: bool) -> Iterator[None]:
    """Have whatever is started meanwhile stay on a core."""
    if not pinned:
        yield
        return
    here = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, here)


@contextmanager
def on_every_core(processes: Iterable[psutil.Process]) -> Iterator[None]:
    """Let these, this one, and whatever is started meanwhile run where the kernel puts them."""
    if not _EVERY_CORE:
        yield
        return
    pids = [os.getpid(), *(process.pid for process in processes)]
    before = {pid: _move(pid, _EVERY_CORE) for pid in pids}
    try:
        yield
    finally:
        for pid, cores in before.items():
            _move(pid, cores)


def _move(pid: int, cores: set[int]) -> set[int]:
    """Have a process run on these cores; those that it ran on. One that has ended runs nowhere."""
    try:
        before = os.sched_getaffinity(pid)
        os.sched_setaffinity(pid, cores)
    except ProcessLookupError:
        return cores
    return before


def allow_many_files() -> None:
    """Raise the limit of open files, which the children inherit."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Child:
    """A child process. `ask` sends a command and waits for its answer; `tell` and `answer` are the halves."""

    def __init__(
        self, command: Sequence[str], *, core: int, pinned: bool, env: Mapping[str, str] | None = None
    ) -> None:
        prefix = ["taskset", "--cpu-list", str(core)] if pinned else []
        self._process = subprocess.Popen(
            [*prefix, *command],
            cwd=ROOT,
            env=dict(env) if env is not None else None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._name = " ".join(command)[:200]
        self._meter = psutil.Process(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self.tell(**command)
        return self.answer()

    def tell(self, **command: Any) -> None:
        """Send a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the next answer; what is no JSON object is log and is passed over."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise RuntimeError(f"{self._name} ended with {self._process.wait()}")

    def seconds_used(self) -> float:
        """Give the processor time that it has used so far."""
        times = self._meter.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Give the bytes of memory that it has resident."""
        return int(self._meter.memory_info().rss)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def end(self) -> None:
        """Close its input, which ends it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
