"""A level's page, the stock-take, thresholds and the explanation in the console."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.api import capped_paging
from config.api.capped_paging import CappedPaginator
from config.identity.duties import Duty
from config.identity.models import Role
from config.identity.services import create_user
from inventory import services
from inventory.models import StockLevel, StockMovement
from inventory.selectors.level_history import day_ends
from inventory.selectors.low import low_levels, lowest_levels
from tests.fingerprint import nothing_changes
from tests.hearing import Heard
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods, make_location

pytestmark = pytest.mark.django_db

LEVELS = "/admin/inventory/stocklevel/"
TAKE = f"{LEVELS}take/"


def client_of(*duties: Duty) -> Client:
    client = Client()
    client.force_login(create_user(email="staff@example.com", password=None, role=Role.ADMIN, duties=duties))
    return client


@pytest.fixture
def admin() -> Client:
    return client_of(Duty.OWNER)


def counted(*lines: tuple[Goods, int, object], reason: str = "stock-take") -> dict[str, Any]:
    """The stock-take's form: of each level the figure that was on the page, and what was counted."""
    data: dict[str, Any] = {"reason": reason, "line": []}
    for goods, expected, quantity in lines:
        level = goods.level().pk
        data["line"].append(f"l{level}")
        data |= {f"l{level}-level": level, f"l{level}-expected": expected, f"l{level}-counted": quantity}
    return data


def test_a_stock_take_shows_a_locations_shelf(admin: Client) -> None:
    make_location("shop")
    here = make_goods(stock=9)
    page = admin.get(TAKE, {"location": "main"}).content.decode()
    assert here.product.sku in page
    assert re.search(rf'name="l{here.level().pk}-expected" value="9"', page)
    assert here.product.sku not in admin.get(TAKE, {"location": "shop"}).content.decode()
    assert here.product.sku not in admin.get(TAKE, {"location": "main", "q": "no such"}).content.decode()


def test_what_was_counted_is_taken_and_what_was_left_empty_is_not(admin: Client, heard: Heard) -> None:
    one, same, empty = make_goods(stock=9), make_goods(stock=5), make_goods(stock=3)
    heard.events.clear()
    answer = admin.post(TAKE, counted((one, 9, 7), (same, 5, 5), (empty, 3, "")), follow=True)
    assert "2 counted, 1 of them changed" in answer.content.decode()
    assert deltas(one)[-1] == ("main", -2, 7, "adjustment")
    assert [goods.level().on_hand for goods in (one, same, empty)] == [7, 5, 3]
    assert heard.names == ["stock.updated"]


def test_a_line_that_has_moved_is_asked_again_and_the_others_are_taken(admin: Client) -> None:
    moved, still = make_goods(stock=9), make_goods(stock=5)
    page = admin.post(TAKE, counted((moved, 8, 7), (still, 5, 4))).content.decode()
    assert "1 counted, 1 of them changed" in page
    assert "has changed since it was read" in page
    assert re.search(rf'name="l{moved.level().pk}-expected" value="9"', page), "on the present figure"
    assert f'name="l{still.level().pk}-expected"' not in page
    assert (moved.level().on_hand, still.level().on_hand) == (9, 4)


@pytest.mark.parametrize("quantity", ["-1", "x", "1.5"])
def test_a_count_that_is_none_is_said_beside_its_line(admin: Client, quantity: str) -> None:
    goods = make_goods(stock=9)
    page = admin.post(TAKE, counted((goods, 9, quantity))).content.decode()
    assert "1 to be counted again" in page
    assert goods.level().on_hand == 9
    assert StockMovement.objects.count() == 1


def test_a_threshold_is_set_for_one_and_for_many(admin: Client) -> None:
    one, two, other = make_goods(stock=9), make_goods(stock=9), make_goods(stock=9)
    before = other.level().low_stock_threshold
    admin.post(f"{LEVELS}{one.level().pk}/threshold/", {"threshold": 8})
    assert one.level().low_stock_threshold == 8
    chosen = {"action": "set_threshold", "_selected_action": [one.level().pk, two.level().pk]}
    assert "2 levels" in admin.post(LEVELS, chosen).content.decode()
    assert "2 levels" in admin.post(LEVELS, {**chosen, "threshold": "-1"}).content.decode()
    assert two.level().low_stock_threshold == before
    admin.post(LEVELS, {**chosen, "threshold": "12"})
    levels = [goods.level().low_stock_threshold for goods in (one, two, other)]
    assert levels == [12, 12, before]


