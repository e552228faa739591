"""The console's addresses: typed in by hand, without their last slash, and with what no database holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from config.identity.duties import Duty
from config.identity.models import Role, User
from config.identity.services import create_user
from tests.fingerprint import nothing_changes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_courier")]

PASSWORD = "a long enough password"


@pytest.fixture
def owner() -> User:
    return create_user(email="o@example.com", password=PASSWORD, role=Role.ADMIN, duties=[Duty.OWNER])


@pytest.fixture
def console(owner: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    return client


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/admin", "/admin/"),
        ("/admin?a=b", "/admin/?a=b"),
        ("/admin/orders/order", "/admin/orders/order/"),
        ("/admin/orders/order?q=SW-1", "/admin/orders/order/?q=SW-1"),
        ("/admin/catalog/product/add", "/admin/catalog/product/add/"),
    ],
)
def test_an_address_without_its_last_slash_leads_to_the_page(
    console: Client, path: str, leads_to: str
) -> None:
    answer = console.get(path)
    assert (answer.status_code, answer["Location"]) == (302, leads_to)
    assert console.get(leads_to).status_code == 200


@pytest.mark.parametrize("path", ["/admin/nothing", "/admin/orders/nothing", "/admin/nothing/", "/adminx"])
def test_an_address_that_leads_nowhere_still_does(console: Client, path: str) -> None:
    assert console.get(path).status_code == 404


def test_a_form_is_not_led_on(console: Client) -> None:
    assert console.post("/admin/orders/order").status_code == 404
    assert console.post("/admin").status_code == 405


def test_a_guest_who_types_the_consoles_address_comes_to_its_sign_in() -> None:
    answer = Client().get("/admin", follow=True)
    assert answer.redirect_chain == [("/admin/", 302), ("/admin/login/?next=/admin/", 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize("next_page", ["", "/admin/orders/order/"])
def test_who_signs_in_comes_to_the_console(owner: User, next_page: str) -> None:
    path = f"/admin/login/?next={next_page}" if next_page else "/admin/login/"
    answer = Client().post(path, {"username": owner.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, next_page or "/admin/")


def test_no_list_is_asked_for_what_no_database_holds(console: Client) -> None:
    queries = ("q=%00", "q=a%00b", "%00=1", "o=%00", "p=%00")
    for model, page in admin.site._registry.items():
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        filters = [f"{name}=x%00" for name in map(_named, page.list_filter) if name]
        for query in (*queries, *filters):
            assert console.get(f"{path}?{query}").status_code == 400, (path, query)
        assert console.get(f"{path}x%00/change/").status_code == 400, path
        with nothing_changes():
            form = {"action": "delete_selected", "_selected_action": "x\0"}
            assert console.post(path, form).status_code == 400, path


def _named(one: Any) -> str:
    return one if isinstance(one, str) else str(getattr(one, "parameter_name", "") or "")


def test_an_address_with_nul_is_refused_on_a_page_that_leads_back(console: Client) -> None:
    answer = console.get("/admin/orders/order/?status__exact=%00")
    assert answer.status_code == 400
    assert 'href="/admin/"' in answer.content.decode()
