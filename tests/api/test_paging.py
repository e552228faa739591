"""Pages walk a list once, in its order, whatever their size and whatever is written meanwhile."""

import base64
import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import DecimalField, F, QuerySet, Value
from django.db.models.functions import Cast, Length
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request

from config.api.paging import MAX_LIMIT, InvalidCursor, paginate
from config.identity.models import User
from tests.api.answers import refused

pytestmark = pytest.mark.django_db

#: Every way of ordering that matters: unique or not, either direction, mixed, with nulls, none at all.
ORDERS = [
    ["email"],
    ["-email"],
    ["name"],
    ["-name"],
    ["name", "-email"],
    ["-name", "email"],
    ["last_login"],
    ["-last_login"],
    ["last_login", "-name", "id"],
    ["-last_login", "name", "-id"],
    ["is_staff", "-last_login", "name"],
    ["-is_active", "date_joined"],
    ["pk"],
    ["-id"],
    [],
]

MOMENT = dt.datetime(2026, 11, 21, 10, 0, 0, 123456, dt.UTC)


def some_users(count: int) -> list[User]:
    """Users with many equal names and times, and some times that are null."""
    return User.objects.bulk_create(
        User(
            id=f"usr_{number * 7919 % 10007:04}",
            email=f"u{number:03}@example.com",
            name=("", "Åke", "åke", "Bo", "bo b", "z")[number % 6],
            role="admin" if number % 4 == 0 else "customer",
            is_staff=number % 4 == 0,
            is_active=number % 3 > 0,
            last_login=None if number % 5 < 2 else MOMENT + dt.timedelta(microseconds=number % 3),
        )
        for number in range(count)
    )


def asked(**query: str) -> Request:
    return Request(RequestFactory().get("/users", query))


def following(link: str | None) -> dict[str, str] | None:
    if link is None:
        return None
    address = re.fullmatch(r'<(http://testserver/users\?[^>]+)>; rel="next"', link)
    assert address, link
    return {name: values[0] for name, values in parse_qs(urlsplit(address[1]).query).items()}


def walk(rows: QuerySet[Any, Any], order: Sequence[str], limit: int) -> list[Any]:
    """All items, page by page, following the links."""
    items: list[Any] = []
    query: dict[str, str] | None = {"limit": str(limit)}
    while query is not None:
        page = paginate(asked(**query), rows, order=order, default_limit=None)
        assert isinstance(page.items, list)
        assert len(page.items) == limit or page.link is None
        items += page.items
        query = following(page.link)
    return items


def whole(order: Sequence[str]) -> list[str]:
    """The list as the database orders it, in one piece."""
    page = paginate(asked(), User.objects.all(), order=order, default_limit=None)
    return [user.pk for user in page.items]


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 45))
def test_any_page_size_walks_exactly_the_same_list(db: None, order: list[str], limit: int) -> None:
    if not User.objects.exists():
        some_users(40)
    pages = [user.pk for user in walk(User.objects.all(), order, limit)]
    assert len(pages) == len(set(pages)) == 40
    assert pages == whole(order)


@pytest.mark.parametrize("order", [o for o in ORDERS if o], ids=",".join)
def test_the_order_is_the_databases_own(order: list[str]) -> None:
    some_users(30)
    ended = (
        order if {"pk", "-pk", "id", "-id"} & set(order) else [*order, "-id" if order[-1][0] == "-" else "id"]
    )
    assert whole(order) == list(User.objects.order_by(*ended).values_list("pk", flat=True))


def test_annotations_decimals_and_rows_that_are_no_models_can_be_paged() -> None:
    some_users(30)
    rows = User.objects.annotate(
        size=Cast(Length("name"), DecimalField(max_digits=6, decimal_places=2)), two=Value(2)
    ).values("pk", "size", "id", "last_login")
    expected = list(rows.order_by("-size", F("last_login").asc(), "id"))
    assert walk(rows, ["-size", "last_login", "id"], 7) == expected


def test_what_lies_behind_a_relation_can_be_paged() -> None:
    users = some_users(6)
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.bulk_create(
        LogEntry(user=users[number % 6], content_type=kind, action_flag=1, object_repr=str(number))
        for number in range(20)
    )
    by_email = walk(LogEntry.objects.select_related("user"), ["-user__email", "id"], 3)
    assert by_email == list(LogEntry.objects.order_by("-user__email", "id"))
    by_user = walk(LogEntry.objects.all(), ["user"], 3)
    assert by_user == list(LogEntry.objects.order_by("user_id", "id"))


def test_rows_written_meanwhile_repeat_nothing_and_hide_nothing() -> None:
    some_users(20)
    before = whole(["-email"])
    first = paginate(asked(limit="7"), User.objects.all(), order=["-email"], default_limit=None)
    query = following(first.link)
    assert query
    User.objects.create_user("a-first@example.com")
    User.objects.create_user("zz-last@example.com")
    shown = [user.pk for user in first.items]
    User.objects.filter(pk=shown[-1]).delete()  # the row that the cursor stands on
    rest = paginate(asked(**{**query, "limit": "500"}), User.objects.all(), order=["-email"], default_limit=9)
    seen = [*shown, *(user.pk for user in rest.items)]
    assert seen[:20] == before
    assert len(seen) == 21


