"""Rights that are withdrawn are announced after the commit, once; whoever asks is told whose still hold."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from config.identity.models import ApiKey, Role, Scope, SignIn, User
from config.identity.selectors import KeyRight, UserRight, key_rights_that_hold, user_rights_that_hold
from config.identity.services import (
    NewPassword,
    change_own_profile,
    change_role,
    create_user,
    end_all_sign_ins,
    end_sign_in,
    issue_api_key,
    refresh_sign_in,
    register,
    revoke_api_key,
    set_password,
    sign_in,
    sign_out,
    update_user,
)
from config.identity.signals import Subject, rights_changed
from config.kernel.actors import SYSTEM
from tests.identity.visitors import PASSWORD

pytestmark = pytest.mark.django_db

Heard = list[tuple[Subject, ...]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What was announced."""
    announced: Heard = []

    def hear(sender: object, subjects: tuple[Subject, ...], **_signal: Any) -> None:
        announced.append(subjects)

    rights_changed.connect(hear)
    yield announced
    rights_changed.disconnect(hear)


@pytest.fixture
def during(
    heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Callable[[Callable[[], Any]], Heard]:
    """What is announced of some work, once it is committed; and nothing before."""

    def of(work: Callable[[], Any]) -> Heard:
        heard.clear()
        with django_capture_on_commit_callbacks(execute=True):
            work()
            assert heard == []
        return list(heard)

    return of


def signed_in(user: User, password: str = PASSWORD) -> SignIn:
    sign_in(email=user.email, password=password, address="")
    return SignIn.objects.filter(user=user).latest("created_at")


During = Callable[[Callable[[], Any]], Heard]


def test_another_role_is_announced_and_the_same_one_is_not(customer: User, during: During) -> None:
    assert during(lambda: change_role(user=customer, role=Role.TAILOR)) == [(Subject("user", customer.pk),)]
    assert during(lambda: change_role(user=customer, role=Role.TAILOR)) == []


def test_who_leaves_is_announced_once_with_or_without_sign_ins(customer: User, during: During) -> None:
    assert during(lambda: update_user(user=customer, is_active=False)) == [(Subject("user", customer.pk),)]
    assert during(lambda: update_user(user=customer, is_active=False)) == []
    assert during(lambda: update_user(user=customer, is_active=True, name="Ada")) == []
    signed_in(customer)
    assert during(lambda: update_user(user=customer, is_active=False)) == [(Subject("user", customer.pk),)]
    assert SignIn.objects.living().count() == 0


def test_a_password_is_announced_for_what_it_ends(customer: User, during: During) -> None:
    assert during(lambda: set_password(user=customer, password="Blue-kestrel-7")) == []
    kept = signed_in(customer, "Blue-kestrel-7")
    assert during(lambda: set_password(user=customer, password="Red-avocet-8", but=kept.pk)) == []
    signed_in(customer, "Red-avocet-8")
    assert during(lambda: set_password(user=customer, password="Grey-heron-42", but=kept.pk)) == [
        (Subject("user", customer.pk),)
    ]
    assert list(SignIn.objects.living()) == [kept]


def test_a_password_of_ones_own_too(customer: User, during: During) -> None:
    here, _there = signed_in(customer), signed_in(customer)
    change = NewPassword("Blue-kestrel-7", current=PASSWORD)

    def work() -> None:
        change_own_profile(
            user=customer, new_password=change, sign_in=here.pk, address="", guard=lambda present: None
        )

    assert during(work) == [(Subject("user", customer.pk),)]
    assert "kestrel" not in repr(change)
    assert PASSWORD not in repr(change)


def test_a_sign_in_that_ends_is_announced_once(customer: User, during: During) -> None:
    one = signed_in(customer)
    assert during(lambda: end_sign_in(sign_in_id=one.pk)) == [(Subject("sign_in", one.pk),)]
    assert during(lambda: end_sign_in(sign_in_id=one.pk)) == []
    assert during(lambda: end_sign_in(sign_in_id="sgn_nobody")) == []
    signed_in(customer)
    assert during(lambda: end_all_sign_ins(user=customer)) == [(Subject("user", customer.pk),)]
    assert during(lambda: end_all_sign_ins(user=customer)) == []


def test_signing_out_is_announced_and_signing_in_and_going_on_are_not(during: During) -> None:
    tokens: list[str] = []

    def come() -> None:
        came = register(email="a@example.com", password=PASSWORD, name="A", phone="", address="")
        tokens.append(came.refresh_token)

    assert during(come) == []
    assert during(lambda: tokens.append(refresh_sign_in(refresh_token=tokens[0]).refresh_token)) == []
    assert during(lambda: sign_out(refresh_token=tokens[1])) == [
        (Subject("sign_in", SignIn.objects.get().pk),)
    ]


def test_a_key_that_is_revoked_is_announced_once(during: During) -> None:
    key = issue_api_key(name="till", scopes=["orders:read"], created_by=SYSTEM).record
    assert during(lambda: revoke_api_key(name="till")) == [(Subject("key", key.pk),)]
    assert during(lambda: revoke_api_key(name="till")) == []


def test_what_is_taken_back_is_not_announced(customer: User, during: During) -> None:
    def change_one_s_mind() -> None:
        with transaction.atomic():
            change_role(user=customer, role=Role.TAILOR)
            transaction.set_rollback(True)

    assert during(change_one_s_mind) == []


@pytest.mark.django_db(transaction=True)
def test_a_listener_that_fails_is_logged_and_disturbs_nobody(
    heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sender: object, **_signal: Any) -> None:
        raise RuntimeError("no Redis")

    rights_changed.connect(fail)
    try:
        customer = create_user(email="a@example.com", password=None)
        with caplog.at_level(logging.ERROR):
            change_role(user=customer, role=Role.TAILOR)
    finally:
        rights_changed.disconnect(fail)
    assert heard == [(Subject("user", customer.pk),)]
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("no Redis",)]  # type: ignore[union-attr]
    assert User.objects.get().role == "tailor"


