"""Making and changing users."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from config.identity.duties import Duty
from config.identity.errors import EmailTaken, LastOwner, UnknownUser
from config.identity.models import Role, User
from config.identity.services.announcing import announce_rights_changed
from config.identity.services.endings import end_all_sign_ins
from config.identity.services.refusing import invalid
from config.identity.signals import Subject

_LONGEST_EMAIL = 254


def find_user(*, email: str) -> User:
    """The user with this e-mail address, whatever its case. *Refuses* an unknown one."""
    user = User.objects.with_email(email).first()
    if user is None:
        raise UnknownUser(f"There is no user {email}")
    return user


def create_user(
    *,
    email: str,
    password: str | None,
    role: Role = Role.CUSTOMER,
    name: str = "",
    phone: str = "",
    duties: Collection[Duty] | None = None,
) -> User:
    """A new user; without a password nobody can sign in as them, only a token can be issued.

    Staff whose ``duties`` are not named are owners.

    *Locks* nothing. *Refuses* an address that is none or taken, a password that is too weak.
    *Announces* nothing.
    """
    email = _checked_email(email)
    if password is not None:
        _check_password(password, User(email=email, name=name, phone=phone))
    with _email_once():
        given = {} if duties is None or role != Role.ADMIN else {"duties": sorted(set(duties))}
        return User.objects.create_user(email, password, role=role, name=name, phone=phone, **given)


def update_user(
    *,
    user: User,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    is_active: bool | None = None,
) -> User:
    """Change what is given of a user. One who is not active can't sign in, and their tokens stop holding.

    *Locks* the user's row, then those of their sign-ins. *Refuses* an address that is none or taken.
    *Announces* ``rights_changed`` of one who is active no more.
    """
    given = {"name": name, "phone": phone, "email": email, "is_active": is_active}
    changes = {field: value for field, value in given.items() if value is not None}
    if email is not None:
        changes["email"] = _checked_email(email)
    if changes:
        with _email_once():
            here = User.objects.filter(pk=user.pk)
            leaves = is_active is False and here.filter(is_active=True).update(is_active=False)
            here.update(**changes, updated_at=Now())
            if leaves and not end_all_sign_ins(user=user):  # which announces it too
                announce_rights_changed(Subject("user", user.pk))
        user.refresh_from_db(fields=[*changes, "updated_at"])
    return user


def change_role(*, user: User, role: Role) -> User:
    """Give ``user`` another role; the admin is open to the role ``admin`` and to no other.

    Tokens that name the old role stop holding at once. Sign-ins last: their next refresh gives the new role.
    Who becomes staff has no duties yet, unless there is no owner at all: then they are one.
    *Locks* the user's row. *Refuses* a role that there is not. *Announces* ``rights_changed`` of the user,
    if they had another.
    """
    if role not in Role.values:
        raise invalid("role", f"must be one of {', '.join(Role.values)}")
    is_staff = role == Role.ADMIN
    with transaction.atomic():
        duties = [Duty.OWNER] if is_staff and not _locked_owners() else []
        changes = {"role": role, "is_staff": is_staff, "duties": duties, "is_superuser": False}
        if User.objects.filter(pk=user.pk).exclude(role=role).update(**changes, updated_at=Now()):
            announce_rights_changed(Subject("user", user.pk))
    user.refresh_from_db(fields=("role", "is_staff", "duties", "is_superuser", "updated_at"))
    return user


def change_duties(*, user: User, duties: Collection[Duty]) -> User:
    """Have a member of the staff do this, and nothing else, from their next request on.

    *Locks* the rows of all owners. *Refuses* a duty that there is not, duties of somebody who is not staff;
    the last owner stays one (``LastOwner``). *Announces* nothing: every listener's rooms follow from roles.
    """
    wanted = sorted(set(duties))
    if not set(wanted) <= set(Duty.values):
        raise invalid("duties", f"must be among {', '.join(Duty.values)}")
    if wanted and user.role != Role.ADMIN:
        raise invalid("duties", "are for staff")
    with transaction.atomic():
        if Duty.OWNER not in wanted and _locked_owners() == {user.pk}:
            raise LastOwner
        User.objects.filter(pk=user.pk).update(duties=wanted, updated_at=Now())
    user.refresh_from_db(fields=("duties", "updated_at"))
    return user


def set_password(*, user: User, password: str, but: str = "") -> None:
    """Give ``user`` another password. Their sessions and sign-ins end, save the sign-in that ``but`` names.

    *Locks* the user's row, then those of their sign-ins. *Refuses* a password that is too weak.
    *Announces* ``rights_changed`` of the user, if any sign-in ended.
    """
    _check_password(password, user)
    user.set_password(password)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=user.password)
        end_all_sign_ins(user=user, but=but)


def _locked_owners() -> set[str]:
    """All who are owners and can sign in. Of two who give it up at once, the second finds the first gone."""
    owners = User.objects.filter(is_active=True, is_staff=True, duties__contains=[Duty.OWNER])
    return set(owners.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


@contextmanager
def _email_once() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "user_email_once" in str(error):
            raise EmailTaken from error
        raise


def _checked_email(email: str) -> str:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise invalid("email", "must be an e-mail address") from None
    if len(email) > _LONGEST_EMAIL:
        raise invalid("email", f"must have at most {_LONGEST_EMAIL} characters")
    return email


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise invalid("password", *error.messages) from None
