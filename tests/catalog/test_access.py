"""Who may write products, at each door."""

import pytest
from django.test import Client

from config.identity.models import Role, Scope
from config.identity.services import create_user, issue_api_key
from config.identity.tokens import issue_token
from config.kernel.actors import SYSTEM
from tests.catalog.conftest import caller
from tests.catalog.goods import body, draft, made

pytestmark = pytest.mark.django_db


def bearer(role: Role) -> dict[str, str]:
    user = create_user(email=f"{role}@example.com", password=None, role=role)
    return {"Authorization": f"Bearer {issue_token(user=user)}"}


def key(*scopes: Scope) -> dict[str, str]:
    secret = issue_api_key(name="shop", scopes=scopes, created_by=SYSTEM).secret
    return {"Authorization": f"Api-Key {secret}"}


def statuses(headers: dict[str, str]) -> dict[str, int]:
    """What each write answers to these credentials."""
    call = caller(Client())
    one, two, three, four = made(draft(), draft(), draft(), draft())
    return {
        "catalog": call("POST", "/products", body(), **headers).status_code,
        "change": call("PATCH", f"/products/{one}", {}, **headers).status_code,
        "delete": call("DELETE", f"/products/{two}", **headers).status_code,
        "batch": call("POST", "/products/batch", [], **headers).status_code,
        "shop": call("POST", "/api/products", {"title": "x", "price": 1}, **headers).status_code,
        "shop change": call("PATCH", f"/api/products/{three}", {}, **headers).status_code,
        "shop delete": call("DELETE", f"/api/products/{four}", **headers).status_code,
    }


DONE = {
    "catalog": 201,
    "change": 200,
    "delete": 204,
    "batch": 201,
    "shop": 201,
    "shop change": 200,
    "shop delete": 200,
}


def test_staff_write_at_both_doors() -> None:
    assert statuses(bearer(Role.ADMIN)) == DONE


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.TAILOR, Role.DELIVERY])
def test_no_other_role_writes(role: Role) -> None:
    assert set(statuses(bearer(role)).values()) == {403}


def test_a_guest_does_not_write() -> None:
    assert set(statuses({}).values()) == {401}


def test_a_service_with_its_scope_writes_at_the_catalog_door() -> None:
    shop = {name: 403 for name in DONE if name.startswith("shop")}
    assert statuses(key(Scope.CATALOG_WRITE)) == {**DONE, **shop}


def test_a_service_without_the_scope_does_not_write() -> None:
    assert set(statuses(key(Scope.STOCK_WRITE, Scope.ORDERS_READ)).values()) == {403}


@pytest.mark.usefixtures("open_mode")
def test_in_open_mode_a_guest_writes() -> None:
    assert statuses({}) == DONE


def test_anyone_reads() -> None:
    call = caller(Client())
    (product_id,) = made(draft())
    paths = ("/products", f"/products/{product_id}", "/api/products", f"/api/products/{product_id}")
    assert [call("GET", path).status_code for path in (*paths, "/api/products/featured")] == [200] * 5
