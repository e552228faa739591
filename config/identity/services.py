"""Making and changing users and API keys: every door (admin, commands, sign-up) comes through here.

Belongs here: the only writer of both tables. Does not belong here: checking credentials
(``tokens``, ``keys``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from config.identity.errors import EmailTaken, KeyNameTaken, UnknownKey, UnknownUser
from config.identity.keys import SHOWN, digest_of, new_key
from config.identity.models import ApiKey, Role, Scope, User
from config.kernel.actors import Actor
from config.kernel.errors import InvalidInput

_LONGEST_KEY_NAME = 100


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new API key. ``secret`` is the key itself: shown now, and known to nobody ever after."""

    record: ApiKey
    secret: str = field(repr=False)


def find_user(*, email: str) -> User:
    """The user with this e-mail address, whatever its case. *Refuses* an unknown one."""
    user = User.objects.with_email(email).first()
    if user is None:
        raise UnknownUser(f"There is no user {email}")
    return user


def create_user(
    *, email: str, password: str | None, role: Role = Role.CUSTOMER, name: str = "", phone: str = ""
) -> User:
    """A new user; without a password nobody can sign in as them, only a token can be issued.

    *Locks* nothing. *Refuses* an address that is none or taken, a password that is too weak.
    *Announces* nothing.
    """
    email = _checked_email(email)
    if password is not None:
        _check_password(password, User(email=email, name=name, phone=phone))
    with _email_once():
        return User.objects.create_user(email, password, role=role, name=name, phone=phone)


def update_user(
    *,
    user: User,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    is_active: bool | None = None,
) -> User:
    """Change what is given of a user. One who is not active can't sign in, and their tokens stop holding.

    *Locks* the user's row. *Refuses* an address that is none or taken. *Announces* nothing.
    """
    given = {"name": name, "phone": phone, "email": email, "is_active": is_active}
    changes = {field: value for field, value in given.items() if value is not None}
    if email is not None:
        changes["email"] = _checked_email(email)
    if changes:
        with _email_once():
            User.objects.filter(pk=user.pk).update(**changes)
        user.refresh_from_db(fields=list(changes))
    return user


def change_role(*, user: User, role: Role) -> User:
    """Give ``user`` another role; the admin is open to the role ``admin`` and to no other.

    Tokens that name the old role stop holding at once.
    *Locks* the user's row. *Refuses* a role that there is not. *Announces* nothing.
    """
    if role not in Role.values:
        raise _invalid("role", f"must be one of {', '.join(Role.values)}")
    is_staff = role == Role.ADMIN
    changes = {"role": role, "is_staff": is_staff, **({} if is_staff else {"is_superuser": False})}
    User.objects.filter(pk=user.pk).update(**changes)
    user.refresh_from_db(fields=("role", "is_staff", "is_superuser"))
    return user


def set_password(*, user: User, password: str) -> None:
    """Give ``user`` another password. Their sessions end, since these are bound to the old one.

    *Locks* the user's row. *Refuses* a password that is too weak. *Announces* nothing.
    """
    _check_password(password, user)
    user.set_password(password)
    User.objects.filter(pk=user.pk).update(password=user.password)


def issue_api_key(*, name: str, scopes: Collection[Scope | str], created_by: Actor) -> IssuedKey:
    """A new API key. The answer holds the key itself; after it only a digest exists.

    *Locks* nothing. *Refuses* an empty or taken name, no scope at all, a scope that there is not.
    *Announces* nothing.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST_KEY_NAME or not name.isprintable():
        raise _invalid("name", f"must have 1 to {_LONGEST_KEY_NAME} printable characters")
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        what = f"must be of {', '.join(Scope.values)}"
        raise _invalid("scopes", f"{what} (not {', '.join(unknown)})" if unknown else what)
    secret = new_key()
    try:
        with transaction.atomic():
            record = ApiKey.objects.create(
                name=name,
                prefix=secret[:SHOWN],
                digest=digest_of(secret),
                scopes=[scope for scope in Scope.values if scope in set(scopes)],
                created_by=str(created_by),
            )
    except IntegrityError as error:
        if "name" in str(error):
            raise KeyNameTaken(f'Another API key is named "{name}"') from error
        raise
    return IssuedKey(record=record, secret=secret)


def revoke_api_key(*, name: str) -> ApiKey:
    """Take an API key back, for good: from now on it is a 401. Again it changes nothing.

    *Locks* the key's row. *Refuses* a name that no key has. *Announces* nothing.
    """
    ApiKey.objects.filter(name=name, revoked_at=None).update(revoked_at=Now())
    record = ApiKey.objects.filter(name=name).first()
    if record is None:
        raise UnknownKey(f'There is no API key named "{name}"')
    return record


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
        raise _invalid("email", "must be an e-mail address") from None
    return email


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(f"password: {error.messages[0]}", details={"password": error.messages}) from None


def _invalid(place: str, what: str) -> InvalidInput:
    return InvalidInput(f"{place}: {what}", details={place: [what]})