def test_low_and_sold_out_levels_are_found_and_counted_alike(admin: Client) -> None:
    plenty, low, out = make_goods(stock=500), make_goods(stock=1), make_goods(stock=2)
    services.reduce_stock(lines=[out.line(2)], actor=ACTOR)
    assert low_levels() == 2
    assert [(level.sku, level.available) for level in lowest_levels(most=5)] == [
        (out.variants[0].sku, 0),
        (low.variants[0].sku, 1),
    ]
    assert [level.sku for level in lowest_levels(most=1)] == [out.variants[0].sku]

    def listed(state: str) -> set[int]:
        answer: Any = admin.get(LEVELS, {"state": state})
        return {level.pk for level in answer.context["cl"].result_list}

    assert listed("low") == {low.level().pk, out.level().pk}
    assert listed("out") == {out.level().pk}
    assert plenty.level().pk in listed("")


def test_a_levels_page_has_its_history_by_change_and_by_day(admin: Client) -> None:
    goods = make_goods(stock=9)
    services.reduce_stock(lines=[goods.line(2)], actor=ACTOR, reason="<b>till</b>")
    answer: Any = admin.get(f"{LEVELS}{goods.level().pk}/change/")
    page = answer.content.decode()
    assert '"data": [9, 7]' in answer.context["by_entry"]
    assert answer.context["by_day"].count(", 0") == 88, "nothing before today"
    assert "&lt;b&gt;till&lt;/b&gt;" in page
    assert "<b>till</b>" not in page


def test_a_day_without_a_change_ends_as_the_one_before() -> None:
    goods = make_goods(stock=9)
    services.reduce_stock(lines=[goods.line(2)], actor=ACTOR)
    today = datetime.now(UTC).date()
    level = StockLevel.objects.get(pk=goods.level().pk)
    assert [end.on_hand for end in day_ends(level, today=today, days=3, zone=UTC)] == [0, 0, 7]
    later = today + timedelta(days=365)
    assert [end.on_hand for end in day_ends(level, today=later, days=2, zone=UTC)] == [7, 7]


def test_why_a_figure_is_what_it_is_and_what_it_was(admin: Client) -> None:
    goods = make_goods(stock=9)
    services.reduce_stock(lines=[goods.line(2)], actor=ACTOR, reference="order 5")
    path = f"{LEVELS}{goods.level().pk}/explain/"
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", admin.get(path).content.decode()))
    assert "on hand 7, of it held 0" in page
    assert "order 5" in page
    before = re.sub(
        r"\s+", " ", re.sub("<[^>]+>", "", admin.get(path, {"at": "2020-01-01"}).content.decode())
    )
    assert "on hand 0, of it held 0. It was not stocked by then." in before
    assert "not an ISO 8601" in admin.get(path, {"at": "yesterday"}).content.decode()
    assert admin.get(f"{LEVELS}12345678/explain/").status_code == 404


def test_movements_are_found_by_sku_and_reference(admin: Client) -> None:
    one, two = make_goods(stock=9), make_goods(stock=9)
    services.reduce_stock(lines=[one.line(1)], actor=ACTOR, reference="order 5")

    def found(term: str) -> list[str]:
        answer: Any = admin.get("/admin/inventory/stockmovement/", {"q": term})
        return [movement.variant_id for movement in answer.context["cl"].result_list]

    assert found(one.variants[0].sku) == [one.variants[0].id] * 2
    assert found("order 5") == [one.variants[0].id]
    assert found("order") == []
    assert found(two.variants[0].sku) == [two.variants[0].id]


@pytest.mark.parametrize("path", ["{}adjust/", "{}transfer/", "{}threshold/"])
def test_staff_without_the_duty_change_nothing(path: str) -> None:
    goods = make_goods(stock=9)
    client = client_of(Duty.FINANCE)
    data = {"expected": 9, "quantity": 7, "reason": "x", "target": "main", "threshold": 1}
    answer = client.post(path.format(f"{LEVELS}{goods.level().pk}/"), data)
    assert answer.status_code == 403
    assert client.post(TAKE, counted((goods, 9, 7))).status_code == 403
    assert goods.level().on_hand == 9


def test_lists_take_a_fixed_number_of_queries(admin: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert admin.get(path).status_code == 200
        return len(found)

    make_goods(stock=9)
    make_goods(stock=1)
    paths = [LEVELS, f"{LEVELS}?state=low", TAKE, "/admin/inventory/stockmovement/"]
    for path in paths:
        admin.get(path)
    few = [queries(path) for path in paths]
    for number in range(20):
        make_goods(stock=number)
    assert [queries(path) for path in paths] == few


def test_a_table_that_only_grows_is_counted_so_far_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capped_paging, "MOST", 3)
    for _ in range(5):
        make_goods(stock=1)
    pages = CappedPaginator(StockMovement.objects.order_by("-id"), 2)
    assert (pages.count, pages.num_pages) == (3, 2)
    with CaptureQueriesContext(connection) as asked:
        assert CappedPaginator(StockMovement.objects.order_by("-id"), 2).count == 3
    assert "LIMIT 3" in asked[0]["sql"]