def test_a_page_is_one_query_and_reads_no_more_than_it_shows(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    some_users(40)
    with django_assert_num_queries(1) as queries:
        page = paginate(asked(limit="10"), User.objects.all(), order=["name"], default_limit=None)
    assert page.link
    assert "LIMIT 11" in queries.captured_queries[0]["sql"]
    assert "OFFSET" not in queries.captured_queries[0]["sql"]


def test_a_later_page_begins_in_the_index(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    some_users(40)
    first = paginate(asked(limit="10"), User.objects.all(), order=["-email"], default_limit=None)
    query = following(first.link)
    assert query
    with django_assert_num_queries(1) as queries:
        paginate(asked(**query), User.objects.all(), order=["-email"], default_limit=None)
    assert """email" <= 'u030@example.com' AND (""" in queries.captured_queries[0]["sql"]


def test_without_any_limit_everything_is_read_bit_by_bit(client: Client) -> None:
    some_users(1200)
    page = paginate(asked(), User.objects.all(), order=["email"], default_limit=None)
    assert not isinstance(page.items, list)
    assert page.link is None
    assert sum(1 for _ in page.items) == 1200
    streamed: Any = client.get("/stream")
    assert len(orjson.loads(streamed.getvalue())) == 1200


def test_a_streamed_list_can_be_paged_too(client: Client) -> None:
    some_users(12)
    answer: Any = client.get("/stream?limit=5")
    assert len(orjson.loads(answer.getvalue())) == 5
    assert 'rel="next"' in answer.headers["Link"]


def test_without_a_limit_a_list_has_its_own(client: Client) -> None:
    some_users(60)
    answer: Any = client.get("/users")
    assert len(answer.json()) == 50
    assert "limit=50" in answer.headers["Link"]


def test_the_link_keeps_the_rest_of_the_query(client: Client) -> None:
    some_users(6)
    answer: Any = client.get("/users?order=-name&q=a%26b%3Eé&limit=2")
    assert following(answer.headers["Link"]) == {
        "order": "-name",
        "q": "a&b>é",
        "limit": "2",
        "cursor": following(answer.headers["Link"])["cursor"],  # type: ignore[index]
    }


def test_the_last_page_has_no_link(client: Client) -> None:
    some_users(6)
    assert "Link" in client.get("/users?limit=5").headers
    assert "Link" not in client.get("/users?limit=6").headers
    assert "Link" not in client.get("/users?limit=500").headers


@pytest.mark.parametrize("limit", ["0", "501", "-1", "abc", "", "1.0", "1e2", "٣", "+5", "1" * 400, " 5"])
def test_a_limit_that_is_none_is_refused(client: Client, limit: str) -> None:
    body = refused(client.get("/users", {"limit": limit}), 400, "invalid", "details")
    assert body["error"] == "limit: must be a whole number from 1 to 500"
    assert body["details"] == {"limit": ["must be a whole number from 1 to 500"]}


def test_the_ends_of_the_limit_are_taken(client: Client) -> None:
    some_users(2)
    one, all_of_them = (json.loads(client.get(f"/users?limit={n}").content) for n in (1, MAX_LIMIT))
    assert (len(one), len(all_of_them)) == (1, 2)


@pytest.fixture
def cursor(client: Client) -> str:
    some_users(6)
    query = following(client.get("/users?limit=2").headers["Link"])
    assert query is not None
    return query["cursor"]


def test_a_cursor_of_another_order_is_refused(client: Client, cursor: str) -> None:
    refused(client.get("/users", {"cursor": cursor, "order": "-email"}), 400, "invalid_cursor")
    refused(client.get("/users", {"cursor": cursor, "order": "name"}), 400, "invalid_cursor")


def test_a_cursor_of_another_list_is_refused(client: Client, cursor: str) -> None:
    assert client.get("/users", {"cursor": cursor}).status_code == 200
    refused(client.get("/others", {"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: "",
        lambda c: "x",
        lambda c: c[:-1],
        lambda c: c[:8],
        lambda c: c + "A",
        lambda c: "A" + c[1:],
        lambda c: c[:20] + ("A" if c[20] != "A" else "B") + c[21:],
        lambda c: c + "!",
        lambda c: c[:9] + " " + c[9:],
        lambda c: "é" + c,
        lambda c: c * 500,
        lambda c: base64.urlsafe_b64encode(b'["su005@example.com","susr_1"]').decode(),
        lambda c: base64.urlsafe_b64encode(b"\0" * 12 + b'["s","s"]').decode(),
    ],
)
def test_a_damaged_cursor_is_refused(client: Client, cursor: str, damage: Callable[[str], str]) -> None:
    refused(client.get("/users", {"cursor": damage(cursor)}), 400, "invalid_cursor")


@given(st.text(max_size=200) | st.binary(max_size=120).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_nothing_but_a_cursor_of_ours_is_taken(text: str) -> None:
    with pytest.raises(InvalidCursor):
        paginate(asked(cursor=text), User.objects.none(), order=["email"], default_limit=5)


def test_a_cursor_of_ours_shows_nothing_but_the_order_values(cursor: str) -> None:
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert raw[12:] == b'["su001@example.com","susr_7919"]'


def test_a_list_can_not_be_ordered_by_floats() -> None:
    some_users(3)
    rows = User.objects.annotate(rank=Value(0.1))
    with pytest.raises(TypeError, match="float"):
        paginate(asked(limit="1"), rows, order=["rank"], default_limit=None)


def test_urlencoded_links_are_ascii() -> None:
    some_users(3)
    page = paginate(asked(limit="1", q="é🧁"), User.objects.all(), order=["name"], default_limit=None)
    assert page.link
    assert page.link.isascii()
    assert urlencode({"q": "é🧁"}) in page.link
