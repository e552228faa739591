"""The audit trail: who changed what, before and after, whatever the door; the hot paths have none of it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Price, Product
from config.audit.doers import acting
from config.audit.models import AuditEntry
from config.audit.trail import entries_of, forget_old_entries
from config.audit.watching import watched, writes_watched
from config.identity import services as identity
from config.identity.duties import Duty
from config.identity.models import Role, Scope, User
from config.kernel.actors import Actor
from config.kernel.statements import Prepared, change
from orders.models import Order
from realtime.webhooks import services as webhooks
from tests.inventory.conftest import key_caller
from tests.orders.conftest import Person, customer, person, staff, tailor
from tests.orders.shop import mug, place, ship

__all__ = ["customer", "staff", "tailor"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_trail(db: None) -> None:
    """What a test makes first is not what it is about."""
    AuditEntry.objects.all().delete()


def sale_of(product_id: str, **fields: Any) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    return {
        "name": "Midnight",
        "discountPercentage": 20,
        "startTime": (now - dt.timedelta(minutes=1)).isoformat(),
        "endTime": (now + dt.timedelta(hours=1)).isoformat(),
        "products": [product_id],
        **fields,
    }


def told(*, kind: str = "") -> list[tuple[str, str, Any, Any]]:
    """Kind, action, before and after of each entry."""
    entries = AuditEntry.objects.order_by("id")
    if kind:
        entries = entries.filter(kind=kind)
    return [(one.kind, one.action, one.before, one.after) for one in entries]


def test_a_change_is_noted_with_its_doer_whatever_the_door(staff: Person) -> None:
    product = Product.objects.get(pk=mug(title="Mug").id)
    AuditEntry.objects.all().delete()
    shopkeeper = key_caller(Scope.CATALOG_WRITE, name="erp")
    assert staff("PATCH", f"/api/products/{product.pk}", {"title": "By REST"}).status_code == 200
    assert shopkeeper("PATCH", f"/products/{product.pk}", {"base_title": "By key"}).status_code == 200
    Product.objects.filter(pk=product.pk).update(title="By hand")
    with acting(Actor(kind="command", id="tidy", source="command")):
        Product.objects.filter(pk=product.pk).update(title="By command")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET title = 'By SQL' WHERE id = %s", [product.pk])
    rows = list(AuditEntry.objects.filter(kind="catalog.product").order_by("id"))
    assert [(row.before, row.after) for row in rows] == [
        ({"title": "Mug"}, {"title": "By REST"}),
        ({"title": "By REST"}, {"title": "By key"}),
        ({"title": "By key"}, {"title": "By hand"}),
        ({"title": "By hand"}, {"title": "By command"}),
        ({"title": "By command"}, {"title": "By SQL"}),
    ]
    assert [row.source for row in rows] == ["api", "api", "system", "command", "system"]
    assert rows[0].actor == f"user:{staff.id}"
    assert rows[1].actor.startswith("service:key_")
    assert rows[3].actor == "command:tidy"
    assert {row.subject for row in rows} == {f"catalog.product:{product.pk}"}


def test_the_admin_is_a_door_like_any_other(staff: Person, customer: Person) -> None:
    page = Client()
    page.force_login(staff.user)
    fields = {"email": "carla@example.com", "name": "Carla C", "phone": "0100", "role": "customer"}
    answer = page.post(f"/admin/identity/user/{customer.id}/change/", {**fields, "is_active": "on"})
    assert answer.status_code == 302
    row = AuditEntry.objects.get(action="changed")
    assert (row.actor, row.source, row.before, row.after) == (
        f"user:{staff.id}", "admin", {"name": "Carla"}, {"name": "Carla C"},
    )  # fmt: skip


def test_prices_come_and_go_with_their_product(staff: Person) -> None:
    goods = mug(price="100")
    AuditEntry.objects.all().delete()
    assert staff("PATCH", f"/api/products/{goods.id}", {"price": 80}).status_code == 200
    changes = told(kind="catalog.price")
    assert changes[-1][3]["amount"] == 80
    assert any(before.get("amount") == 100 for _kind, _action, before, _after in changes)
    assert Price.objects.get().amount == 80
    assert entries_of("catalog.product", goods.id).count() == len(told())


def test_thresholds_duties_keys_and_sales_are_noted(staff: Person) -> None:
    goods = mug()
    colleague = person(Role.ADMIN, "ben")
    AuditEntry.objects.all().delete()
    items = [{"productId": goods.id, "variantId": goods.variants[0], "lowStockThreshold": 9}]
    assert staff("PATCH", "/api/stock/levels", {"items": items}).status_code == 200
    identity.change_duties(user=colleague.user, duties=[Duty.STOCK])
    identity.issue_api_key(name="till", scopes=[Scope.STOCK_WRITE], created_by=Actor(kind="system"))
    identity.revoke_api_key(name="till")
    assert staff("POST", "/api/flash-sales", sale_of(goods.id)).status_code == 201
    assert [(kind, action) for kind, action, _before, _after in told()] == [
        ("inventory.stocklevel", "changed"),
        ("identity.user", "changed"),
        ("identity.apikey", "added"),
        ("identity.apikey", "changed"),
        ("catalog.flashsale", "added"),
        ("catalog.flashsaleproduct", "added"),
    ]
    by_kind = {(kind, action): (before, after) for kind, action, before, after in told()}
    assert by_kind["inventory.stocklevel", "changed"][1] == {"low_stock_threshold": 9}
    assert by_kind["identity.user", "changed"] == ({"duties": ["owner"]}, {"duties": ["stock"]})
    assert "digest" not in by_kind["identity.apikey", "added"][1]


def test_of_what_is_secret_only_that_it_changed_is_noted(customer: Person) -> None:
    identity.set_password(user=customer.user, password="Grey-heron-42")
    assert told() == [
        ("identity.user", "changed", {"password": "(secret)"}, {"password": "(secret)"}),
    ]
    AuditEntry.objects.all().delete()
    made = webhooks.create(url="https://93.184.216.34/hook", topics=["*"], description="")
    fresh = webhooks.rotate_secret(subscription_id=made.pk)
    (_, _, _, after), (_, _, *changed) = told()
    assert after["secret"] == "(secret)"
    assert changed == [{"secret": "(secret)"}, {"secret": "(secret)"}]
    everything = str([(one.before, one.after) for one in AuditEntry.objects.all()])
    assert made.secret not in everything
    assert fresh not in everything


def test_steps_of_orders_are_noted_and_their_being_placed_is_not(
    staff: Person, customer: Person, tailor: Person
) -> None:
    goods = mug()
    AuditEntry.objects.all().delete()
    order = place(customer, goods.item(1))
    assert told() == []
    ship(staff, order["_id"], to="processing")
    assert staff("PUT", f"/api/orders/{order['_id']}/assign", {"tailor": tailor.id}).status_code == 200
    assert told() == [
        ("orders.order", "changed", {"status": "pending"}, {"status": "processing"}),
        (
            "orders.order",
            "changed",
            {"tailor_id": None, "tailor_status": ""},
            {"tailor_id": tailor.id, "tailor_status": "assigned"},
        ),
    ]
    assert {row.actor for row in AuditEntry.objects.all()} == {f"user:{staff.id}"}


def test_the_hot_paths_write_nothing_watched_and_say_nothing_of_their_doer(
    staff: Person, customer: Person
) -> None:
    goods = mug(stock=50)
    sale = sale_of(goods.id, units=20)
    assert staff("POST", "/api/flash-sales", sale).status_code == 201
    AuditEntry.objects.all().delete()
    with CaptureQueriesContext(connection) as captured:
        assert customer("POST", "/api/cart/items", goods.item(2)).status_code == 200
        place(customer, goods.item(2))
        sold = staff("POST", "/api/stock/reduce", {"items": [goods.item(1)]})
        assert sold.status_code == 200
        assert staff("POST", "/api/stock/reserve", {"items": [goods.item(1)]}).status_code == 201
        restock = staff("POST", "/api/stock/restock", {"items": [goods.item(5)], "reason": "came in"})
        assert restock.status_code == 200
    statements = [query["sql"] for query in captured.captured_queries]
    assert len(statements) > 10
    assert any("UPDATE inventory_stocklevel" in sql for sql in statements)
    assert [sql for sql in statements if writes_watched(sql)] == []
    assert told() == []


def test_what_is_undone_was_never_done_and_a_doer_does_not_stay(staff: Person) -> None:
    product = mug().id
    AuditEntry.objects.all().delete()
    with transaction.atomic(), acting(Actor(kind="user", id="usr_x")):
        Product.objects.filter(pk=product).update(title="Undone")
        transaction.set_rollback(True)
    assert told() == []
    with transaction.atomic():
        with acting(Actor(kind="user", id="usr_x")):
            Product.objects.filter(pk=product).update(title="One")
        Product.objects.filter(pk=product).update(title="Two")
    assert list(AuditEntry.objects.order_by("id").values_list("actor", flat=True)) == ["user:usr_x", "system"]


def test_a_prepared_statement_that_writes_what_is_watched_says_its_doer() -> None:
    product = mug().id
    AuditEntry.objects.all().delete()
    rename = Prepared("UPDATE catalog_product SET title = %s WHERE id = %s")
    with acting(Actor(kind="user", id="usr_x")):
        assert change(rename, ["One", product]) == 1
    assert list(AuditEntry.objects.values_list("actor", "after")) == [("user:usr_x", {"title": "One"})]


def test_a_change_that_changes_nothing_is_none(staff: Person) -> None:
    product = mug(title="Mug").id
    AuditEntry.objects.all().delete()
    Product.objects.filter(pk=product).update(title="Mug")
    assert told() == []


def test_entries_are_never_changed() -> None:
    Product.objects.filter(pk=mug().id).update(title="Once")
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
        AuditEntry.objects.update(actor="user:somebody_else")
    assert not AuditEntry.objects.filter(actor="user:somebody_else").exists()


def test_every_trigger_has_its_table_in_the_list_and_the_other_way_round() -> None:
    """A table with a trigger that no door knows of would have its changes done by nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE proname = 'audit_change' GROUP BY 1"
        )
        there_are = dict(cursor.fetchall())
    assert there_are == {table: 3 if one.rows else 1 for table, one in watched().items()}


