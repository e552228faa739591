"""What the tests of the kit share."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.test import Client
from pytest_django import Settings

from tests.api import endpoints


class Answer(Protocol):
    status_code: int
    content: bytes
    headers: dict[str, str]

    def json(self) -> Any: ...


@pytest.fixture(autouse=True)
def test_paths(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.api.endpoints"
    yield
    endpoints.raised.clear()
    endpoints.while_running.clear()


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def post(client: Client) -> Callable[..., Answer]:
    """Posts a body as it stands, as JSON unless told otherwise."""

    def post_body(path: str, body: bytes | str, content_type: str = "application/json", **extra: Any) -> Any:
        return client.post(path, body, content_type=content_type, **extra)

    return post_body