# ------------------------------------------------------------------------------- in the admin


@pytest.fixture
def admin(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def form_of(user: User, **changes: str) -> dict[str, str]:
    form = {
        "email": user.email,
        "name": "",
        "phone": "",
        "role": user.role,
        "new_password": "",
        "is_active": "on",
    }
    return {name: value for name, value in {**form, **changes}.items() if value != "off"}


@pytest.mark.parametrize(
    "changes", [{"role": "tailor"}, {"is_active": "off"}, {"new_password": "Blue-kestrel-7"}]
)
def test_what_staff_change_of_a_user_is_announced(
    admin: Client, customer: User, during: During, changes: dict[str, str]
) -> None:
    signed_in(customer)
    path = f"/admin/identity/user/{customer.pk}/change/"
    assert during(lambda: admin.post(path, form_of(customer))) == []
    assert during(lambda: admin.post(path, form_of(customer, **changes))) == [(Subject("user", customer.pk),)]
    assert SignIn.objects.living().count() == (1 if "role" in changes else 0)


def test_staff_sign_users_out_everywhere(admin: Client, customer: User, staff: User, during: During) -> None:
    signed_in(customer)
    signed_in(customer)
    signed_in(staff)
    action = {"action": "sign_out_everywhere", "_selected_action": [customer.pk]}
    assert during(lambda: admin.post("/admin/identity/user/", action)) == [(Subject("user", customer.pk),)]
    assert [left.user for left in SignIn.objects.living()] == [staff]
    assert admin.get("/admin/").status_code == 200


def test_the_admins_page_for_ones_own_password_ends_ones_sign_ins(
    shop_paths: None, admin: Client, staff: User, during: During
) -> None:
    signed_in(staff)
    assert admin.get("/admin/password_change/").status_code == 200
    form = {"old_password": PASSWORD, "new_password1": "Blue-kestrel-7", "new_password2": "Blue-kestrel-7"}
    answers: list[Any] = []
    assert during(lambda: answers.append(admin.post("/admin/password_change/", form))) == [
        (Subject("user", staff.pk),)
    ]
    assert answers[0].headers["Location"] == "/admin/password_change/done/"
    assert SignIn.objects.living().count() == 0
    assert admin.get("/admin/").status_code == 200  # this session goes on
    staff.refresh_from_db()
    assert staff.check_password("Blue-kestrel-7")


def test_the_page_for_ones_own_password_is_for_staff(shop_paths: None) -> None:
    answer = Client().get("/admin/password_change/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def test_nobody_takes_a_note_about_a_used_token_away(admin: Client) -> None:
    assert admin.get("/admin/token_blacklist/blacklistedtoken/").status_code == 404
    assert admin.get("/admin/token_blacklist/outstandingtoken/").status_code == 404


# ------------------------------------------------------------------------------- who asks


def test_whose_rights_still_hold_is_told_for_all_at_once(
    customer: User, staff: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lasting, ended, of_staff = signed_in(customer), signed_in(customer), signed_in(staff)
    end_sign_in(sign_in_id=ended.pk)
    gone = create_user(email="gone@example.com", password=PASSWORD)
    of_gone = signed_in(gone)
    get_user_model().objects.filter(pk=gone.pk).update(is_active=False)
    hold = {
        UserRight(customer.pk, "customer"),
        UserRight(customer.pk, "customer", lasting.pk),
        UserRight(staff.pk, "admin", of_staff.pk),
    }
    do_not = {
        UserRight(customer.pk, "customer", ended.pk),
        UserRight(customer.pk, "customer", of_staff.pk),
        UserRight(customer.pk, "customer", "sgn_nobody"),
        UserRight(customer.pk, "admin"),
        UserRight(customer.pk, "admin", lasting.pk),
        UserRight(gone.pk, "customer"),
        UserRight(gone.pk, "customer", of_gone.pk),
        UserRight("usr_nobody", "customer"),
    }
    with django_assert_num_queries(1):
        assert user_rights_that_hold(hold | do_not) == hold
    with django_assert_num_queries(len(hold | do_not)):
        assert {right for right in hold | do_not if user_rights_that_hold([right])} == hold
    with django_assert_num_queries(0):
        assert user_rights_that_hold([]) == set()


def test_of_a_user_with_many_sign_ins_each_is_judged_for_itself(
    customer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    all_of_them = [signed_in(customer) for _ in range(6)]
    for one in all_of_them[::2]:
        end_sign_in(sign_in_id=one.pk)
    rights = {UserRight(customer.pk, "customer", one.pk) for one in all_of_them}
    with django_assert_num_queries(1):
        held = user_rights_that_hold(rights)
    assert {right.sign_in for right in held} == {one.pk for one in all_of_them[1::2]}


def test_which_keys_still_hold_is_told_too(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    kept, revoked, narrowed = (
        issue_api_key(name=name, scopes=[Scope.ORDERS_READ, Scope.EVENTS_READ], created_by=SYSTEM).record
        for name in ("kept", "revoked", "narrowed")
    )
    rights = {KeyRight(key.pk, frozenset(key.scopes)) for key in (kept, revoked, narrowed)}
    revoke_api_key(name="revoked")
    ApiKey.objects.filter(pk=narrowed.pk).update(scopes=["orders:read"])
    with django_assert_num_queries(1):
        assert {right.key_id for right in key_rights_that_hold(rights)} == {kept.pk}
    with django_assert_num_queries(0):
        assert key_rights_that_hold([]) == set()
