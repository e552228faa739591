"""How much of a body is read, whatever the client says about its length, and of which type."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

from config.api.bodies import BATCH_BODY, ONE_BODY, bounded_body
from config.kernel.errors import InvalidInput, PayloadTooLarge
from tests.api.answers import refused


def json_of(size: int) -> bytes:
    return b'"' + b"a" * (size - 2) + b'"'


class Counting(io.BytesIO):
    """A body that counts what is taken of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def request_with(body: io.BytesIO, **environ: str) -> WSGIRequest:
    return WSGIRequest({"REQUEST_METHOD": "POST", "PATH_INFO": "/echo", "wsgi.input": body, **environ})


def test_a_body_of_the_limit_is_taken(post: Callable[..., Any]) -> None:
    assert post("/echo", json_of(ONE_BODY)).json()["bytes"] == ONE_BODY


def test_a_body_over_the_limit_is_a_413(post: Callable[..., Any]) -> None:
    body = refused(post("/echo", json_of(ONE_BODY + 1)), 413, "payload_too_large", "limit")
    assert body["limit"] == ONE_BODY


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_body_over_the_limit_is_a_413_also_where_nobody_looks_into_it(client: Client, method: str) -> None:
    answer = client.generic(method, "/versioned", json_of(ONE_BODY + 1), "application/json")
    refused(answer, 413, "payload_too_large", "limit")
    assert client.generic(method, "/versioned", b"{ malformed", "application/json").status_code == 200


def test_a_batch_has_a_limit_of_its_own(post: Callable[..., Any]) -> None:
    assert post("/batch", json_of(BATCH_BODY)).json()["bytes"] == BATCH_BODY
    body = refused(post("/batch", json_of(BATCH_BODY + 1)), 413, "payload_too_large", "limit")
    assert body["limit"] == BATCH_BODY


def test_a_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    stream = Counting(b"x" * 100)
    with pytest.raises(PayloadTooLarge):
        bounded_body(request_with(stream, CONTENT_LENGTH="101"), limit=100)
    assert stream.taken == 0


def test_a_chunked_body_is_read_without_a_length() -> None:
    request = request_with(Counting(b"[1, 2]"), HTTP_TRANSFER_ENCODING="chunked")
    assert bounded_body(request, limit=100) == b"[1, 2]"
    assert request.body == b"[1, 2]"


def test_an_endless_chunked_body_is_read_to_the_limit_and_no_further() -> None:
    stream = Counting(b"x" * 10_000_000)
    with pytest.raises(PayloadTooLarge):
        bounded_body(request_with(stream, HTTP_TRANSFER_ENCODING="Chunked"), limit=100_000)
    assert stream.taken == 100_001


def test_a_chunked_body_reaches_the_view(client: Client) -> None:
    chunks = {
        "wsgi.input": io.BytesIO(b'{"a": 1}'),
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_LENGTH": "",
    }
    answer: Any = client.post("/echo", content_type="application/json", **chunks)  # type: ignore[arg-type]
    assert answer.json() == {"data": {"a": 1}, "bytes": 8}


def test_without_length_and_chunks_there_is_no_body_and_nothing_waits_for_one() -> None:
    stream = Counting(b"waiting")
    assert bounded_body(request_with(stream), limit=100) == b""
    assert stream.taken == 0


def test_of_a_body_longer_than_its_length_the_rest_is_not_ours() -> None:
    stream = Counting(b'{"a":1}GET /admin HTTP/1.1')
    assert bounded_body(request_with(stream, CONTENT_LENGTH="7"), limit=100) == b'{"a":1}'
    assert stream.taken == 7


def test_a_body_shorter_than_its_length_is_refused(client: Client) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bounded_body(request_with(Counting(b"[1]"), CONTENT_LENGTH="9"), limit=100)
    assert refusal.value.code == "incomplete_body"


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "0x10", "٣", "1" * 19])
def test_a_length_that_is_none_is_refused(post: Callable[..., Any], length: str) -> None:
    refused(post("/echo", b"{}", CONTENT_LENGTH=length), 400, "invalid_content_length")


def test_a_connection_that_breaks_off_is_refused() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("reset by peer")

    with pytest.raises(InvalidInput) as refusal:
        bounded_body(request_with(Broken(), CONTENT_LENGTH="9"), limit=100)
    assert refusal.value.code == "incomplete_body"


def test_a_body_is_kept_for_whoever_asks_next() -> None:
    request = request_with(Counting(b"[1]"), CONTENT_LENGTH="3")
    assert bounded_body(request, limit=100) == bounded_body(request, limit=100) == request.body
    with pytest.raises(PayloadTooLarge):
        bounded_body(request, limit=2)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json;odata=verbose",
    ],
)
def test_json_is_taken(post: Callable[..., Any], content_type: str) -> None:
    assert post("/echo", b"{}", content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=latin-1",
        "application/jsonp",
    ],
)
def test_any_other_type_is_a_415(post: Callable[..., Any], content_type: str) -> None:
    refused(post("/echo", b"{}", content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain"])
def test_no_body_is_an_empty_object_whatever_its_type(post: Callable[..., Any], content_type: str) -> None:
    assert post("/echo", b"", content_type).json() == {"data": {}, "bytes": 0}


def test_a_body_that_nobody_asked_for_is_left_alone(client: Client) -> None:
    assert client.generic("GET", "/echo", b"no json", "text/plain").status_code == 200
