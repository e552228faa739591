"""Users and keys in the admin: through the services, the key shown once."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import authenticate
from django.db.models.functions import Now
from django.test import Client

from config.identity.errors import TooManyFailures
from config.identity.keys import verify_api_key
from config.identity.models import ApiKey, AttemptCount, Role, User
from config.identity.services import issue_api_key
from config.identity.services import sign_in as sign_in_over_rest
from config.kernel.actors import SYSTEM
from tests.identity.visitors import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def errors_of(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def user_form(**fields: str) -> dict[str, str]:
    form = {"email": "new@example.com", "name": "New", "phone": "", "role": "customer", "new_password": ""}
    return {**form, "is_active": "on", **fields}


def test_staff_sign_in_by_address(staff: User) -> None:
    client = Client()
    answer = client.post(
        "/admin/login/?next=/admin/", {"username": "ADMIN@example.com", "password": PASSWORD}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_guesses_at_a_password_are_refused_unseen_after_some(staff: User) -> None:
    client = Client(headers={"X-Forwarded-For": "203.0.113.7"})

    def sign_in(password: str) -> Any:
        return client.post("/admin/login/?next=/admin/", {"username": staff.email, "password": password})

    for number in range(5):
        answer = sign_in(f"guess {number}")
        assert "Please enter the correct" in str(answer.context["form"].non_field_errors())
    # The right one is not looked at either; over REST it is the same count.
    assert str(sign_in(PASSWORD).context["form"].non_field_errors().as_text()) == (
        "* Too many failed attempts; try again later (15 min)."
    )
    with pytest.raises(TooManyFailures):
        sign_in_over_rest(email=staff.email, password=PASSWORD, address="203.0.113.7")
    AttemptCount.objects.update(until=Now())
    assert sign_in(PASSWORD).status_code == 302
    # What was right is no failure, and has the failures before it forgotten.
    assert all(count == 0 for count in AttemptCount.objects.values_list("count", flat=True))


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.TAILOR, Role.DELIVERY])
def test_nobody_else_gets_in(user_in: Any, role: Role) -> None:
    client = Client()
    user = user_in(role)
    answer: Any = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    client.force_login(user)
    assert client.get("/admin/identity/user/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "",
        "identity/user/",
        "identity/user/add/",
        "identity/apikey/",
        "identity/apikey/add/",
        "identity/user/?q=a",
    ],
)
def test_every_page_opens(admin: Client, path: str) -> None:
    assert admin.get(f"/admin/{path}").status_code == 200


def test_a_user_is_made_in_any_role_with_a_password(admin: Client) -> None:
    answer = admin.post("/admin/identity/user/add/", user_form(role="admin", new_password=PASSWORD))
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.com")
    assert (user.role, user.is_staff, user.is_active) == ("admin", True, True)
    assert authenticate(username="new@example.com", password=PASSWORD) == user
    assert LogEntry.objects.get().object_id == user.pk


def test_a_user_without_a_password_and_not_active(admin: Client) -> None:
    form = user_form()
    del form["is_active"]
    admin.post("/admin/identity/user/add/", form)
    user = User.objects.get(email="new@example.com")
    assert (user.has_usable_password(), user.is_active) == (False, False)


def test_a_change_of_role_changes_what_the_user_may(admin: Client, customer: User) -> None:
    path = f"/admin/identity/user/{customer.pk}/change/"
    assert admin.get(path).status_code == 200
    for role, is_staff in (("admin", True), ("tailor", False)):
        answer = admin.post(path, user_form(email=customer.email, role=role))
        assert answer.status_code == 302
        customer.refresh_from_db()
        assert (customer.role, customer.is_staff, customer.name) == (role, is_staff, "New")
    assert authenticate(username=customer.email, password=PASSWORD) == customer


def test_a_password_is_set_by_staff(admin: Client, customer: User) -> None:
    path = f"/admin/identity/user/{customer.pk}/change/"
    admin.post(path, user_form(email=customer.email, new_password="Blue-kestrel-7"))
    assert authenticate(username=customer.email, password="Blue-kestrel-7") == customer


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"email": "ADMIN@example.com"}, "__all__"),
        ({"email": "nonsense"}, "email"),
        ({"role": "king"}, "role"),
        ({"new_password": "123"}, "new_password"),
    ],
)
def test_what_a_service_would_refuse_the_form_refuses_first(
    admin: Client, fields: dict[str, str], place: str
) -> None:
    answer = admin.post("/admin/identity/user/add/", user_form(**fields))
    assert answer.status_code == 200
    assert list(errors_of(answer)) == [place]
    assert User.objects.count() == 1


def test_nobody_is_deleted(admin: Client, customer: User) -> None:
    assert admin.post(f"/admin/identity/user/{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.count() == 2


def test_a_key_is_shown_in_one_answer_and_never_again(admin: Client, staff: User) -> None:
    form = {"name": "till", "scopes": ["stock:write", "events:read"]}
    answer = admin.post("/admin/identity/apikey/add/", form)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r"swk_[\w-]{40,}", answer.content.decode())
    assert found
    record = verify_api_key(found[0])
    assert (record.scopes, record.created_by) == (["stock:write", "events:read"], f"user:{staff.pk}")
    for path in ("", f"{record.pk}/change/"):
        page = admin.get(f"/admin/identity/apikey/{path}")
        assert page.status_code == 200
        assert found[0] not in page.content.decode()
        assert record.prefix in page.content.decode()
    assert found[0] not in str(list(admin.session.items())) + str(answer.cookies)
    assert LogEntry.objects.get().object_id == record.pk


@pytest.mark.parametrize(
    ("form", "place"),
    [
        ({"name": "till"}, "scopes"),
        ({"name": "", "scopes": ["stock:write"]}, "name"),
        ({"name": "taken", "scopes": ["stock:write"]}, "name"),
        ({"name": "till", "scopes": ["everything"]}, "scopes"),
    ],
)
def test_no_key_without_a_free_name_and_scopes(admin: Client, form: dict[str, Any], place: str) -> None:
    issue_api_key(name="taken", scopes=["orders:read"], created_by=SYSTEM)
    answer = admin.post("/admin/identity/apikey/add/", form)
    assert list(errors_of(answer)) == [place]
    assert ApiKey.objects.count() == 1


def test_keys_are_revoked_and_neither_changed_nor_deleted(admin: Client) -> None:
    keys = [issue_api_key(name=f"k{n}", scopes=["orders:read"], created_by=SYSTEM).record for n in range(3)]
    action = {"action": "revoke", "_selected_action": [keys[0].pk, keys[1].pk]}
    assert admin.post("/admin/identity/apikey/", action).status_code == 302
    assert sorted(ApiKey.objects.filter(revoked_at=None).values_list("name", flat=True)) == ["k2"]
    assert LogEntry.objects.count() == 2
    path = f"/admin/identity/apikey/{keys[2].pk}"
    assert admin.post(f"{path}/change/", {"name": "x", "scopes": ["stock:write"]}).status_code == 403
    assert admin.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert ApiKey.objects.filter(name="k2", scopes=["orders:read"]).exists()
