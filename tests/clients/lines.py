"""A child process that takes a command a line and answers it by a line, and in between reports what happens.

A thread reads it, so that it outlives the event loop of a single test.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.realtime.waiting import until

END_TIMEOUT = 10.0
PATIENCE = 15.0


class CommandFailedError(Exception):
    """What the child says went wrong."""


class LineProcess:
    """``ask`` it something. ``reported`` is called, in the reading thread, with lines that are no answers."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        reported: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reported = reported
        self._numbers = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def ask(self, do: str, *, within: float = PATIENCE, **what: Any) -> Any:
        """Give a command, and wait for its answer. Raises ``CommandFailedError``."""
        number = self.tell(do, **what)
        await until(lambda: number in self._answers or not self._reader.is_alive(), within=within)
        if number not in self._answers:
            raise CommandFailedError(f"the process has ended: {self._process.wait()}")
        answer = self._answers.pop(number)
        if "error" in answer:
            raise CommandFailedError(answer["error"])
        return answer.get("value")

    def tell(self, do: str, **what: Any) -> int:
        """Give a command, and wait for nothing."""
        assert self._process.stdin is not None
        number = next(self._numbers)
        self._process.stdin.write(json.dumps({"id": number, "do": do, **what}) + "\n")
        self._process.stdin.flush()
        return number

    def send_signal(self, what: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, what)

    def close(self) -> None:
        """Have it end, and see that it does."""
        assert self._process.stdin is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.close()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "id" in said:
                self._answers[said["id"]] = said
            elif self._reported is not None:
                self._reported(said)
