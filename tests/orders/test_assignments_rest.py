"""Who works on an order, and how far the tailor is, through REST."""

from __future__ import annotations

from typing import Any

import pytest

from config.identity.models import Role
from config.identity.services import update_user
from orders.flow import TailorStatus
from orders.models import Order
from tests.hearing import Heard
from tests.orders.conftest import Person, person
from tests.orders.shop import mug, place, ship

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(customer: Person) -> dict[str, Any]:
    return place(customer, mug().item(1))


def path(order: dict[str, Any], what: str = "assign") -> str:
    return f"/api/orders/{order['_id']}/{what}"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_order_is_assigned_and_announced(
    customer: Person,
    staff: Person,
    tailor: Person,
    delivery: Person,
    order: dict[str, Any],
    heard: Heard,
    method: str,
) -> None:
    answer = staff(method, path(order), {"tailor": tailor.id, "deliveryPartner": delivery.id})
    assert answer.status_code == 200
    assert answer.data == {
        **order,
        "tailor": tailor.id,
        "tailorStatus": "assigned",
        "deliveryPartner": delivery.id,
        "updatedAt": answer.data["updatedAt"],
    }
    (event,) = heard.events[-1:]
    assert (event.name, event.version_number, event.extra()["shop_order"]) == (
        "order.assigned",
        2,
        answer.data,
    )
    assert (event.data()["tailor_id"], event.data()["delivery_partner_id"]) == (tailor.id, delivery.id)


def test_what_is_not_mentioned_stays_null_is_nobody_and_who_is_assigned_already_is_no_news(
    staff: Person, tailor: Person, delivery: Person, order: dict[str, Any], heard: Heard
) -> None:
    staff("PUT", path(order), {"tailor": tailor.id})
    both = staff("PUT", path(order), {"deliveryPartner": delivery.id})
    assert (both.data["tailor"], both.data["deliveryPartner"]) == (tailor.id, delivery.id)
    heard.events.clear()
    again = staff("PUT", path(order), {"tailor": tailor.id, "deliveryPartner": delivery.id})
    assert (again.content, heard.names) == (both.content, [])
    none = staff("PUT", path(order), {"tailor": None})
    assert (none.data["tailor"], none.data["tailorStatus"], none.data["deliveryPartner"]) == (
        None,
        None,
        delivery.id,
    )
    assert heard.names == ["order.assigned"]


def test_another_tailor_begins_anew(staff: Person, tailor: Person, order: dict[str, Any]) -> None:
    second = person(Role.TAILOR, "tina")
    staff("PUT", path(order), {"tailor": tailor.id})
    tailor("PUT", path(order, "tailor-status"), {"status": "stitching"})
    assert staff("PUT", path(order), {"tailor": second.id}).data["tailorStatus"] == "assigned"
    assert tailor("GET", f"/api/orders/{order['_id']}").status_code == 404
    assert second("GET", f"/api/orders/{order['_id']}").status_code == 200


def test_an_order_is_assigned_only_to_who_does_such_work_here(
    customer: Person, staff: Person, tailor: Person, delivery: Person, order: dict[str, Any], heard: Heard
) -> None:
    gone = person(Role.TAILOR, "gone")
    update_user(user=gone.user, is_active=False)
    heard.events.clear()
    for body, place_ in (
        ({"tailor": delivery.id}, "tailor"),
        ({"tailor": customer.id}, "tailor"),
        ({"tailor": "nobody"}, "tailor"),
        ({"tailor": gone.id}, "tailor"),
        ({"deliveryPartner": tailor.id}, "deliveryPartner"),
        ({"tailor": 7}, "tailor"),
        ({}, "tailor"),
    ):
        answer = staff("PUT", path(order), body)
        assert (answer.status_code, answer.data["code"]) == (400, "invalid"), body
        assert list(answer.data["details"]) == [place_]
    assert (Order.objects.get().version, heard.names) == (1, [])


@pytest.mark.parametrize("status", ["cancelled", "delivered"])
def test_nothing_is_assigned_or_sewn_once_an_order_is_over(
    customer: Person, staff: Person, tailor: Person, order: dict[str, Any], status: str
) -> None:
    staff("PUT", path(order), {"tailor": tailor.id})
    if status == "cancelled":
        customer("POST", path(order, "cancel"))
    else:
        ship(staff, order["_id"], to="delivered")
    for call, what, body in (
        (staff, "assign", {"tailor": None}),
        (tailor, "tailor-status", {"status": "cutting"}),
        (staff, "tailor-status", {"status": "cutting"}),
    ):
        answer = call("PUT", path(order, what), body)
        assert (answer.status_code, answer.data["code"]) == (409, "order_closed")
    assert Order.objects.get().tailor_status == "assigned"


