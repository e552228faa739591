"""The console's start page and frame: what is shown to whom, what it counts, and at what cost."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from config.identity import duties
from config.identity.duties import Duty
from config.identity.models import Role
from config.identity.services import create_user
from config.kernel.clock import now, parse_iso
from inventory.services import reduce_stock
from orders.models import Order
from orders.selectors import orders_since, revenue_since, trade_since
from realtime import connections
from realtime.console import series
from realtime.console.machinery import machinery
from realtime.models import Event
from tests.catalog.goods import ACTOR
from tests.orders.conftest import Person
from tests.orders.shop import mug, place

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_courier")]

ALL_CARDS = [
    "orders_today",
    "revenue_today",
    "active_carts",
    "low_stock_count",
    "open_support_chats",
    "views_last_hour",
]
PARTS = ("orders", "low", "movements", "machinery", "hours", "days")


def client_of(duty: Duty) -> Client:
    client = Client()
    client.force_login(
        create_user(email=f"{duty}@example.com", password=None, role=Role.ADMIN, duties=[duty])
    )
    return client


@pytest.fixture
def console() -> Client:
    return client_of(Duty.OWNER)


def card(page: str, name: str) -> str:
    found = re.search(rf'data-metric="{name}".*?data-value="([^"]*)"', page, re.DOTALL)
    assert found is not None, name
    return found[1]


# ---------------------------------------------------------------------------------------- the page


def test_the_start_page_has_the_figures_lists_and_charts(console: Client, customer: Person) -> None:
    goods = mug(stock=6, price="12.50")
    order = place(customer, goods.item(2))
    page = console.get("/admin/").content.decode()
    assert (card(page, "orders_today"), card(page, "revenue_today")) == ("1", "25")
    assert card(page, "low_stock_count") == "1"
    assert order["orderNumber"] in page
    assert page.count("<canvas") == 2
    assert 'data-topics="admin,stock"' in page
    assert re.search(r'data-cursor="[0-9a-f]+-\d+"', page)


def test_what_customers_call_themselves_is_text(console: Client, customer: Person) -> None:
    order = place(customer, mug(title="<script>alert(1)</script>", stock=1).item(1))
    Order.objects.get(pk=order["_id"]).user.__class__.objects.update(name="<img src=x onerror=alert(1)>")
    for path in ("/admin/", "/admin/console/orders", "/admin/console/low"):
        page = console.get(path).content.decode()
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_for_staff(part: str, console: Client) -> None:
    path = f"/admin/console/{part}"
    assert console.get(path).status_code == 200
    assert console.post(path).status_code == 405
    assert Client().get(path).status_code == 302
    customer = Client()
    customer.force_login(create_user(email="c@example.com", password=None))
    assert customer.get(path).status_code == 302


def test_staff_see_what_their_duty_lets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    granted = {Duty.FINANCE: {"orders.view_order", "realtime.view_analytics"}}
    monkeypatch.setattr(duties, "_granted", granted | {duty: set() for duty in Duty if duty not in granted})
    finance, support = client_of(Duty.FINANCE), client_of(Duty.SUPPORT)
    allowed = [part for part in PARTS if finance.get(f"/admin/console/{part}").status_code == 200]
    assert allowed == ["orders", "machinery", "hours", "days"]
    assert [part for part in PARTS if support.get(f"/admin/console/{part}").status_code != 403] == [
        "machinery"
    ]
    page = finance.get("/admin/").content.decode()
    assert "Newest orders" in page
    assert "Newest movements" not in page
    assert "<canvas" not in support.get("/admin/").content.decode()
    assert reverse("admin:inventory_stocklevel_changelist") not in page, "nor in the sidebar"


@pytest.mark.parametrize(
    ("duty", "cards", "charts"),
    [
        (Duty.OWNER, ALL_CARDS, 2),
        (Duty.FINANCE, ALL_CARDS, 2),
        (Duty.STOCK, ["low_stock_count"], 0),
        (Duty.CATALOG, ["low_stock_count"], 0),
        (Duty.SUPPORT, ["low_stock_count", "open_support_chats"], 0),
    ],
)
def test_a_figure_is_shown_to_whom_it_is_given_over_rest(duty: Duty, cards: list[str], charts: int) -> None:
    client = client_of(duty)
    page = client.get("/admin/").content.decode()
    assert re.findall(r'data-metric="(\w+)"', page) == cards
    assert page.count("<canvas") == charts
    statuses = {client.get(f"/admin/console/{part}").status_code for part in ("hours", "days")}
    status = client.get("/api/analytics/summary").status_code
    assert statuses == {status} == ({200} if charts else {403})


def test_the_page_takes_as_many_questions_with_a_full_shop_as_with_an_empty_one(
    console: Client, customer: Person
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert console.get("/admin/").status_code == 200
        return len(asked)

    goods = mug(stock=50)
    place(customer, goods.item(1))
    console.get("/admin/")
    few = questions()
    for _ in range(8):
        place(customer, goods.item(1))
    assert questions() == few


def test_every_table_that_staff_have_is_in_the_sidebar_and_opens(console: Client) -> None:
    page = console.get("/admin/").content.decode()
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert f'href="{path}"' in page, path
        listed = console.get(path)
        assert listed.status_code == 200, path
        assert "unfold/css/styles.css" in listed.content.decode(), f"{path} has no style"


def test_the_sidebar_counts_what_is_low_and_shows_no_nothing(console: Client) -> None:
    def badges() -> list[str]:
        return re.findall(r'class="console-badge"[^>]*>([^<]*)<', console.get("/admin/").content.decode())

    assert badges() == ["", ""]
    mug(stock=1)
    assert badges() == ["", "1"]


# -------------------------------------------------------------------------------------- the charts


def move(order: dict[str, Any], moment: str) -> None:
    Order.objects.filter(pk=order["_id"]).update(created_at=parse_iso(moment))


def test_trade_is_told_by_the_shops_hours_and_days(customer: Person, settings: Settings) -> None:
    goods = mug(stock=50, price="10")
    orders = [place(customer, goods.item(number)) for number in (1, 2, 3, 4)]
    for order, moment in zip(
        orders,
        (
            "2026-11-20T21:59:00Z",  # before midnight in Cairo
            "2026-11-20T22:00:00Z",
            "2026-11-20T22:59:59Z",
            "2026-11-21T10:30:00Z",
        ),
        strict=True,
    ):
        move(order, moment)
    settings.STOCKWIRE_TIME_ZONE = ZoneInfo("Africa/Cairo")
    noon = parse_iso("2026-11-21T12:00:00Z")
    hours = json.loads(series.hours_of_today(noon))
    assert hours["labels"] == [f"{hour:02d}" for hour in range(24)]
    count, revenue = (dataset["data"] for dataset in hours["datasets"])
    assert (count[0], revenue[0]) == (2, 50)
    assert (count[12], revenue[12]) == (1, 40)
    assert (sum(count), sum(revenue)) == (3, 90)
    days = json.loads(series.last_days(noon))
    assert (len(days["labels"]), days["labels"][-1]) == (30, "Nov 21")
    assert [dataset["data"][-2:] for dataset in days["datasets"]] == [[1, 3], [10, 90]]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)])
def test_a_day_on_which_the_clocks_change_has_its_own_hours(settings: Settings, day: str, hours: int) -> None:
    settings.STOCKWIRE_TIME_ZONE = ZoneInfo("Europe/Stockholm")
    chart = json.loads(series.hours_of_today(parse_iso(f"{day}T12:00:00Z")))
    assert len(chart["labels"]) == hours


def test_the_charts_count_as_the_figures_do(customer: Person) -> None:
    goods = mug(stock=50, price="10")
    orders = [place(customer, goods.item(number)) for number in (1, 2, 3)]
    assert customer("POST", f"/api/orders/{orders[1]['_id']}/cancel").status_code == 200
    since = now() - dt.timedelta(hours=1)
    found = trade_since(since, unit="day", zone="UTC")
    assert sum(trade.orders for trade in found) == orders_since(since) == 3
    assert sum(trade.revenue for trade in found) == revenue_since(since) == Decimal(40)


# ------------------------------------------------------------------------------------ the machinery


def test_what_waits_for_the_relay_is_counted_with_its_age() -> None:
    assert (machinery().waiting, machinery().is_late) == (0, False)
    mug(stock=1)
    waiting = Event.objects.filter(seq__isnull=True)
    found = machinery()
    assert found.waiting == waiting.count() > 0
    assert not found.is_late
    waiting.update(recorded_at=now() - dt.timedelta(seconds=30))
    found = machinery()
    assert found.is_late
    assert found.lag > dt.timedelta(seconds=29)


def test_the_machinery_is_shown_process_by_process(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [connections.LiveProcess("one", 3, 1, 0.4, 42), connections.LiveProcess("two", 4, 0, 1.0, 41)]
    monkeypatch.setattr(connections, "_said", lambda: said)
    page = console.get("/admin/console/machinery").content.decode()
    assert 'data-total="7"' in page
    row = re.search(r"<td>one</td>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r'class="number">([^<]*)<', row[1]) == ["3", "1", "42", "0.4 s ago"]


# ------------------------------------------------------------------------------- refusals, and the frame


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/admin/nowhere/", 404, "There is no such page"),
        ("/admin/orders/order/ord_none/slip/", 404, "There is no such page"),
        ("/admin/realtime/event/", 403, "This is none of your duties"),
        ("/admin/catalog/product/add/", 403, "This is none of your duties"),
    ],
)
def test_what_is_refused_is_a_page_of_the_console(path: str, status: int, words: str) -> None:
    answer = client_of(Duty.SUPPORT).get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert "unfold/css/styles.css" in page
    assert reverse("admin:orders_order_changelist") in page, "the way on"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_whether_a_sign_in_lasts_is_asked_once_a_page() -> None:
    owner = create_user(email="o@example.com", password="Grey-heron-42", role=Role.ADMIN, duties=[Duty.OWNER])
    client = Client()
    answer = client.post("/admin/login/", {"username": owner.email, "password": "Grey-heron-42"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/admin/").status_code == 200
    assert len([one for one in asked.captured_queries if "identity_signin" in one["sql"]]) == 1


@pytest.mark.parametrize(
    ("path", "lit"),
    [
        ("/admin/realtime/supportchat/inbox/", ["Inbox"]),
        ("/admin/realtime/supportchat/", ["Support chats"]),
        ("/admin/inventory/stocklevel/take/", ["Stock-take"]),
        ("/admin/inventory/stocklevel/", ["Levels"]),
        ("/admin/realtime/event/follow/", ["Events, live"]),
    ],
)
def test_one_line_of_the_sidebar_is_lit(console: Client, path: str, lit: list[str]) -> None:
    groups = console.get(path).context["sidebar_navigation"]
    assert [item["title"] for group in groups for item in group["items"] if item["active"]] == lit


def test_no_list_reads_its_table_to_find_what_it_can_be_narrowed_by(console: Client) -> None:
    """Products, of which there are thousands and not millions, are asked for their categories."""
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        with CaptureQueriesContext(connection) as asked:
            assert console.get(path).status_code == 200
        distinct = [one["sql"] for one in asked.captured_queries if "SELECT DISTINCT" in one["sql"]]
        allowed = {"catalog_product", "procrastinate_procrastinatejob"}
        assert distinct == [] or path.split("/")[2] + "_" + path.split("/")[3] in allowed, path
        assert len(asked.captured_queries) <= 12, path


def test_what_is_sold_out_is_counted_beside_what_is_low(console: Client) -> None:
    mug(stock=1)
    reduce_stock(lines=[mug(stock=1).line(1)], actor=ACTOR)
    page = console.get("/admin/console/low").content.decode()
    assert 'data-total-of="sold-out" data-total="1"' in page
    whole = console.get("/admin/").content.decode()
    assert re.search(r'data-sold-out>.*?data-value="1"', whole, re.DOTALL)


def test_each_process_says_where_its_hub_is() -> None:
    said = {"one": "100.5 3 1 42", "other": "100.0 4 0 41"}
    found = list(connections._read(said, now=101))
    assert [(process.name, process.seq, process.connections) for process in found] == [
        ("one", 42, 3),
        ("other", 41, 4),
    ]
