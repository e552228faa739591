"""What the tests of the catalog share."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.hearing import Heard, hearing

Call = Callable[..., Any]


@pytest.fixture
def heard() -> Iterator[Heard]:
    with hearing() as listener:
        yield listener


@pytest.fixture
def open_mode(settings: Settings) -> None:
    """Writes need no credentials; who may write without is tested on its own."""
    settings.STOCKWIRE_OPEN_WRITES = True


@pytest.fixture
def call(db: None, open_mode: None) -> Call:
    """Calls a door: ``call("PUT", path, body)`` answers the response; ``.data`` is its JSON."""
    return caller(Client(raise_request_exception=False))


def caller(client: Client) -> Call:
    def request(method: str, path: str, data: Any = None, **headers: str) -> Any:
        content = b"" if data is None else json.dumps(data)
        response = client.generic(method, path, content, content_type="application/json", headers=headers)
        raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        response.data = json.loads(raw) if raw else None  # type: ignore[attr-defined]
        return response

    return request
