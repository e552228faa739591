"""`/api/socket`, `/api/events` and `X-Event-Cursor`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import Settings

from config.identity.models import Role, Scope
from inventory.signals import stock_validated
from realtime import selectors
from realtime.cursor import parse_cursor, to_cursor
from realtime.middleware import HEADER, EventCursorMiddleware
from realtime.models import Event, EventHead
from realtime.signals import stock_announced
from tests.inventory.shop import make_goods
from tests.realtime.log import publish, stock_low, stock_reduced
from tests.realtime.people import make_key, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quiet_courier")]

STAFF_ONLY = {"customer": 403, "tailor": 403, "delivery": 403, "admin": 200}


def bearer(role: Role) -> dict[str, str]:
    return make_person(role).bearer


def number_everything() -> None:
    """What the relay does, without one."""
    selectors.head()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE realtime_event e SET seq = n.seq FROM (SELECT id, (SELECT top FROM realtime_eventhead)"
            " + row_number() OVER (ORDER BY id) AS seq FROM realtime_event WHERE seq IS NULL) n"
            " WHERE e.id = n.id"
        )
        cursor.execute(
            "UPDATE realtime_eventhead SET top = (SELECT coalesce(max(seq), 0) FROM realtime_event)"
        )


def post_socket(client: Client, body: object, headers: dict[str, str] | None = None) -> Any:
    return client.post("/api/socket", json.dumps(body), content_type="application/json", headers=headers)


SAID = {"event": "STOCK_UPDATED", "data": {"productId": "prod_x", "size": "M", "color": "Red", "stock": 4}}


# ---------------------------------------------------------------------------------- /api/socket


def test_anyone_may_see_that_the_socket_is_there(client: Client) -> None:
    answer = client.get("/api/socket").json()
    assert set(answer) == {"status", "connections", "socketio", "websocket", "sse", "timestamp"}
    assert (answer["status"], answer["websocket"]) == ("running", "/ws")
    assert answer["connections"] == 0


@pytest.mark.parametrize("role", Role)
def test_only_staff_may_announce(client: Client, role: Role) -> None:
    assert post_socket(client, SAID, bearer(role)).status_code == STAFF_ONLY[role]
    assert Event.objects.count() == (1 if role == Role.ADMIN else 0)


def test_nobody_may_announce_without_credentials_save_in_open_mode(
    client: Client, settings: Settings
) -> None:
    assert post_socket(client, SAID).status_code == 401
    key = {"Authorization": f"Api-Key {make_key(Scope.STOCK_WRITE)}"}
    assert post_socket(client, SAID, key).status_code == 403
    settings.STOCKWIRE_OPEN_WRITES = True
    assert post_socket(client, SAID).status_code == 200


@pytest.mark.parametrize(
    ("event", "goes_out_as"),
    [
        ("STOCK_UPDATED", "stock.updated"),
        ("STOCK_REDUCED", "stock.reduced"),
        ("STOCK_VALIDATED", "stock.validated"),
    ],
)
def test_an_announcement_is_recorded_and_goes_out_under_its_own_name(
    client: Client, event: str, goes_out_as: str
) -> None:
    answer = post_socket(client, {**SAID, "event": event}, bearer(Role.ADMIN)).json()
    assert set(answer) == {"success", "eventId", "timestamp"}
    number_everything()
    shown = client.get("/api/events", headers=bearer_again(client)).json()["events"]
    assert [(one["id"], one["type"]) for one in shown] == [(answer["eventId"], goes_out_as)]
    assert shown[0]["data"] == {
        "product_id": "prod_x",
        "variant_id": None,
        "sku": None,
        "attributes": {"size": "M", "color": "Red"},
        "change": 0,
        "stock": 4,
        "total_stock": 0,
        "locations": [],
        "after_order": False,
        "reference": None,
        "announced": True,
    }


def test_the_id_that_is_answered_is_the_announcements_own_whatever_else_happens(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_first = stock_announced.publish

    def publish_and_be_overtaken(event: Any) -> None:
        publish_first(event)
        publish(stock_reduced("prod_x"))

    monkeypatch.setattr(stock_announced, "publish", publish_and_be_overtaken)
    answer = post_socket(client, SAID, bearer(Role.ADMIN)).json()
    assert Event.objects.get(type="stock.announced").public_id == answer["eventId"]


def test_the_socket_answers_as_everything_about_stock_does(client: Client) -> None:
    shown = client.get("/api/socket")
    assert shown["Cache-Control"] == "public, max-age=5"
    assert all(header in shown for header in ("X-Stock-Timestamp", "ETag", "Last-Modified"))
    refused = post_socket(client, SAID)
    assert (refused.status_code, refused["Cache-Control"]) == (401, "private, max-age=5")
    assert "X-Stock-Timestamp" in refused


def bearer_again(client: Client) -> dict[str, str]:
    return {"Authorization": f"Api-Key {make_key(Scope.EVENTS_READ)}"}


def test_an_announcement_about_a_known_variant_says_what_the_ledger_holds(client: Client) -> None:
    goods = make_goods({"size": "M", "color": "Red"}, {"size": "L", "color": "Red"}, stock=7)
    said = {
        "event": "STOCK_REDUCED",
        "data": {"productId": goods.id, "size": "M", "color": "Red", "stock": 3},
    }
    before = Event.objects.count()
    post_socket(client, said, bearer(Role.ADMIN))
    assert Event.objects.count() == before + 1
    data = json.loads(Event.objects.latest("id").data)
    assert data["variant_id"] == goods.variants[0].id
    assert (data["stock"], data["total_stock"]) == (3, 14)
    assert data["locations"] == [{"location_id": "main", "quantity": 7}]
    # Nothing has changed, and a client that goes by versions must not take it for old news.
    assert "version" not in data
    assert Event.objects.latest("id").version is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "event"),
        ({"event": "product_created", "data": SAID["data"]}, "event"),
        ({"event": 5, "data": SAID["data"]}, "event"),
        ({"event": "STOCK_UPDATED"}, "data"),
        ({"event": "STOCK_UPDATED", "data": {"stock": 4}}, "data.productId"),
        ({"event": "STOCK_UPDATED", "data": {"productId": "p"}}, "data.stock"),
        ({"event": "STOCK_UPDATED", "data": {"productId": "p", "stock": "4"}}, "data.stock"),
        ({"event": "STOCK_UPDATED", "data": {"productId": "p", "stock": -1}}, "data.stock"),
        ({"event": "STOCK_UPDATED", "data": {"productId": "p", "stock": 1, "size": 4}}, "data.size"),
    ],
)
def test_anything_else_is_a_400_that_names_its_place(client: Client, body: object, place: str) -> None:
    answer = post_socket(client, body, bearer(Role.ADMIN))
    assert answer.status_code == 400
    assert place in answer.json()["details"]
    assert Event.objects.count() == 0


def test_an_unknown_event_is_a_400_that_lists_the_three(client: Client) -> None:
    text = post_socket(client, {**SAID, "event": "pwned"}, bearer(Role.ADMIN)).json()["error"]
    assert all(name in text for name in ("STOCK_UPDATED", "STOCK_REDUCED", "STOCK_VALIDATED"))


# ---------------------------------------------------------------------------------- /api/events


@pytest.mark.parametrize("role", Role)
def test_only_staff_may_read_the_log(client: Client, role: Role) -> None:
    assert client.get("/api/events", headers=bearer(role)).status_code == STAFF_ONLY[role]


def test_a_service_needs_the_scope_to_read_the_log(client: Client) -> None:
    assert client.get("/api/events").status_code == 401
    key = {"Authorization": f"Api-Key {make_key(Scope.ORDERS_READ)}"}
    assert client.get("/api/events", headers=key).status_code == 403


def test_whoever_polls_gets_everything_page_by_page_and_then_nothing(client: Client) -> None:
    staff = bearer(Role.ADMIN)
    publish(*(stock_reduced("prod_1", number) for number in range(1, 8)), stock_low())
    number_everything()
    seen: list[tuple[str, Any]] = []
    cursor = None
    sizes = []
    while True:
        query = {"limit": "3", **({"after": cursor} if cursor else {})}
        page = client.get("/api/events", query, headers=staff).json()
        assert set(page) == {"events", "cursor"}
        sizes.append(len(page["events"]))
        seen += [(one["type"], one["version"]) for one in page["events"]]
        cursor = page["cursor"]
        if not page["events"]:
            break
        assert page["events"][-1]["cursor"] == cursor
    assert sizes == [3, 3, 2, 0]
    assert seen == [*(("stock.reduced", number) for number in range(1, 8)), ("stock.low", 1)]
    publish(stock_reduced("prod_1", 8))
    number_everything()
    assert [
        one["version"] for one in client.get("/api/events", {"after": cursor}, headers=staff).json()["events"]
    ] == [8]


def test_what_is_not_numbered_yet_is_not_shown(client: Client) -> None:
    publish(stock_reduced())
    assert client.get("/api/events", headers=bearer(Role.ADMIN)).json()["events"] == []


@pytest.mark.parametrize(
    ("after", "status", "code"),
    [("nonsense", 400, "malformed"), ("0000-5", 410, "epoch_changed"), ("", 400, "malformed")],
)
def test_a_cursor_that_means_nothing_here_says_so(client: Client, after: str, status: int, code: str) -> None:
    answer = client.get("/api/events", {"after": after}, headers=bearer(Role.ADMIN))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_cursor_from_before_what_is_kept_is_410_expired(client: Client) -> None:
    head = selectors.head()
    EventHead.objects.update(top=9, floor=5)
    staff = bearer(Role.ADMIN)
    answer = client.get("/api/events", {"after": to_cursor(head.epoch, 4)}, headers=staff)
    assert (answer.status_code, answer.json()["code"]) == (410, "expired")
    assert client.get("/api/events", {"after": to_cursor(head.epoch, 5)}, headers=staff).status_code == 200
    assert client.get("/api/events", {"after": to_cursor(head.epoch, 10)}, headers=staff).status_code == 410


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "x", "", "٣", "99999999999999999999"])
def test_a_limit_out_of_bounds_is_a_400(client: Client, limit: str) -> None:
    answer = client.get("/api/events", {"limit": limit}, headers=bearer(Role.ADMIN))
    assert answer.status_code == 400
    assert "limit" in answer.json()["details"]


# ---------------------------------------------------------------------------------- X-Event-Cursor


def through_middleware(
    path: str, method: str = "GET", view: Callable[[], None] = lambda: None
) -> HttpResponse:
    def answer(_request: HttpRequest) -> HttpResponse:
        view()
        return HttpResponse()

    request = HttpRequest()
    request.method, request.path_info = method, path
    response = EventCursorMiddleware(answer)(request)
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.parametrize("path", ["/products", "/products/prod_1", "/api/products", "/api/stock/sync"])
def test_what_is_read_carries_a_cursor_that_was_taken_before_the_data(path: str) -> None:
    def change_meanwhile() -> None:
        publish(stock_reduced())
        number_everything()

    before = selectors.head().top
    cursor = parse_cursor(through_middleware(path, view=change_meanwhile).headers[HEADER])
    assert cursor is not None
    assert cursor.seq == before
    assert selectors.head().top == before + 1


@pytest.mark.parametrize(("path", "method"), [("/products", "POST"), ("/admin/", "GET"), ("/", "GET")])
def test_writes_and_pages_carry_none(path: str, method: str) -> None:
    assert HEADER not in through_middleware(path, method).headers


@pytest.mark.parametrize("path", ["/api/health", "/api/ready", "/api/auth/me", "/api/docs/"])
def test_where_no_state_is_read_the_log_is_not_asked(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "head", lambda: pytest.fail("asked"))
    assert HEADER not in through_middleware(path).headers


def test_a_cursor_is_asked_for_at_most_every_50_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    head = selectors.head

    def counted() -> Any:
        asked.append(1)
        return head()

    monkeypatch.setattr(selectors, "head", counted)
    middleware = EventCursorMiddleware(lambda _request: HttpResponse())
    request = HttpRequest()
    request.method, request.path_info = "GET", "/products"
    for _each in range(20):
        middleware(request)
    assert len(asked) < 5


def test_a_cursor_that_can_not_be_had_fails_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def no_database() -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(selectors, "head", no_database)
    response = through_middleware("/products")
    assert response.status_code == 200
    assert HEADER not in response.headers


def test_a_validation_reaches_the_courier(monkeypatch: pytest.MonkeyPatch) -> None:
    from inventory.events import StockValidated
    from realtime.courier import courier

    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(courier, "send", lambda group, message: sent.append((group, message)))
    stock_validated.send(
        sender=None, event=StockValidated("prod_1", "var_1", "MUG", {}, 3, "2026-11-21T10:00:00.000Z")
    )
    assert [group for group, _message in sent] == ["ephemeral"]
    assert Event.objects.count() == 0