def test_what_is_old_is_forgotten_and_nothing_else(settings: Any) -> None:
    settings.STOCKWIRE_KEEP_AUDIT = 30
    now = dt.datetime.now(dt.UTC)
    for days in (31, 29):
        AuditEntry.objects.create(
            kind="catalog.product", object_id="p", subject="catalog.product:p", action="changed",
            actor="system", source="system", at=now - dt.timedelta(days=days),
        )  # fmt: skip
    assert forget_old_entries() == 1
    assert AuditEntry.objects.get().at == now - dt.timedelta(days=29)


def test_the_history_of_a_record_is_its_part_of_the_trail(staff: Person, customer: Person) -> None:
    goods = mug(title="Mug")
    AuditEntry.objects.all().delete()
    assert staff("PATCH", f"/api/products/{goods.id}", {"title": "<b>Cup</b>"}).status_code == 200
    page = Client()
    page.force_login(staff.user)
    shown = page.get(f"/admin/catalog/product/{goods.id}/history/").content.decode()
    assert staff.user.email in shown
    assert "&lt;b&gt;Cup&lt;/b&gt;" in shown
    assert "<b>Cup" not in shown
    listed = page.get("/admin/audit/auditentry/").content.decode()
    assert "&lt;b&gt;Cup&lt;/b&gt;" in listed
    keeper = identity.create_user(
        email="keeper@example.com", password=None, role=Role.ADMIN, duties=[Duty.STOCK]
    )
    page.force_login(keeper)
    assert page.get(f"/admin/catalog/product/{goods.id}/history/").status_code == 200
    assert page.get(f"/admin/identity/user/{customer.id}/history/").status_code == 403
    assert page.get("/admin/audit/auditentry/").status_code == 403
    assert page.get("/admin/catalog/nothing/1/history/").status_code == 404


def test_a_command_bears_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/srv/shop/manage.py", "issue_token", "boss@example.com"])
    call_command("issue_token", "boss@example.com", "--create", "--role", "admin", stdout=io.StringIO())
    row = AuditEntry.objects.get(action="added")
    assert (row.actor, row.source) == ("command:issue_token", "command")
    assert User.objects.get().email == "boss@example.com"
    assert Order.objects.count() == 0
