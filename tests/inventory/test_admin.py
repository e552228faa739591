"""The admin's door to stock: looked at freely, changed only by an action with a reason."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from config.identity.models import Role
from config.identity.services import create_user
from inventory import services
from inventory.models import Location, StockMovement
from tests.hearing import Heard
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods, make_location

pytestmark = pytest.mark.django_db

LEVELS = "/admin/inventory/stocklevel/"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(create_user(email="staff@example.com", password=None, role=Role.ADMIN))
    return client


def act(client: Client, goods: Goods, verb: str, **fields: object) -> str:
    answer = client.post(f"{LEVELS}{goods.level().id}/{verb}/", fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_levels_are_listed_with_what_can_be_sold(admin: Client) -> None:
    goods = make_goods(stock=9)
    services.reserve_stock(lines=[goods.line(2)], ttl_seconds=60, actor=ACTOR)
    page = admin.get(LEVELS).content.decode()
    assert goods.product.sku in page
    assert re.search(r"field-can_be_sold[^>]*>\s*7\s*<", page)
    assert admin.get(f"{LEVELS}{goods.level().id}/change/").status_code == 200


def test_the_form_shows_the_figure_that_a_count_is_based_on(admin: Client) -> None:
    goods = make_goods(stock=9)
    page = admin.get(f"{LEVELS}{goods.level().id}/adjust/").content.decode()
    assert re.search(r'name="expected" value="9"', page)


def test_a_count_in_the_admin_is_a_movement_like_any_other(admin: Client, heard: Heard) -> None:
    goods = make_goods(stock=9)
    heard.events.clear()
    act(admin, goods, "adjust", expected=9, quantity=7, reason="two broke")
    assert deltas(goods)[-1] == ("main", -2, 7, "adjustment")
    movement = StockMovement.objects.latest("id")
    assert (movement.source, movement.reason, movement.actor.split(":")[0]) == ("admin", "two broke", "user")
    assert heard.names == ["stock.updated"]


def test_a_count_on_an_old_figure_is_said_and_changes_nothing(admin: Client) -> None:
    goods = make_goods(stock=9)
    page = act(admin, goods, "adjust", expected=8, quantity=7, reason="count")
    assert "has changed since it was read" in page
    assert re.search(r'name="expected" value="9"', page), "asked again on the present figure"
    assert goods.level().on_hand == 9


@pytest.mark.parametrize(
    "fields",
    [
        {"expected": 9, "quantity": 7},
        {"expected": 9, "quantity": -1, "reason": "x"},
        {"quantity": 7, "reason": "x"},
    ],
)
def test_a_count_without_a_reason_or_figure_is_asked_again(admin: Client, fields: dict[str, object]) -> None:
    goods = make_goods(stock=9)
    act(admin, goods, "adjust", **fields)
    assert goods.level().on_hand == 9


def test_a_transfer_in_the_admin_moves_both_sides(admin: Client) -> None:
    make_location("shop")
    goods = make_goods(stock=9)
    act(admin, goods, "transfer", quantity=4, target="shop", reason="window")
    assert deltas(goods)[-2:] == [("main", -4, 5, "transfer"), ("shop", 4, 4, "transfer")]
    assert "out of stock" in act(admin, goods, "transfer", quantity=400, target="shop", reason="window")
    assert "Select a valid choice" in act(
        admin, goods, "transfer", quantity=1, target="main", reason="window"
    )


def test_nothing_of_the_records_can_be_made_changed_or_deleted(admin: Client) -> None:
    goods = make_goods(stock=9)
    services.reserve_stock(lines=[goods.line(2)], ttl_seconds=60, actor=ACTOR)
    for table in ("stocklevel", "stockmovement", "stockoperation", "reservation"):
        assert admin.get(f"/admin/inventory/{table}/").status_code == 200
        assert admin.get(f"/admin/inventory/{table}/add/").status_code == 403
    level = goods.level().id
    assert admin.post(f"{LEVELS}{level}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LEVELS}{level}/change/", {"on_hand": 99}).status_code == 403
    assert goods.level().on_hand == 9


def test_a_location_is_named_and_ordered_and_never_deleted(admin: Client) -> None:
    make_location("shop")
    admin.post("/admin/inventory/location/shop/change/", {"name": "The shop", "priority": 3})
    location = Location.objects.get(code="shop")
    assert (location.name, location.priority) == ("The shop", 3)
    assert admin.post("/admin/inventory/location/shop/delete/", {"post": "yes"}).status_code == 403
    admin.post("/admin/inventory/location/add/", {"code": "attic", "name": "", "priority": 9})
    assert Location.objects.get(code="attic").priority == 9


def test_only_staff_come_in() -> None:
    goods = make_goods(stock=9)
    client = Client()
    client.force_login(create_user(email="customer@example.com", password=None))
    for path in (LEVELS, f"{LEVELS}{goods.level().id}/adjust/"):
        assert client.get(path).status_code == 302
    client.post(f"{LEVELS}{goods.level().id}/adjust/", {"expected": 9, "quantity": 7, "reason": "x"})
    assert goods.level().on_hand == 9
