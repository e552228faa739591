"""Flash sales in the admin: every save goes through the services, and is heard like any other."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import FlashSale
from catalog.selectors import sale_record
from catalog.selectors.sales import database_now
from catalog.services import SaleDraft, change_flash_sale, take_units
from tests.catalog.goods import draft, made
from tests.catalog.sales import on_sale, sale_events
from tests.catalog.test_admin import errors, staff
from tests.hearing import Heard

__all__ = ["staff"]

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/flashsale/"


def page(sale_id: str) -> str:
    return f"{LIST}{sale_id}/change/"


def filled_in(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """The form as it comes, with what was typed into it."""
    form = client.get(path).context["adminform"].form
    data: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, dt.datetime):
            data[f"{bound.html_name}_0"], data[f"{bound.html_name}_1"] = value.strftime(
                "%Y-%m-%d %H:%M:%S"
            ).split()
        elif value is not None:
            data[bound.html_name] = value
    return {**data, **changes}


def a_form(*product_ids: str, starts: int, ends: int, **changes: Any) -> dict[str, Any]:
    now = database_now()
    data: dict[str, Any] = {"name": "Night", "discount_percentage": "15", "products": list(product_ids)}
    for name, seconds in (("starts_at", starts), ("ends_at", ends)):
        moment = now + dt.timedelta(seconds=seconds)
        data[f"{name}_0"], data[f"{name}_1"] = moment.strftime("%Y-%m-%d %H:%M:%S").split()
    return {**data, **changes}


def test_a_sale_is_planned_through_the_service(staff: Client, heard: Heard) -> None:
    one, two = made(draft(), draft())
    heard.events.clear()
    answer = staff.post(f"{LIST}add/", a_form(two, one, starts=-60, ends=600, units="5"))
    assert answer.status_code == 302, errors(answer)
    record = sale_record(FlashSale.objects.get().id)
    assert record is not None
    assert (record.product_ids, record.units, record.units_per_customer) == ((two, one), 5, None)
    assert sale_events(heard.events) == [("flash_sale.started", record.id)]


def test_what_a_service_refuses_is_said_on_the_page_and_nothing_is_saved(staff: Client, heard: Heard) -> None:
    (product_id,) = made(draft())
    heard.events.clear()
    answer = staff.post(f"{LIST}add/", a_form(product_id, starts=600, ends=60))
    assert "must be after the start" in errors(answer)
    assert not FlashSale.objects.exists()
    assert heard.events == []


def test_a_save_without_a_change_is_none_and_keeps_the_milliseconds(staff: Client, heard: Heard) -> None:
    one, two = made(draft(), draft())
    sale = on_sale(two, one, units=3)
    heard.events.clear()
    answer = staff.post(page(sale.id), filled_in(staff, page(sale.id)))
    assert answer.status_code == 302, errors(answer)
    assert sale_record(sale.id) == sale
    assert heard.events == []


def test_a_change_is_announced_like_any_other(staff: Client, heard: Heard) -> None:
    one, two = made(draft(), draft())
    sale = on_sale(one)
    heard.events.clear()
    changed = filled_in(staff, page(sale.id), discount_percentage="30", products=[two, one], units="")
    assert staff.post(page(sale.id), changed).status_code == 302
    record = sale_record(sale.id)
    assert record is not None
    assert record.discount_percentage == Decimal(30)
    assert (record.product_ids, record.starts_at) == ((two, one), sale.starts_at)
    assert sale_events(heard.events) == [("flash_sale.updated", sale.id)]


def test_two_who_edit_at_once_do_not_undo_each_other(staff: Client) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    sent = filled_in(staff, page(sale.id), name="Mine")
    change_flash_sale(sale_id=sale.id, draft=SaleDraft(name="Theirs"))
    assert "changed this sale meanwhile" in errors(staff.post(page(sale.id), sent))
    assert FlashSale.objects.get().name == "Theirs"


def test_deleting_ends_a_running_sale_and_takes_back_a_planned_one(staff: Client, heard: Heard) -> None:
    (product_id,) = made(draft())
    running, planned = on_sale(product_id), on_sale(product_id, starts=600)
    heard.events.clear()
    assert "ends now" in errors(staff.get(f"{LIST}{running.id}/delete/"))
    assert staff.post(f"{LIST}{running.id}/delete/", {"post": "yes"}).status_code == 302
    action = {"action": "delete_selected", "_selected_action": [planned.id], "post": "yes"}
    assert staff.post(LIST, action).status_code == 302
    assert sale_events(heard.events) == [("flash_sale.ended", running.id), ("flash_sale.ended", planned.id)]
    ended = FlashSale.objects.get()
    assert (ended.id, ended.ends_at <= database_now()) == (running.id, True)


def test_the_list_shows_where_each_sale_is_in_a_fixed_number_of_queries(staff: Client) -> None:
    (product_id,) = made(draft())
    counts = set()
    for _ in range(2):
        for starts, ends in ((-60, 600), (600, 900)):
            sale = on_sale(product_id, starts=starts, ends=ends, units=9)
        with CaptureQueriesContext(connection) as queries:
            text = errors(staff.get(LIST))
        counts.add(len(queries))
    take_units(reference="ord_1", customer="usr_1", units={sale.id: 4})
    assert "Running" in text
    assert "Scheduled" in text
    assert "20 %" in text
    assert len(counts) == 1


def test_prices_are_shown_before_a_sale_is_saved(staff: Client) -> None:
    one, two = made(draft(title="Mug <b>big</b>"), draft(title="Cup"))
    sales, path = FlashSale.objects.count(), f"{LIST}preview/"
    page = staff.get(path, {"percentage": "12.5", "product": [two, one]})
    prices = [(price.name, price.before, price.after) for price in page.context["prices"]]
    assert [name for name, _before, _after in prices] == ["Cup", "Mug <b>big</b>"]
    with transaction.atomic():
        on_sale(one, off="12.5")
        paid = staff.get(f"/api/products/{one}").json()["salePrice"]
        transaction.set_rollback(True)
    assert prices[1][2].split()[0] == f"{paid:g}"
    assert "Mug &lt;b&gt;big&lt;/b&gt;" in page.content.decode()
    with CaptureQueriesContext(connection) as few:
        staff.get(path, {"percentage": "10", "product": [one]})
    with CaptureQueriesContext(connection) as more:
        staff.get(path, {"percentage": "10", "product": [one, two]})
    assert len(more) == len(few)
    for nonsense in ("", "0", "-5", "101", "NaN", "Infinity", "much"):
        answer = staff.get(path, {"percentage": nonsense, "product": [one]})
        assert (answer.status_code, answer.context["prices"]) == (200, []), nonsense
    assert FlashSale.objects.count() == sales
