"""Users: one for each address, staff by role, passwords that hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher
from django.db import IntegrityError, connection, transaction

from config.identity.errors import EmailTaken, UnknownUser
from config.identity.models import Role, User
from config.identity.services import change_role, create_user, find_user, set_password, update_user
from config.kernel.errors import InvalidInput
from tests.identity.visitors import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_new_user_is_a_customer_who_can_sign_in() -> None:
    user = create_user(email=" Ada@Example.COM ", password=PASSWORD, name="Ada", phone="+1")
    assert (user.email, user.role, user.is_staff, user.is_superuser) == (
        "Ada@example.com",
        "customer",
        False,
        False,
    )
    assert user.pk.startswith("usr_")
    assert authenticate(username="ADA@example.com", password=PASSWORD) == user
    assert authenticate(username="ada@example.com", password="wrong") is None


def test_without_a_password_nobody_can_sign_in() -> None:
    user = create_user(email="a@example.com", password=None)
    assert not user.has_usable_password()


@pytest.mark.parametrize("role", Role.values)
def test_staff_is_exactly_the_role_admin(user_in: Callable[[Role], User], role: str) -> None:
    user = user_in(Role(role))
    assert user.is_staff == (role == "admin")
    for other in Role:
        change_role(user=user, role=other)
        fresh = User.objects.get(pk=user.pk)
        assert (fresh.role, fresh.is_staff) == (other, other == Role.ADMIN)
        assert fresh.has_perm("identity.change_user") == fresh.has_module_perms("identity") == fresh.is_staff


@pytest.mark.parametrize("wrong", [{"is_staff": True}, {"role": "admin"}])
def test_the_database_itself_ties_staff_to_the_role(customer: User, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="user_staff_is_the_admin_role"), transaction.atomic():
        User.objects.filter(pk=customer.pk).update(**wrong)


def test_who_leaves_the_staff_keeps_no_special_right(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    change_role(user=staff, role=Role.DELIVERY)
    assert (staff.is_superuser, staff.has_perm("identity.change_user")) == (False, False)


def test_inactive_staff_have_no_right(staff: User) -> None:
    update_user(user=staff, is_active=False)
    assert not staff.has_perm("identity.change_user")
    assert not staff.has_module_perms("identity")


def test_a_role_that_there_is_not_is_refused(customer: User) -> None:
    with pytest.raises(InvalidInput, match="role: must be one of customer, admin, tailor, delivery"):
        change_role(user=customer, role="king")  # type: ignore[arg-type]
    assert User.objects.get().role == "customer"


@pytest.mark.parametrize("email", ["ADA@example.com", "ada@EXAMPLE.com", "ada@example.com "])
def test_an_address_is_taken_whatever_its_case(email: str) -> None:
    create_user(email="ada@example.com", password=None)
    with pytest.raises(EmailTaken) as refusal:
        create_user(email=email, password=None)
    assert refusal.value.code == "email_taken"
    other = create_user(email="b@example.com", password=None)
    with pytest.raises(EmailTaken):
        update_user(user=other, email=email)
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_an_address_at_once_one_gets_it() -> None:
    def take(number: int) -> str:
        try:
            create_user(email=("a@example.com", "A@example.com")[number % 2], password=None)
        except EmailTaken:
            return "taken"
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(take, range(8)))
    assert outcomes == ["made", *["taken"] * 7]
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.com", "a b@example.com", "a@b\0.com", "x" * 400]
)
def test_an_address_that_is_none_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_user(email=email, password=None)
    assert refusal.value.details == {"email": ["must be an e-mail address"]}


@pytest.mark.parametrize("password", ["short1", "password123", "1234567890123", "heron@example.com", ""])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput, match=r"^password: "):
        create_user(email="heron@example.com", password=password)
    assert User.objects.count() == 0


def test_a_password_can_be_changed(customer: User) -> None:
    set_password(user=customer, password="Blue-kestrel-7")
    assert authenticate(username=customer.email, password=PASSWORD) is None
    assert authenticate(username=customer.email, password="Blue-kestrel-7") == customer
    with pytest.raises(InvalidInput):
        set_password(user=customer, password="123")


def test_passwords_are_hashed_by_argon2_outside_of_tests() -> None:
    from config.settings.base import PASSWORD_HASHERS

    assert PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
    assert identify_hasher(create_user(email="a@example.com", password=PASSWORD).password).algorithm == "md5"


def test_what_is_not_given_is_not_changed(customer: User) -> None:
    update_user(user=customer, name="Ada", phone="1")
    update_user(user=customer, phone="2")
    fresh = User.objects.get()
    assert (fresh.name, fresh.phone, fresh.email, fresh.is_active) == ("Ada", "2", customer.email, True)


def test_a_user_is_found_by_address_in_the_index(customer: User) -> None:
    assert find_user(email="CUSTOMER@example.com") == customer
    with pytest.raises(UnknownUser):
        find_user(email="nobody@example.com")
    assert 'LOWER("identity_user"."email")' in str(User.objects.with_email("a@example.com").query)


def test_a_superuser_is_staff() -> None:
    user = User.objects.create_superuser("root@example.com", PASSWORD)
    assert (user.role, user.is_staff, user.is_superuser) == ("admin", True, True)
