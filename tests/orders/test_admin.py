"""Orders in the admin: looked at whole, and changed only by the steps that every door takes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin.utils import quote as quoted
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.api import capped_paging
from inventory.models import StockMovement
from orders.models import Order, OrderLine
from orders.selectors.timeline import timeline
from tests.fingerprint import nothing_changes
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import pay
from tests.orders.shop import mug, place, ship

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/"


@pytest.fixture
def admin(staff: Person) -> Client:
    client = Client()
    client.force_login(staff.user)
    return client


def act(client: Client, order: dict[str, Any], verb: str, **fields: object) -> str:
    """The form as it comes, filled in, sent; what the page then says."""
    # As the list and the page link to it.
    path = f"{LIST}{quoted(order['_id'])}/{verb}/"
    form = client.get(path).context["form"]
    initial = {name: value for name, value in form.initial.items() if value is not None}
    answer = client.post(path, {**initial, **fields}, follow=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.content.decode()))


def status() -> str:
    return Order.objects.get().status


def test_an_order_is_shown_with_its_lines_its_history_and_its_movements(
    admin: Client, customer: Person, staff: Person
) -> None:
    order = place(customer, mug(title="Blue mug").item(3), notes="Ring twice")
    ship(staff, order["_id"], to="processing")
    page = admin.get(f"{LIST}{quoted(order['_id'])}/change/").content.decode()
    for text in (order["orderNumber"], "Blue mug", "Ring twice", "300 L.E.", "Processing"):
        assert text in page, text
    assert re.search(r"<li>-3 \S+ at main \(sale\)</li>", page)
    assert f"/admin/inventory/stockmovement/?q={order['_id']}" in page
    assert staff.user.email in page


def test_the_list_takes_a_fixed_number_of_queries_and_finds_by_number_and_customer(
    admin: Client, customer: Person
) -> None:
    goods = mug(stock=100)
    first = place(customer, goods.item(1))
    admin.get(LIST)
    with CaptureQueriesContext(connection) as few:
        assert first["orderNumber"] in admin.get(LIST).content.decode()
    for _ in range(10):
        place(customer, goods.item(1))
    with CaptureQueriesContext(connection) as many:
        admin.get(LIST)
    assert len(many) == len(few)
    for query, count in ((first["orderNumber"], 1), (first["_id"], 1), ("carla@", 11), ("nobody", 0)):
        page = admin.get(f"{LIST}?q={query}").context["cl"].result_list
        assert len(page) == count, query


def test_an_order_goes_its_way_by_steps_that_are_announced_like_any_other(
    admin: Client, customer: Person, staff: Person, heard: Heard
) -> None:
    order = place(customer, mug().item(1))
    heard.events.clear()
    act(admin, order, "step", status="processing", note="Packing")
    page = act(
        admin,
        order,
        "step",
        status="shipped",
        carrier="DHL",
        tracking_number="JD01",
        estimated_delivery="2026-12-24",
    )
    assert "done" in page
    shown = customer("GET", f"/api/orders/{order['_id']}").data
    assert (shown["status"], shown["tracking"]) == (
        "shipped",
        {"carrier": "DHL", "trackingNumber": "JD01"},
    )
    assert shown["estimatedDelivery"] == "2026-12-24T00:00:00.000Z"
    assert [entry["by"] for entry in shown["statusHistory"]] == [customer.id, staff.id, staff.id]
    assert heard.names == ["order.status_changed"] * 2


def test_only_steps_that_there_are_are_offered_and_taken(
    admin: Client, customer: Person, heard: Heard
) -> None:
    order = place(customer, mug().item(1))
    heard.events.clear()
    offered = admin.get(f"{LIST}{order['_id']}/step/").context["form"].fields["status"].choices
    assert [value for value, _ in offered] == ["processing"]
    assert "not one of the available choices" in act(admin, order, "step", status="delivered")
    assert (status(), heard.names) == ("pending", [])


def test_a_step_from_an_old_page_is_said_and_not_taken(
    admin: Client, customer: Person, staff: Person
) -> None:
    order = place(customer, mug().item(1))
    ship(staff, order["_id"], to="processing")
    assert "Somebody has changed this order" in act(admin, order, "step", status="shipped", version=1)
    assert "Somebody has changed this order" in act(admin, order, "cancel", version=1)
    assert "Somebody has changed this order" in act(admin, order, "assign", version=1)
    assert status() == "processing"


def test_cancelling_brings_the_stock_back_and_once(admin: Client, customer: Person) -> None:
    goods = mug()
    order = place(customer, goods.item(3))
    assert "done" in act(admin, order, "cancel", note="Out of boxes")
    assert "From cancelled to cancelled is no step" in act(admin, order, "cancel", note="Again")
    assert (goods.on_hand(), status()) == (10, "cancelled")
    assert StockMovement.objects.latest("id").source == "admin"


def test_units_are_returned_line_by_line(admin: Client, customer: Person, staff: Person) -> None:
    goods = mug()
    order = place(customer, goods.item(3))
    line = order["items"][0]["_id"]
    assert "Nothing comes back" in act(admin, order, "return", line=line, quantity=1, disposition="sellable")
    ship(staff, order["_id"])
    act(admin, order, "return", line=line, quantity=1, disposition="sellable")
    act(admin, order, "return", line=line, quantity=1, disposition="damaged")
    assert (goods.on_hand(), OrderLine.objects.get().returned) == (8, 2)
    assert "1 can come back" in act(admin, order, "return", line=line, quantity=2, disposition="lost")
    assert OrderLine.objects.get().returned == 2


def test_a_return_that_is_sent_twice_is_one(admin: Client, customer: Person, staff: Person) -> None:
    goods = mug()
    order = place(customer, goods.item(3))
    ship(staff, order["_id"])
    said = {"line": order["items"][0]["_id"], "quantity": 1, "disposition": "sellable"}
    page = admin.get(f"{LIST}{quoted(order['_id'])}/return/").content.decode()
    once = re.findall(r'name="once" value="(once_\w+)"', page)[0]
    assert "done" in act(admin, order, "return", **said, once=once)
    with nothing_changes():
        assert "This form was sent before" in act(admin, order, "return", **said, once=once)
    assert (goods.on_hand(), OrderLine.objects.get().returned) == (8, 1)
    assert "done" in act(admin, order, "return", **said, once="another")
    assert (goods.on_hand(), OrderLine.objects.get().returned) == (9, 2)


def test_a_return_that_was_refused_may_be_sent_again_as_it_is(
    admin: Client, customer: Person, staff: Person
) -> None:
    order = place(customer, mug().item(1))
    said = {"line": order["items"][0]["_id"], "quantity": 1, "disposition": "lost", "once": "a"}
    assert "Nothing comes back" in act(admin, order, "return", **said)
    ship(staff, order["_id"])
    assert "done" in act(admin, order, "return", **said)


def test_whoever_takes_a_step_is_told_who_reads_the_note(admin: Client, customer: Person) -> None:
    order = place(customer, mug().item(1))
    for verb in ("step", "cancel"):
        page = admin.get(f"{LIST}{quoted(order['_id'])}/{verb}/").content.decode()
        assert "The customer reads this." in page
    act(admin, order, "step", status="processing", note="We wait for blue thread.")
    reader = Client()
    reader.force_login(customer.user)
    assert "We wait for blue thread." in reader.get(f"/orders/{order['_id']}").content.decode()


def test_orders_are_assigned_and_the_tailors_work_set(
    admin: Client, customer: Person, tailor: Person, delivery: Person, heard: Heard
) -> None:
    order = place(customer, mug().item(1))
    heard.events.clear()
    act(admin, order, "assign", tailor=tailor.id, delivery_partner=delivery.id)
    act(admin, order, "tailor", status="stitching", note="Silk")
    act(admin, order, "tailor", status="cutting")
    assert heard.names == ["order.assigned", *["order.tailor_status_changed"] * 2]
    row = Order.objects.get()
    assert (row.tailor_id, row.delivery_partner_id, row.tailor_status) == (tailor.id, delivery.id, "cutting")
    act(admin, order, "assign", tailor="")
    row.refresh_from_db()
    assert (row.tailor_id, row.delivery_partner_id) == (None, delivery.id)
    assert "Select a valid choice" in act(admin, order, "assign", tailor=customer.id)


def test_selected_orders_go_on_each_for_itself_and_the_refused_are_named(
    admin: Client, customer: Person, staff: Person
) -> None:
    goods = mug()
    one, two, three = (place(customer, goods.item(1)) for _ in range(3))
    ship(staff, two["_id"])
    selected = {"action": "change_status", "_selected_action": [one["_id"], two["_id"], three["_id"]]}
    page = admin.post(LIST, {**selected, "to_status": "processing"}, follow=True).content.decode()
    assert f"{two['orderNumber']}: From shipped to processing is no step" in page
    assert "2 orders processing" in page
    assert sorted(Order.objects.values_list("status", flat=True)) == ["processing", "processing", "shipped"]


@pytest.mark.parametrize("to", ["", "cancelled", "pending", "nonsense"])
def test_many_orders_are_brought_nowhere_else(admin: Client, customer: Person, to: str) -> None:
    order = place(customer, mug().item(1))
    selected = {"action": "change_status", "_selected_action": [order["_id"]], "to_status": to}
    page = admin.post(LIST, selected, follow=True).content.decode()
    assert "Choose a status" in page or "No action selected" in page
    assert status() == "pending"


def test_the_timeline_tells_what_happened_when_and_by_whom(
    admin: Client, customer: Person, staff: Person, tailor: Person
) -> None:
    order = place(customer, mug().item(3))
    payment = pay(customer, order, "manual")
    assert staff("POST", f"/api/payments/{payment['_id']}/complete").status_code == 200
    act(admin, order, "assign", tailor=tailor.id)
    act(admin, order, "step", status="processing", note="Packing <b>now</b>")
    act(admin, order, "step", status="shipped")
    act(admin, order, "return", line=order["items"][0]["_id"], quantity=1, disposition="damaged")
    shop = Order.objects.get()
    told = [(one.kind, one.what, one.by, one.note) for one in timeline(shop)]
    carla, sara = customer.user.email, staff.user.email
    assert told == [
        ("placed", "Placed", carla, ""),
        ("money", "Payment of 300 L.E. begun", "", "manual"),
        ("money", "Payment completed", sara, ""),
        ("work", "Tailor: Tariq; Tailor's work: assigned", sara, ""),
        ("step", "Processing", sara, "Packing <b>now</b>"),
        ("step", "Shipped", sara, ""),
        ("return", f"1 of Mug ({shop.lines.get().sku}) came back: damaged", sara, ""),
    ]
    page = admin.get(f"{LIST}{order['_id']}/change/").content.decode()
    assert "Packing &lt;b&gt;now&lt;/b&gt;" in page
    with CaptureQueriesContext(connection) as few:
        admin.get(f"{LIST}{order['_id']}/change/")
    act(admin, order, "return", line=order["items"][0]["_id"], quantity=1, disposition="lost")
    with CaptureQueriesContext(connection) as more:
        admin.get(f"{LIST}{order['_id']}/change/")
    assert len(more) == len(few)


def test_only_what_leads_somewhere_is_offered(admin: Client, customer: Person, staff: Person) -> None:
    order = place(customer, mug().item(1))

    def offered() -> set[str]:
        page = admin.get(f"{LIST}{order['_id']}/change/")
        return {action["path"].rstrip("/").rsplit("/", 1)[1] for action in page.context["actions_detail"]}

    assert offered() == {"step", "cancel", "assign", "slip"}
    ship(staff, order["_id"])
    assert offered() == {"step", "return", "assign", "slip"}
    assert staff("PUT", f"/api/orders/{order['_id']}/status", {"status": "delivered"}).status_code == 200
    assert offered() == {"return", "slip"}


def test_the_packing_slip_has_what_goes_into_the_parcel_and_no_price(
    admin: Client, customer: Person, staff: Person
) -> None:
    order = place(customer, mug(title="Blue <i>mug</i>").item(3), notes="Ring twice")
    ship(staff, order["_id"])
    act(admin, order, "return", line=order["items"][0]["_id"], quantity=1, disposition="lost")
    page = admin.get(f"{LIST}{order['_id']}/slip/").content.decode()
    units = '<td class="figure">2</td>'
    for text in (order["orderNumber"], "Blue &lt;i&gt;mug&lt;/i&gt;", "Ring twice", units):
        assert text in page, text
    assert "L.E." not in page
    assert "<i>mug" not in page


def test_an_order_is_found_by_what_somebody_says_on_the_telephone(
    admin: Client, customer: Person, other: Person, staff: Person
) -> None:
    goods = mug(stock=100)
    first, second = place(customer, goods.item(1)), place(other, goods.item(1), phone="0177 42")
    said = {
        first["orderNumber"]: [first],
        first["orderNumber"].lower(): [first],
        first["orderNumber"][-6:]: [first],
        first["_id"]: [first],
        "OMAR": [second],
        "omar@example": [second],
        "177 4": [second],
        "example.com": [first, second],
        "@nowhere": [],
    }
    for text, found in said.items():
        ids = {order["_id"] for order in found}
        assert {order.pk for order in admin.get(LIST, {"q": text}).context["cl"].result_list} == ids, text
        listed = staff("GET", f"/api/orders?search={quote(text)}").data
        assert {order["_id"] for order in listed} == ids, text


def test_a_list_is_counted_to_a_bound_and_no_further(
    admin: Client, customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = mug(stock=100)
    for _ in range(4):
        place(customer, goods.item(1))
    monkeypatch.setattr(capped_paging, "MOST", 3)
    page = admin.get(LIST).context["cl"]
    assert page.result_count == 3


def test_nothing_is_made_edited_or_deleted_by_hand(admin: Client, customer: Person) -> None:
    order = place(customer, mug().item(1))
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{order['_id']}/change/", {"total": "1"}).status_code == 403
    assert admin.post(f"{LIST}{order['_id']}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{LIST}nothing/step/").status_code == 404
    assert Order.objects.get().total == 100


def test_only_staff_come_in(customer: Person) -> None:
    order = place(customer, mug().item(1))
    client = Client()
    client.force_login(customer.user)
    for path in (LIST, f"{LIST}{order['_id']}/change/", f"{LIST}{order['_id']}/cancel/"):
        assert client.get(path).status_code == 302
    client.post(f"{LIST}{order['_id']}/cancel/", {"version": 1, "note": ""})
    assert status() == "pending"
