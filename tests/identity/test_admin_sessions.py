"""Signing in to the console is a sign-in like any other: sockets know it, and its end is the session's."""

from __future__ import annotations

import pytest
from django.test import Client

from config.identity.cookies import SIGN_IN_COOKIE
from config.identity.models import SignIn, User
from config.identity.services import end_all_sign_ins, end_sign_in
from config.identity.sessions import SIGN_IN
from config.identity.tokens import verify_access_token
from tests.identity.visitors import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_paths")]


def signed_in(staff: User) -> Client:
    client = Client(headers={"X-Forwarded-For": "203.0.113.7"})
    answer = client.post("/admin/login/?next=/admin/", {"username": staff.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def test_signing_in_gives_the_sockets_a_token_of_a_sign_in(staff: User) -> None:
    client = signed_in(staff)
    sign_in = SignIn.objects.get(user=staff)
    cookie = client.cookies[SIGN_IN_COOKIE]
    assert verify_access_token(cookie.value).sign_in == sign_in.pk
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert client.session[SIGN_IN] == sign_in.pk
    assert sign_in.address == "203.0.113.7"


def test_a_wrong_password_and_a_customers_leave_no_token(staff: User, customer: User) -> None:
    client = Client()
    for email, password in ((staff.email, "wrong"), (customer.email, PASSWORD)):
        client.post("/admin/login/", {"username": email, "password": password})
    assert SIGN_IN_COOKIE not in client.cookies
    assert not SignIn.objects.exists()


def test_signing_out_ends_the_sign_in_and_takes_the_token(staff: User) -> None:
    client = signed_in(staff)
    assert client.post("/admin/logout/").status_code == 200
    assert SignIn.objects.get().ended_at is not None
    assert client.cookies[SIGN_IN_COOKIE].value == ""
    assert client.get("/admin/").status_code == 302


def test_the_storefronts_sign_out_is_the_consoles(staff: User) -> None:
    client = signed_in(staff)
    assert client.post("/sign-out").status_code == 302
    assert SignIn.objects.get().ended_at is not None
    assert client.get("/admin/").status_code == 302


def test_a_sign_in_that_was_ended_elsewhere_opens_nothing_any_more(staff: User) -> None:
    client, other = signed_in(staff), signed_in(staff)
    end_sign_in(sign_in_id=client.session[SIGN_IN])
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/?next=/admin/").status_code == 200, "and does not go round in circles"
    assert client.get("/api/analytics/summary").status_code == 401
    assert other.get("/admin/").status_code == 200
    end_all_sign_ins(user=staff)
    assert other.get("/admin/").status_code == 302
    again = client.post("/admin/login/?next=/admin/", {"username": staff.email, "password": PASSWORD})
    assert again.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_another_password_ends_the_other_sessions_and_not_ones_own(staff: User) -> None:
    client, other = signed_in(staff), signed_in(staff)
    new = "a-quite-different-one"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/admin/password_change/", form).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


def test_a_token_that_has_become_old_is_renewed_with_a_page(staff: User) -> None:
    client = signed_in(staff)
    assert SIGN_IN_COOKIE not in client.get("/admin/").cookies
    session = client.session
    session["token_until"] = 0
    session.save()
    fresh = client.get("/admin/").cookies[SIGN_IN_COOKIE].value
    assert verify_access_token(fresh).sign_in == client.session[SIGN_IN]


def test_every_page_of_the_console_is_under_its_policy(staff: User) -> None:
    client = signed_in(staff)
    for path in ("/admin/", "/admin/identity/user/", "/admin/console/machinery"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy, "no other origin"
    assert "default-src 'none'" in Client().get("/admin/login/")["Content-Security-Policy"]
