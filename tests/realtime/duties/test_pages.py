"""What each duty may do at every page of the admin: by looking, posting by hand, and actions on many."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.test import Client, RequestFactory

from config.identity.duties import Duty
from config.identity.models import User
from config.identity.services import create_user
from tests.fingerprint import nothing_changes
from tests.realtime.duties.tables import (
    CATALOG,
    DUTIES,
    FINANCE,
    OWNER,
    PAGES,
    POSTED,
    STOCK,
    SUPPORT,
    admin_pages,
    may,
)

pytestmark = pytest.mark.django_db


def test_each_page_of_the_admin_opens_for_its_duties_and_for_nobody_else(
    staff: Mapping[Duty | None, Client],
) -> None:
    paths = admin_pages()
    for name, permission in PAGES.items():
        # What is looked for is not there: whoever may look is sent back or told so, others are refused.
        ask = "post" if name in POSTED else "get"
        answers = {duty: getattr(client, ask)(paths[name]).status_code for duty, client in staff.items()}
        refused = {duty for duty, status in answers.items() if status == 403}
        assert refused == {duty for duty in DUTIES if not may(duty, permission)}, (name, answers)
        assert set(answers.values()) <= {200, 302, 403, 404}, (name, answers)


#: What a form has to bring so that its page would act for whoever may: refused is refused whatever is sent.
FIELDS: Mapping[str, str] = {
    "_save": "Save", "post": "yes", "version": "1", "status": "processing", "note": "n", "quantity": "1",
    "expected": "5", "reason": "r", "target": "aa", "threshold": "3", "amount": "1", "message": "m",
    "shown": "0",
    "name": "n", "title": "t", "text": "t", "email": "n@example.com", "role": "admin", "duties": "owner",
    "scopes": "stock:write", "url": "https://example.com", "topics": "*", "code": "nn", "priority": "1",
    "percent": "5", "disposition": "sellable", "line": "1", "is_typing": "true",
}  # fmt: skip


def test_what_is_posted_by_hand_to_a_page_of_others_is_refused_and_changes_nothing(
    house: Mapping[str, str], staff: Mapping[Duty | None, Client]
) -> None:
    paths = admin_pages()
    for name, permission in PAGES.items():
        pk = next((house[table] for table in house if name.startswith(f"{table}_")), "999")
        path = paths[name].replace("999", quote(pk))
        with nothing_changes():
            answers = {
                duty: staff[duty].post(path, FIELDS).status_code
                for duty in DUTIES
                if not may(duty, permission)
            }
        assert set(answers.values()) <= {403, 405}, (name, answers)


def test_an_action_that_is_posted_by_hand_does_nothing_for_whoever_is_not_offered_it(
    house: Mapping[str, str], staff: Mapping[Duty | None, Client]
) -> None:
    tried: set[str] = set()
    there_are: set[str] = set()
    for model, page in admin.site._registry.items():
        table = model._meta.label_lower.replace(".", "_")
        path = f"/admin/{table.replace('_', '/', 1)}/"
        all_of_them = page.get_actions(_request("owner@example.com"))
        there_are.update(f"{table}.{name}" for name in all_of_them)
        for name in all_of_them:
            form = {**FIELDS, "action": name, "_selected_action": house[table], "to_status": "processing"}
            with nothing_changes():
                answers = {
                    duty: staff[duty].post(path, form).status_code
                    for duty in DUTIES
                    if name not in page.get_actions(_request(f"{duty}@example.com"))
                }
            assert set(answers.values()) <= {200, 302, 403}, (table, name, answers)
            tried.update(f"{table}.{name}" for _duty in answers)
    assert tried == there_are, "none is everybody's"
    assert len(tried) == 23


def test_support_sees_customers_and_no_colleague(staff: Mapping[Duty | None, Client]) -> None:
    create_user(email="carla@example.com", password=None)
    for duty, seen in ((SUPPORT, 1), (OWNER, 7)):
        page = staff[duty].get("/admin/identity/user/")
        assert page.context["cl"].result_count == seen
    colleague = User.objects.get(email="owner@example.com")
    assert staff[SUPPORT].get(f"/admin/identity/user/{colleague.pk}/change/").status_code == 302


def test_an_action_on_many_is_offered_to_its_duties_alone(staff: Mapping[Duty | None, Client]) -> None:
    """Those that Django itself offers are left out: they ask for the permission to delete."""
    offered = {
        duty: {
            f"{model._meta.label_lower}.{name}"
            for model, page in admin.site._registry.items()
            for name in page.get_actions(_request(f"{duty}@example.com"))
            if name != "delete_selected"
        }
        for duty in DUTIES
    }
    orders = {"orders.order.change_status"}
    judged = {"catalog.review.approve", "catalog.review.reject"}
    chats = {"realtime.supportchat.claim_all", "realtime.supportchat.close_all"}
    ours = orders | judged | chats
    assert {duty: actions & ours for duty, actions in offered.items()} == {
        OWNER: ours,
        STOCK: orders,
        CATALOG: judged,
        SUPPORT: ours,
        FINANCE: set(),
        None: set(),
    }
    owners = {
        "identity.user.sign_out_everywhere",
        "identity.apikey.revoke",
        "procrastinate.procrastinatejob.try_again",
        "realtime.webhooksubscription.pause",
        "realtime.webhooksubscription.resume",
        "realtime.webhookdelivery.send_again",
        "realtime.webhookdelivery.discard",
    }
    for duty in DUTIES:
        assert offered[duty] & owners == (owners if duty == OWNER else set()), duty


def _request(email: str) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(email=email)
    return request
