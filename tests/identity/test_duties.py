"""What staff may do follows from their duties, and there is always an owner."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.test import Client, RequestFactory
from rest_framework.request import Request
from rest_framework.views import APIView

from config.identity import duties, services
from config.identity.duties import Duty
from config.identity.errors import LastOwner
from config.identity.models import Role, User
from config.identity.permissions import may
from config.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db

WHATEVER = "orders.refund_payment"


@pytest.fixture(autouse=True)
def granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "_granted", defaultdict(set))
    duties.grant(Duty.FINANCE, Duty.SUPPORT, permissions=["orders.view_*"])
    duties.grant(Duty.FINANCE, permissions=[WHATEVER])


def staff_with(*wanted: Duty, email: str = "staff@example.com") -> User:
    return services.create_user(email=email, password=None, role=Role.ADMIN, duties=wanted)


def test_duties_are_what_staff_may_do() -> None:
    owner = services.create_user(email="first@example.com", password=None, role=Role.ADMIN)
    finance = staff_with(Duty.FINANCE, email="f@example.com")
    support = staff_with(Duty.SUPPORT, email="s@example.com")
    nothing = staff_with(email="n@example.com")
    people = {"owner": owner, "finance": finance, "support": support, "nothing": nothing}
    assert [name for name, user in people.items() if user.has_perm(WHATEVER)] == ["owner", "finance"]
    assert [name for name, user in people.items() if user.has_perm("orders.view_order")] == [
        "owner",
        "finance",
        "support",
    ]
    assert [name for name, user in people.items() if user.has_module_perms("catalog")] == ["owner"]
    customer = services.create_user(email="c@example.com", password=None, duties=[Duty.OWNER])
    assert (customer.duties, customer.has_perm(WHATEVER)) == ([], False)
    services.update_user(user=finance, is_active=False)
    assert not finance.has_perm(WHATEVER)


def test_an_endpoint_may_ask_for_a_duty(rf: RequestFactory) -> None:
    rule = may(roles=[Role.ADMIN, Role.CUSTOMER], duty=WHATEVER)()
    customer = services.create_user(email="c@example.com", password=None)
    allowed: dict[str, User | AnonymousUser] = {
        "finance": staff_with(Duty.FINANCE),
        "support": staff_with(Duty.SUPPORT, email="s@example.com"),
        "customer": customer,
        "guest": AnonymousUser(),
    }
    request = Request(rf.get("/"))
    request.auth = None
    answers = {}
    for name, request.user in allowed.items():
        answers[name] = rule.has_permission(request, APIView())
    assert answers == {"finance": True, "support": False, "customer": True, "guest": False}


def test_the_last_owner_stays_one() -> None:
    owner = staff_with(Duty.OWNER)
    with pytest.raises(LastOwner):
        services.change_duties(user=owner, duties=[Duty.STOCK])
    owner.refresh_from_db()
    assert owner.duties == ["owner"]
    other = staff_with(Duty.STOCK, email="other@example.com")
    services.change_duties(user=other, duties=[Duty.OWNER, Duty.STOCK])
    services.change_role(user=owner, role=Role.CUSTOMER)
    owner.refresh_from_db()
    assert (owner.duties, owner.role) == ([], "customer")
    # Whoever comes when there is none is one.
    services.change_role(user=other, role=Role.TAILOR)
    services.change_role(user=owner, role=Role.ADMIN)
    assert owner.duties == ["owner"]


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one() -> None:
    owners = [staff_with(Duty.OWNER, email=f"o{number}@example.com") for number in range(2)]
    start = threading.Barrier(2)
    refused: list[str] = []

    def leave(owner: User) -> None:
        try:
            start.wait()
            services.change_duties(user=owner, duties=[])
        except LastOwner:
            refused.append(owner.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=leave, args=(owner,)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert list(User.objects.filter(duties=["owner"]).values_list("pk", flat=True)) == refused


def test_what_is_no_duty_and_who_is_no_staff_are_refused() -> None:
    staff_with(Duty.OWNER)
    customer = services.create_user(email="c@example.com", password=None)
    with pytest.raises(InvalidInput):
        services.change_duties(user=customer, duties=[Duty.STOCK])
    with pytest.raises(InvalidInput):
        services.change_duties(user=customer, duties=["king"])  # type: ignore[list-item]  # what a door may pass on
    services.change_role(user=customer, role=Role.ADMIN)
    assert (customer.duties, customer.has_perm("orders.view_order")) == ([], False)


def test_owners_give_duties_in_the_admin_and_nobody_else_does() -> None:
    owner, keeper = staff_with(Duty.OWNER), staff_with(Duty.STOCK, email="k@example.com")
    client = Client()
    client.force_login(owner)
    form = {"email": keeper.email, "name": "", "phone": "", "role": "admin", "new_password": ""}
    path = f"/admin/identity/user/{keeper.pk}/change/"
    client.post(path, {**form, "is_active": "on", "duties": ["finance", "support"]})
    keeper.refresh_from_db()
    assert keeper.duties == ["finance", "support"]
    own = f"/admin/identity/user/{owner.pk}/change/"
    answer: Any = client.post(
        own, {**form, "email": owner.email, "is_active": "on", "duties": ["stock"]}, follow=True
    )
    assert "The last owner must stay one" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.duties == ["owner"]
    client.force_login(keeper)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/identity/user/").status_code == 403
    assert client.post(path, {**form, "is_active": "on", "duties": ["owner"]}).status_code == 403
    keeper.refresh_from_db()
    assert keeper.duties == ["finance", "support"]
