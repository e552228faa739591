"""The one error shape, on every path and from every source."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import (
    DEFAULT_DB_ALIAS,
    DataError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)
from django.http import Http404, UnreadablePostError
from django.test import Client
from pytest_django import Settings
from rest_framework import exceptions

from config.api.errors import CHALLENGE
from config.embedded.postgres import Postgres
from config.kernel import errors
from config.settings.base import database
from tests.api import endpoints
from tests.api.answers import refused

SECRETS = ("secret", "SELECT", "10.0.0.1", "Traceback", "<html", "<h1", "File ")


def raise_in_view(client: Client, error: Callable[[], Exception]) -> Any:
    endpoints.raised[:] = [error]
    return client.get("/raise")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput, 400, "invalid"),
        (errors.NotAuthenticated, 401, "not_authenticated"),
        (errors.NotPermitted, 403, "not_permitted"),
        (errors.NotFound, 404, "not_found"),
        (errors.Conflict, 409, "conflict"),
        (errors.InProgress, 409, "in_progress"),
        (errors.PreconditionFailed, 412, "precondition_failed"),
        (errors.PayloadTooLarge, 413, "payload_too_large"),
        (errors.KeyReused, 422, "idempotency_key_reused"),
        (errors.Unavailable, 503, "unavailable"),
        (lambda: errors.StockwireError("odd"), 400, "error"),
        (lambda: Http404("SELECT secret"), 404, "not_found"),
        (lambda: PermissionDenied("secret"), 403, "not_permitted"),
        (lambda: SuspiciousOperation("secret"), 400, "bad_request"),
        (lambda: TooManyFieldsSent("secret"), 400, "bad_request"),
        (lambda: RequestDataTooBig("secret"), 413, "payload_too_large"),
        (lambda: UnreadablePostError("secret"), 400, "incomplete_body"),
        (exceptions.NotFound, 404, "not_found"),
        (exceptions.ParseError, 400, "bad_request"),
        (exceptions.NotAuthenticated, 401, "not_authenticated"),
        (lambda: exceptions.AuthenticationFailed("no", code="token_expired"), 401, "token_expired"),
        (lambda: exceptions.PermissionDenied("no", code="insufficient_scope"), 403, "insufficient_scope"),
        (lambda: exceptions.APIException("secret"), 500, "internal_error"),
        (lambda: OperationalError("connection to server at 10.0.0.1 failed"), 503, "unavailable"),
        (lambda: InterfaceError("connection already closed secret"), 503, "unavailable"),
        (lambda: DataError("SELECT secret"), 400, "invalid"),
        (lambda: RuntimeError("secret"), 500, "internal_error"),
        (lambda: AttributeError("secret"), 500, "internal_error"),
        (lambda: RecursionError("secret"), 500, "internal_error"),
    ],
)
def test_every_exception_in_a_view_has_its_status_and_code(
    client: Client, error: Callable[[], Exception], status: int, code: str
) -> None:
    answer = raise_in_view(client, error)
    refused(answer, status, code)
    assert not any(secret in answer.content.decode() for secret in SECRETS)


def test_a_refusal_carries_its_own_message_details_and_extras(client: Client) -> None:
    answer = raise_in_view(
        client,
        lambda: errors.Conflict(
            "It moved", code="stale", details={"items[0].expected": ["was 3"]}, extra={"current": 4}
        ),
    )
    body = refused(answer, 409, "stale", "details", "current")
    assert (body["message"], body["details"], body["current"]) == (
        "It moved",
        {"items[0].expected": ["was 3"]},
        4,
    )


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (errors.NotAuthenticated, "WWW-Authenticate", CHALLENGE),
        (exceptions.NotAuthenticated, "WWW-Authenticate", CHALLENGE),
        (errors.InProgress, "Retry-After", "1"),
        (lambda: errors.RateLimited(retry_after=7), "Retry-After", "7"),
        (lambda: exceptions.Throttled(wait=6.2), "Retry-After", "7"),
        (errors.Unavailable, "Retry-After", "1"),
        (lambda: OperationalError("gone"), "Retry-After", "1"),
        (lambda: errors.PreconditionFailed(extra={"etag": '"v3"'}), "ETag", '"v3"'),
    ],
)
def test_a_refusal_bears_the_headers_that_say_what_to_do(
    client: Client, error: Callable[[], Exception], header: str, value: str
) -> None:
    assert raise_in_view(client, error).headers[header] == value


def test_rate_limits_of_drf_and_of_our_own_look_the_same(client: Client) -> None:
    refused(raise_in_view(client, lambda: exceptions.Throttled(wait=6)), 429, "rate_limited")
    refused(raise_in_view(client, errors.RateLimited), 429, "rate_limited", "retryAfter")


def test_too_many_at_once_is_told_from_a_database_that_is_gone(client: Client) -> None:
    class DeadlockError(Exception):
        sqlstate = "40P01"

    def deadlock() -> Exception:
        error = OperationalError("deadlock detected")
        error.__cause__ = DeadlockError()
        return error

    refused(raise_in_view(client, deadlock), 503, "busy")


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [("invalid", 400, "Item out of stock"), ("conflicting", 409, "Two items are out of stock")],
)
def test_several_wrong_items_have_the_batch_shape(
    client: Client, kind: str, status: int, message: str
) -> None:
    answer = client.post(f"/refuse/{kind}", content_type="application/json")
    body = refused(answer, status, "out_of_stock", "success", "errors")
    assert body["success"] is False
    assert body["message"] == message
    assert body["errors"] == [
        {"item": {"sku": "a"}, "error": "Item out of stock", "code": "out_of_stock", "available": 1}
    ]
    assert list(body) == ["success", "error", "message", "code", "errors", "timestamp"]


def test_a_validation_error_names_its_place(client: Client) -> None:
    sent = {"lines": [{"sku": "a", "quantity": 1}, {"quantity": "2"}], "note": None}
    body = refused(client.post("/validated", sent, "application/json"), 400, "invalid", "details")
    assert body["details"] == {
        "lines[1].sku": ["required"],
        "lines[1].quantity": ["must be a whole number"],
        "note": ["must not be null"],
    }
    assert body["error"] == "lines[1].sku: required"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ([], "must be an object"),
        ({"lines": {}}, "lines: must be an array"),
        ({"lines": [7]}, "lines[0]: must be an object"),
        ({}, "lines: required"),
    ],
)
def test_a_body_of_the_wrong_shape_says_what_it_must_be(client: Client, sent: Any, error: str) -> None:
    body = refused(client.post("/validated", sent, "application/json"), 400, "invalid", "details")
    assert body["error"] == error


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/nowhere", "/products/x/y/z", "/echo/", "/%00", "/%ff%fe", "/é"]
)
def test_an_unknown_path_is_a_404_in_our_shape(client: Client, path: str) -> None:
    refused(client.get(path), 404, "not_found")


def test_an_unknown_method_says_which_there_are(client: Client) -> None:
    answer = client.put("/echo", b"{}", "application/json")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    refused(client.generic("BREW", "/echo"), 405, "method_not_allowed")


def test_options_says_which_methods_there_are_and_nothing_else(client: Client) -> None:
    answer = client.options("/echo")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize("accept", ["text/html", "application/xml, text/plain", "application/json;q=0"])
def test_whoever_takes_no_json_hears_so_in_json(client: Client, accept: str) -> None:
    refused(client.get("/echo", headers={"Accept": accept}), 406, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "application/*;q=0.1", "text/html,application/xml;q=0.9,*/*;q=0.8"],
)
def test_whoever_takes_json_gets_it(client: Client, accept: str) -> None:
    answer = client.get("/echo", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("404", 404, "not_found"),
        ("403", 403, "not_permitted"),
        ("400", 400, "bad_request"),
        ("413", 413, "payload_too_large"),
        ("405", 405, "method_not_allowed"),
        ("html", 418, "error"),
        ("500", 500, "internal_error"),
        ("503", 503, "unavailable"),
        ("closed", 503, "unavailable"),
    ],
)
def test_a_view_that_knows_nothing_of_the_kit_answers_in_its_shape(
    client: Client, kind: str, status: int, code: str
) -> None:
    answer = client.get(f"/plain/{kind}")
    refused(answer, status, code)
    assert not any(secret in answer.content.decode() for secret in SECRETS)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("404", 404, "not_found"), ("400", 400, "bad_request"), ("500", 500, "internal_error")],
)
def test_debug_pages_do_not_reach_an_api_client_either(
    client: Client, settings: Settings, kind: str, status: int, code: str
) -> None:
    settings.DEBUG = True
    answer = client.get(f"/plain/{kind}")
    refused(answer, status, code)
    assert not any(secret in answer.content.decode() for secret in SECRETS)


def test_a_plain_views_405_keeps_its_allow_header(client: Client) -> None:
    assert client.get("/plain/405").headers["Allow"] == "PUT"


def test_a_database_that_is_gone_says_when_to_come_back_and_fills_no_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = raise_in_view(client, lambda: OperationalError("connection refused"))
    assert answer.headers["Retry-After"] == "1"
    assert "the database did not answer: connection refused" in caplog.text
    assert "Traceback" not in caplog.text
    assert client.get("/plain/503").headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("kind", "status"), [("404", 404), ("403", 403), ("400", 400), ("500", 500), ("503", 503)]
)
def test_the_admins_errors_stay_pages_and_tell_no_secrets(client: Client, kind: str, status: int) -> None:
    answer = client.get(f"/admin/plain/{kind}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not any(
        secret in answer.content.decode() for secret in ("secret", "SELECT", "10.0.0.1", "Traceback")
    )


@pytest.mark.parametrize("path", ["/", "/admin/plain/503"])
def test_a_person_whom_the_database_keeps_waiting_reads_a_page_that_says_so(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    if path == "/":
        settings.ROOT_URLCONF = "config.urls"

        def gone() -> None:
            raise OperationalError("connection to server at 10.0.0.1 failed")

        monkeypatch.setattr("realtime.pages.page.current_cursor", gone)
    answer = client.get(path)
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "<title>Stockwire · back in a moment</title>" in page
    assert "Server Error" not in page
    assert "10.0.0.1" not in page


def test_a_foreign_host_is_refused_in_our_shape(client: Client) -> None:
    refused(client.get("/echo", headers={"Host": "evil.example"}), 400, "bad_request")


def test_a_form_without_its_csrf_token_is_refused_in_our_shape(client: Client) -> None:
    refused(client.post("/form"), 403, "csrf_failed")


def test_the_admins_csrf_failure_is_a_page(client: Client) -> None:
    answer = client.post("/admin/form")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")


def test_too_many_query_parameters_are_refused(client: Client) -> None:
    refused(client.get("/echo?" + "&".join(f"a{n}=1" for n in range(1500))), 400, "bad_request")


def test_nul_in_a_path_names_nothing(client: Client) -> None:
    refused(client.get("/echo/a%00b"), 404, "not_found")


def test_nul_in_a_query_is_refused_with_its_place(client: Client) -> None:
    body = refused(client.get("/echo?search=a%00b"), 400, "invalid", "details")
    assert body["error"] == "search: must not hold the character NUL"
    refused(client.get("/echo?%00=1"), 400, "invalid", "details")


def test_bad_escapes_in_a_query_do_no_harm(client: Client) -> None:
    assert client.get("/echo?a=%ff&b=%zz&c=%").json()["query"] == {"a": "\ufffd", "b": "%zz", "c": "%"}


def test_nothing_but_the_shape_is_said_of_an_unexpected_error_and_the_log_says_all(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    body = raise_in_view(client, lambda: RuntimeError("secret")).json()
    assert body["error"] == "Something went wrong on our side"
    assert "RuntimeError: secret" in caplog.text


def test_an_unexpected_error_reaches_a_test_client_that_wants_it() -> None:
    endpoints.raised[:] = [lambda: RuntimeError("secret")]
    with pytest.raises(RuntimeError, match="secret"):
        Client().get("/raise")


@pytest.fixture
def another_database(own_postgres: Postgres) -> Iterator[Postgres]:
    """The views' database for one test, which may stop it."""
    usual, usual_settings = connections[DEFAULT_DB_ALIAS], connections.settings[DEFAULT_DB_ALIAS]
    del connections[DEFAULT_DB_ALIAS]
    connections.settings[DEFAULT_DB_ALIAS] = {**usual_settings, **database(own_postgres.url)}
    yield own_postgres
    connections[DEFAULT_DB_ALIAS].close()
    connections.settings[DEFAULT_DB_ALIAS] = usual_settings
    connections[DEFAULT_DB_ALIAS] = usual


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_closed_is_a_503_and_once_it_is_back_a_200(
    client: Client, another_database: Postgres
) -> None:
    def get() -> Any:
        close_old_connections()  # as a server does before each request, and the test client does not
        return client.get("/database")

    assert get().status_code == 200
    another_database.stop()
    for _ in range(2):
        answer = get()
        refused(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    another_database.start()
    assert get().status_code == 200