def test_a_transfer_that_is_sent_twice_is_one(admin: Client) -> None:
    make_location("shop")
    level = make_goods(stock=9).level()
    path = f"{LEVELS}{level.pk}/transfer/"
    once = re.findall(r'name="once" value="(once_\w+)"', admin.get(path).content.decode())[0]
    form = {"quantity": 4, "target": "shop", "reason": "For the window", "once": once}
    assert admin.post(path, form).status_code == 302
    with nothing_changes():
        answer = admin.post(path, form, follow=True)
    assert "This form was sent before" in answer.content.decode()
    level.refresh_from_db()
    assert level.on_hand == 5
    assert admin.post(path, {**form, "once": "another"}).status_code == 302
    level.refresh_from_db()
    assert level.on_hand == 1


def test_what_has_come_is_added_to_what_is_there_by_then(admin: Client) -> None:
    goods = make_goods(stock=5)
    level = goods.level()
    path = f"{LEVELS}{level.pk}/receive/"
    assert "on hand 5" in admin.get(path).content.decode()
    services.reduce_stock(lines=[goods.line(2)], actor=ACTOR)
    said = admin.post(path, {"quantity": "10", "reason": "delivery 7"}, follow=True).content.decode()
    assert "done, 13 on hand" in said
    assert deltas(goods)[-1] == ("main", 10, 13, "restock")
    movement = StockMovement.objects.latest("id")
    assert (movement.kind, movement.reason, movement.source) == ("restock", "delivery 7", "admin")


@pytest.mark.parametrize("quantity", ["0", "-3", "x", "", "1000001"])
def test_what_no_delivery_can_be_is_asked_for_again(admin: Client, quantity: str) -> None:
    goods = make_goods(stock=5)
    path = f"{LEVELS}{goods.level().pk}/receive/"
    said = admin.post(path, {"quantity": quantity, "reason": "r"})
    assert said.status_code == 200
    assert "text-red" in said.content.decode()
    assert goods.level().on_hand == 5


def test_whoever_moved_something_is_named(admin: Client) -> None:
    goods = make_goods(stock=5)
    admin.post(f"{LEVELS}{goods.level().pk}/adjust/", {"quantity": "4", "expected": "5", "reason": "broken"})
    for path in (
        f"{LEVELS}{goods.level().pk}/change/",
        f"{LEVELS}{goods.level().pk}/explain/",
        "/admin/inventory/stockmovement/",
        f"/admin/inventory/stockmovement/{StockMovement.objects.latest('id').pk}/change/",
    ):
        page = admin.get(path).content.decode()
        assert page.count("staff@example.com") > admin.get("/admin/").content.decode().count(
            "staff@example.com"
        ), path


def test_a_page_asks_what_it_shows_of_its_own_rows_alone() -> None:
    make_goods(stock=3)
    make_goods(stock=4)
    ledger = StockMovement.objects.select_related("variant").order_by("-id")
    pages = CappedPaginator(ledger, 1)
    with CaptureQueriesContext(connection) as asked:
        assert pages.count == 2
        second = list(pages.page(2).object_list)
    assert [row.pk for row in second] == [ledger.values_list("pk", flat=True)[1]]
    joined = [one["sql"] for one in asked.captured_queries if "JOIN" in one["sql"]]
    assert len(joined) == 1
    assert f"IN ({second[0].pk})" in joined[0]
    # A list that fits on one page is not counted besides.
    with CaptureQueriesContext(connection) as asked:
        short = CappedPaginator(ledger, 5)
        assert (short.count, len(list(short.page(1).object_list))) == (2, 2)
    assert len(asked.captured_queries) == 2


def test_a_search_that_finds_little_goes_through_the_table_once(admin: Client) -> None:
    make_goods(stock=3)
    admin.get(LEVELS)
    for term, found in (("P-", 1), ("nothing like it", 0)):
        with CaptureQueriesContext(connection) as asked:
            shown = admin.get(LEVELS, {"q": term}).context["cl"]
        assert shown.result_count == len(shown.result_list) == found
        assert len([one for one in asked.captured_queries if "LIKE" in one["sql"]]) == 1 + found
