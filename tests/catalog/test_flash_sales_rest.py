"""``/api/flash-sales``: who may do what, what is a sale, and what each call changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import FlashSale, FlashSaleProduct
from catalog.services import archive_product, take_units
from config.identity.models import Role, Scope
from config.kernel.clock import iso
from tests.catalog.conftest import Call, caller
from tests.catalog.goods import draft, made
from tests.catalog.sales import on_sale, sale_events
from tests.catalog.test_access import bearer, key
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

PATH = "/api/flash-sales"


@pytest.fixture
def staff(db: None) -> Call:
    call, headers = caller(Client(raise_request_exception=False)), bearer(Role.ADMIN)
    return lambda method, path, data=None, **more: call(method, path, data, **headers, **more)


@pytest.fixture
def guest(db: None) -> Call:
    return caller(Client(raise_request_exception=False))


def at(seconds: float) -> str:
    return iso(timezone.now() + dt.timedelta(seconds=seconds))


def body(*product_ids: str, **changes: Any) -> dict[str, Any]:
    """A sale that runs; ``None`` takes a field out."""
    whole = {
        "name": "Midnight",
        "description": "",
        "discountPercentage": 25,
        "startTime": at(-60),
        "endTime": at(3600),
        "products": list(product_ids),
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


# --------------------------------------------------------------------------------------- who may


def statuses(headers: dict[str, str]) -> dict[str, int]:
    call = caller(Client(raise_request_exception=False))
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    return {
        "list": call("GET", PATH, **headers).status_code,
        "read": call("GET", f"{PATH}/{sale.id}", **headers).status_code,
        "create": call("POST", PATH, body(product_id), **headers).status_code,
        "change": call("PUT", f"{PATH}/{sale.id}", {"name": "New"}, **headers).status_code,
        "end": call("DELETE", f"{PATH}/{sale.id}", **headers).status_code,
    }


READ = {"list": 200, "read": 200}


def test_staff_read_and_write() -> None:
    assert statuses(bearer(Role.ADMIN)) == {**READ, "create": 201, "change": 200, "end": 204}


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.TAILOR, Role.DELIVERY])
def test_no_other_role_writes(role: Role) -> None:
    assert statuses(bearer(role)) == {**READ, "create": 403, "change": 403, "end": 403}
    assert FlashSale.objects.get().name == "Midnight sale"


def test_a_service_reads() -> None:
    assert statuses(key(*Scope)) == {**READ, "create": 403, "change": 403, "end": 403}


def test_a_guest_reads() -> None:
    assert statuses({}) == {**READ, "create": 401, "change": 401, "end": 401}


@pytest.mark.usefixtures("open_mode")
def test_open_mode_opens_nothing_here() -> None:
    assert statuses({}) == {**READ, "create": 401, "change": 401, "end": 401}


def test_there_is_no_other_way_to_write(staff: Call) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    assert staff("PATCH", f"{PATH}/{sale.id}", {}).status_code == 405
    assert staff("DELETE", PATH).status_code == 405


# ------------------------------------------------------------------------------------------ create


def test_a_sale_is_read_as_it_was_written_markup_and_all(staff: Call, guest: Call) -> None:
    ids = made(draft(), draft())
    markup = "<script>alert(1)</script> & „ü“"
    sent = body(
        *ids, name=markup, description=f"{markup}\n☕", startTime=at(60), units=10, unitsPerCustomer=2
    )
    answer = staff("POST", PATH, sent)
    assert answer.status_code == 201
    assert answer["Location"] == f"{PATH}/{answer.data['_id']}"
    created = answer.data
    sale_id = created["_id"]
    ours = {"_id": sale_id, "id": sale_id, "saleId": sale_id, "status": "scheduled", "soldOut": False}
    assert created == {**sent, **ours}
    assert guest("GET", answer["Location"]).data == created
    assert guest("GET", PATH).data == [created]


def test_a_start_in_the_past_begins_at_once_and_one_to_come_is_planned(staff: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    began = staff("POST", PATH, body(product_id)).data
    planned = staff("POST", PATH, body(product_id, startTime=at(60))).data
    assert (began["status"], planned["status"]) == ("running", "scheduled")
    assert sale_events(heard.events) == [
        ("flash_sale.started", began["_id"]),
        ("flash_sale.updated", planned["_id"]),
    ]
    assert staff("GET", f"/api/products/{product_id}").data["salePrice"] == 75


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"name": None}, {"name": ["required"]}),
        ({"name": " "}, {"name": ["must not be empty"]}),
        ({"name": 7}, {"name": ["must be a string"]}),
        ({"name": "x" * 201}, {"name": ["must have at most 200 characters"]}),
        ({"description": "x" * 10_001}, {"description": ["must have at most 10000 characters"]}),
        ({"discountPercentage": None}, {"discountPercentage": ["required"]}),
        ({"discountPercentage": 0}, {"discountPercentage": ["must be more than 0 and at most 100"]}),
        ({"discountPercentage": -5}, {"discountPercentage": ["must be at least 0"]}),
        ({"discountPercentage": 100.5}, {"discountPercentage": ["must be more than 0 and at most 100"]}),
        ({"discountPercentage": 12.345}, {"discountPercentage": ["must have at most 2 decimals"]}),
        ({"discountPercentage": "20"}, {"discountPercentage": ["must be a number"]}),
        ({"startTime": None}, {"startTime": ["required"]}),
        ({"startTime": "soon"}, {"startTime": ["must be an ISO 8601 date and time"]}),
        ({"endTime": None}, {"endTime": ["required"]}),
        ({"endTime": "2020-01-02", "startTime": "2020-01-01"}, {"endTime": ["has passed"]}),
        ({"endTime": "2096-01-01", "startTime": "2096-01-02"}, {"endTime": ["must be after the start"]}),
        ({"endTime": "2096-01-01", "startTime": "2096-01-01"}, {"endTime": ["must be after the start"]}),
        ({"products": None}, {"products": ["required"]}),
        ({"products": []}, {"products": ["at least one product is required"]}),
        ({"products": "prod_1"}, {"products": ["must be an array"]}),
        ({"products": ["prod_nowhere"]}, {"products[0]": ["unknown product"]}),
        ({"products": [7]}, {"products[0]": ["must be a string"]}),
        ({"products": ["x"] * 2000 + [f"p{n}" for n in range(1000)]}, {"products": ["must be at most 1000"]}),
        ({"units": 0}, {"units": ["must be a whole number from 1 to 1000000000, or null"]}),
        ({"units": 1.5}, {"units": ["must be a whole number"]}),
        (
            {"unitsPerCustomer": -1},
            {"unitsPerCustomer": ["must be a whole number from 1 to 1000000000, or null"]},
        ),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    staff: Call, heard: Heard, changes: dict[str, Any], places: dict[str, list[str]]
) -> None:
    (product_id,) = made(draft())
    running = on_sale(product_id)
    before = staff("GET", f"{PATH}/{running.id}").data
    heard.events.clear()
    answer = staff("POST", PATH, body(product_id, **changes))
    assert (answer.status_code, answer.data["details"]) == (400, places)
    if None not in changes.values() and "startTime" not in changes:
        answer = staff("PUT", f"{PATH}/{running.id}", {**changes})
        assert (answer.status_code, answer.data["details"]) == (400, places)
    assert FlashSale.objects.count() == 1
    assert staff("GET", f"{PATH}/{running.id}").data == before
    assert heard.events == []


def test_every_mistake_is_named_at_once(staff: Call) -> None:
    (product_id,) = made(draft())
    answer = staff(
        "POST", PATH, body(product_id, "nowhere", name=" ", discountPercentage=0, endTime=at(-120))
    )
    # What is no value at all is said first, before what the values mean.
    assert answer.data["details"] == {"name": ["must not be empty"]}
    answer = staff("POST", PATH, body(product_id, "nowhere", discountPercentage=0, endTime=at(-120)))
    assert answer.data["details"] == {
        "discountPercentage": ["must be more than 0 and at most 100"],
        "endTime": ["must be after the start", "has passed"],
        "products[1]": ["unknown product"],
    }


@pytest.mark.parametrize("sent", [[], "sale", 7, [{"name": "x"}]])
def test_a_body_that_is_no_object_is_refused(staff: Call, sent: Any) -> None:
    assert staff("POST", PATH, sent).status_code == 400
    assert not FlashSale.objects.exists()


def test_an_archived_product_is_unknown_but_stays_where_it_was(staff: Call) -> None:
    one, two = made(draft(), draft())
    sale = on_sale(one, two)
    archive_product(product_id=one)
    assert staff("POST", PATH, body(one)).data["details"] == {"products[0]": ["unknown product"]}
    read = staff("GET", f"{PATH}/{sale.id}").data
    assert read["products"] == [one, two]
    assert staff("PUT", f"{PATH}/{sale.id}", {**read, "name": "New"}).status_code == 200


def test_a_product_that_is_named_twice_is_in_it_once(staff: Call) -> None:
    one, two = made(draft(), draft())
    assert staff("POST", PATH, body(one, two, one)).data["products"] == [one, two]


def test_one_key_makes_one_sale(staff: Call) -> None:
    (product_id,) = made(draft())
    sent = body(product_id)
    answers = [staff("POST", PATH, sent, **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert FlashSale.objects.count() == 1


# ------------------------------------------------------------------------------------------ change


def test_a_put_changes_what_it_says_and_leaves_the_rest(staff: Call, heard: Heard) -> None:
    one, two, three = made(draft(), draft(), draft())
    sale = on_sale(one, two)
    before = staff("GET", f"{PATH}/{sale.id}").data
    changes = {"discountPercentage": 30.5, "products": [three, two], "units": 9}
    answer = staff("PUT", f"{PATH}/{sale.id}", changes)
    assert answer.status_code == 200
    assert answer.data == {**before, **changes}
    prices = {one["_id"]: one["salePrice"] for one in staff("GET", "/api/products").data}
    assert prices == {one: None, two: 69.5, three: 69.5}
    assert sale_events(heard.events)[-1] == ("flash_sale.updated", sale.id)
    assert heard.events[-1].data()["sale"]["products"] == [three, two]
    # What was taken out may come back.
    assert staff("PUT", f"{PATH}/{sale.id}", {"products": [one, two]}).data["products"] == [one, two]
    assert staff("GET", f"/api/products/{one}").data["salePrice"] == 69.5


def test_what_was_read_can_be_written_back_and_is_no_change(staff: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id, units=5)
    read = staff("GET", f"{PATH}/{sale.id}")
    heard.events.clear()
    again = staff("PUT", f"{PATH}/{sale.id}", read.data, **{"If-Match": read["ETag"]})
    assert (again.status_code, again.data, again["ETag"]) == (200, read.data, read["ETag"])
    assert heard.events == []


def test_a_planned_sale_may_be_moved_and_into_the_past_it_begins(staff: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id, starts=600)
    heard.events.clear()
    assert staff("PUT", f"{PATH}/{sale.id}", {"startTime": at(900)}).data["status"] == "scheduled"
    assert staff("PUT", f"{PATH}/{sale.id}", {"startTime": at(-1)}).data["status"] == "running"
    assert sale_events(heard.events) == [("flash_sale.updated", sale.id), ("flash_sale.started", sale.id)]


def test_a_running_sale_keeps_its_start_and_one_that_is_over_keeps_all(staff: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    heard.events.clear()
    answer = staff("PUT", f"{PATH}/{sale.id}", {"startTime": at(60)})
    assert (answer.status_code, answer.data["code"]) == (409, "sale_running")
    assert staff("PUT", f"{PATH}/{sale.id}", {"endTime": at(-1)}).data["details"] == {
        "endTime": ["has passed"]
    }
    assert heard.events == []
    assert staff("DELETE", f"{PATH}/{sale.id}").status_code == 204
    answer = staff("PUT", f"{PATH}/{sale.id}", {"name": "New"})
    assert (answer.status_code, answer.data["code"]) == (409, "sale_over")
    assert staff("GET", f"{PATH}/{sale.id}").data["name"] == "Midnight sale"


def test_a_pool_does_not_shrink_below_what_was_sold_of_it(staff: Call) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id, units=5)
    take_units(reference="ord_1", customer="usr_1", units={sale.id: 3})
    answer = staff("PUT", f"{PATH}/{sale.id}", {"units": 2})
    assert (answer.status_code, answer.data["code"], answer.data["taken"]) == (409, "units_taken", 3)
    assert staff("PUT", f"{PATH}/{sale.id}", {"units": 3}).data["soldOut"] is True
    assert staff("PUT", f"{PATH}/{sale.id}", {"units": None}).data["soldOut"] is False


def test_writes_hold_to_what_was_read(staff: Call) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    old = staff("GET", f"{PATH}/{sale.id}")["ETag"]
    assert staff("PUT", f"{PATH}/{sale.id}", {"name": "New"}, **{"If-Match": old}).status_code == 200
    for method in ("PUT", "DELETE"):
        assert staff(method, f"{PATH}/{sale.id}", {"name": "x"}, **{"If-Match": old}).status_code == 412
    assert staff("GET", f"{PATH}/{sale.id}").data["name"] == "New"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_sale_that_there_is_not_is_a_404(staff: Call, method: str) -> None:
    answer = staff(method, f"{PATH}/sale_nowhere", {} if method == "PUT" else None)
    assert (answer.status_code, answer.data["code"]) == (404, "unknown_flash_sale")
    assert answer.data["message"] == "Flash sale not found"


# --------------------------------------------------------------------------------------------- end


def test_a_running_sale_ends_when_it_is_deleted_and_stays_readable(staff: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    heard.events.clear()
    assert staff("DELETE", f"{PATH}/{sale.id}").status_code == 204
    assert staff("GET", f"{PATH}/{sale.id}").data["status"] == "ended"
    assert staff("GET", PATH).data == []
    assert staff("GET", f"/api/products/{product_id}").data["salePrice"] is None
    assert staff("DELETE", f"{PATH}/{sale.id}").status_code == 204
    assert sale_events(heard.events) == [("flash_sale.ended", sale.id)]


def test_a_planned_sale_is_taken_back_without_a_trace(staff: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id, starts=600)
    heard.events.clear()
    assert staff("DELETE", f"{PATH}/{sale.id}").status_code == 204
    assert staff("GET", f"{PATH}/{sale.id}").status_code == 404
    assert not FlashSaleProduct.objects.exists()
    assert sale_events(heard.events) == [("flash_sale.ended", sale.id)]
    assert heard.events[0].data()["sale"]["status"] == "ended"


# ------------------------------------------------------------------------------------------- reads


def test_a_reader_who_is_up_to_date_gets_nothing(guest: Call, staff: Call) -> None:
    (product_id,) = made(draft())
    sale = on_sale(product_id)
    path = f"{PATH}/{sale.id}"
    read = guest("GET", path)
    for header, known in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        assert guest("GET", path, **{header: read[known]}).status_code == 304
    staff("PUT", path, {"name": "New"})
    assert guest("GET", path, **{"If-None-Match": read["ETag"]}).status_code == 200


def test_sales_come_in_the_order_in_which_they_start_page_by_page(guest: Call) -> None:
    (product_id,) = made(draft())
    later, running, soon = (on_sale(product_id, starts=starts).id for starts in (900, -60, 300))
    first = guest("GET", f"{PATH}?limit=2")
    assert [one["_id"] for one in first.data] == [running, soon]
    second = guest("GET", first["Link"].partition("<")[2].partition(">")[0])
    assert [one["_id"] for one in second.data] == [later]
    assert "Link" not in second
    assert "X-Event-Cursor" in second
    assert guest("GET", f"{PATH}?limit=0").status_code == 400
    assert guest("GET", f"{PATH}?cursor=x").data["code"] == "invalid_cursor"