def test_only_staff_assign(callers: dict[str, Any], tailor: Person, order: dict[str, Any]) -> None:
    statuses = {
        name: call("PUT", path(order), {"tailor": tailor.id}).status_code
        for name, call in callers.items()
        if name != "admin"
    }
    assert statuses == {"customer": 403, "tailor": 403, "delivery": 403, "service": 403, "guest": 401}
    assert callers["admin"]("PUT", "/api/orders/nothing/assign", {"tailor": tailor.id}).status_code == 404


# ------------------------------------------------------------------------------------ tailor's status


def test_the_tailor_goes_onwards_may_leave_steps_out_and_never_goes_back(
    staff: Person, tailor: Person, order: dict[str, Any], heard: Heard
) -> None:
    staff("PUT", path(order), {"tailor": tailor.id})
    heard.events.clear()
    answer = tailor("PUT", path(order, "tailor-status"), {"status": "cutting", "note": "Silk"})
    assert (answer.status_code, answer.data["tailorStatus"]) == (200, "cutting")
    (event,) = heard.events
    data = event.data()
    assert event.name == "order.tailor_status_changed"
    assert (data["tailor_status"], data["tailor"], data["note"], event.version_number) == (
        "cutting",
        {"id": tailor.id, "name": "Tariq"},
        "Silk",
        3,
    )
    assert event.extra()["shop_order"] == answer.data
    heard.events.clear()
    for status in ("assigned", "measuring", "cutting"):
        back = tailor("PUT", path(order, "tailor-status"), {"status": status})
        assert (back.status_code, back.data["code"], back.data["allowed"]) == (
            409,
            "illegal_transition",
            ["stitching", "ready"],
        )
    assert heard.names == []
    assert tailor("PATCH", path(order, "tailor-status"), {"status": "ready"}).status_code == 200


def test_staff_set_the_work_back(staff: Person, tailor: Person, order: dict[str, Any]) -> None:
    staff("PUT", path(order), {"tailor": tailor.id})
    tailor("PUT", path(order, "tailor-status"), {"status": "ready"})
    for status in ("measuring", "assigned", "stitching"):
        assert staff("PUT", path(order, "tailor-status"), {"status": status}).data["tailorStatus"] == status
    same = staff("PUT", path(order, "tailor-status"), {"status": "stitching"})
    assert (same.status_code, same.data["allowed"]) == (
        409,
        [status for status in TailorStatus if status != "stitching"],
    )


def test_without_a_tailor_there_is_no_work(staff: Person, order: dict[str, Any]) -> None:
    answer = staff("PUT", path(order, "tailor-status"), {"status": "cutting"})
    assert (answer.status_code, answer.data["code"]) == (409, "no_tailor")


@pytest.mark.parametrize("body", [{}, {"status": "sleeping"}, {"status": None}])
def test_a_status_of_the_tailors_is_one_of_five_words(
    staff: Person, tailor: Person, order: dict[str, Any], body: dict[str, Any]
) -> None:
    staff("PUT", path(order), {"tailor": tailor.id})
    answer = tailor("PUT", path(order, "tailor-status"), body)
    assert (answer.status_code, list(answer.data["details"])) == (400, ["status"])


def test_only_its_tailor_and_staff_say_how_far_it_is(
    callers: dict[str, Any], tailor: Person, order: dict[str, Any]
) -> None:
    second = person(Role.TAILOR, "tina")
    callers["admin"]("PUT", path(order), {"tailor": tailor.id})
    statuses = {
        name: call("PUT", path(order, "tailor-status"), {"status": "ready"}).status_code
        for name, call in {**callers, "second tailor": second}.items()
        if name not in {"admin", "tailor"}
    }
    assert statuses == {
        "customer": 403,
        "delivery": 403,
        "service": 403,
        "guest": 401,
        "second tailor": 404,
    }
    assert Order.objects.get().tailor_status == "assigned"


def test_if_match_guards_assignments_and_the_tailors_steps(
    staff: Person, tailor: Person, order: dict[str, Any]
) -> None:
    old = staff("GET", f"/api/orders/{order['_id']}")["ETag"]
    staff("PUT", path(order), {"tailor": tailor.id}, **{"If-Match": old})
    assert staff("PUT", path(order), {"tailor": None}, **{"If-Match": old}).status_code == 412
    late = tailor("PUT", path(order, "tailor-status"), {"status": "ready"}, **{"If-Match": old})
    assert (late.status_code, late["ETag"]) == (412, '"2"')
