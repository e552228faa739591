"""What each duty may do at every endpoint of staff.

The tables have to have all that there is: a page or an endpoint that is new fails here until somebody has
said whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from django.test import Client

from config.identity.duties import Duty
from config.identity.models import User
from tests.fingerprint import nothing_changes
from tests.realtime.duties.tables import (
    COMMON,
    DUTIES,
    ENDPOINTS,
    GRANTED,
    PAGES,
    admin_pages,
    may,
)
from tests.realtime.test_who_may_do_what import undone
from tests.realtime.urlconf import endpoints

pytestmark = pytest.mark.django_db


def test_the_tables_have_every_page_and_every_endpoint_and_no_other() -> None:
    pages = {name for name in admin_pages() if name not in COMMON}
    assert (sorted(pages - set(PAGES)), sorted(set(PAGES) - pages)) == ([], [])
    known = {one for one in endpoints(("api/", "products")) if one[1] not in {"api/health", "api/ready"}}
    documents = {"api/schema", "api/docs", "api/docs/events", "api/asyncapi"}
    assert {one for one in known if one[1] not in documents} == set(ENDPOINTS)


def test_each_duty_has_its_permissions_and_no_other(staff: Mapping[Duty | None, Client]) -> None:
    for duty in DUTIES:
        user = User.objects.get(email=f"{duty}@example.com")
        had = {permission for permission in GRANTED if user.has_perm(permission)}
        assert had == {permission for permission in GRANTED if may(duty, permission)}, duty


def test_each_endpoint_of_staff_answers_its_duties_and_nobody_else(
    staff: Mapping[Duty | None, Client],
) -> None:
    for (method, route), permission in ENDPOINTS.items():
        if not permission:
            continue
        path = "/" + re.sub(r"<str:\w+>", "none_1", route)
        for duty, client in staff.items():
            with undone():
                answer = getattr(client, method)(path, data={}, content_type="application/json")
            if may(duty, permission):
                assert answer.status_code in {200, 201, 400, 404, 405}, (method, route, duty)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), (route, duty)


def test_whoever_steps_orders_does_not_cancel_them_by_a_step(staff: Mapping[Duty | None, Client]) -> None:
    for duty in DUTIES:
        with nothing_changes():
            answer = staff[duty].put(
                "/api/orders/none_1/status", data={"status": "cancelled"}, content_type="application/json"
            )
        assert answer.status_code == (404 if may(duty, "orders.cancel_order") else 403), duty
