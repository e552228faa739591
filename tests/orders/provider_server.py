"""A provider's API on this machine: answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import Answer, Asked, answering


@dataclass
class ProviderServer:
    """``answers`` are given in their order, each to one request: a status and a body."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    #: Nothing is answered before it is set.
    may_answer: threading.Event = field(default_factory=threading.Event)

    def will_answer(self, body: Any, status: int = 200) -> None:
        self.answers.append((status, body))


@contextmanager
def provider_server() -> Iterator[ProviderServer]:
    server = ProviderServer()
    server.may_answer.set()

    def answer(asked: Asked) -> Answer:
        server.asked.append(asked)
        assert server.may_answer.wait(30)
        return server.answers.pop(0)

    with answering(answer) as url:
        server.url = url
        yield server
