"""What users change of themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from config.identity.errors import InvalidToken, WrongPassword
from config.identity.models import User
from config.identity.services.attempts import counted_attempt
from config.identity.services.users import set_password, update_user
from config.kernel.transactions import in_transaction


@dataclass(frozen=True, slots=True)
class NewPassword:
    """Another password, from somebody who knows the present one."""

    password: str = field(repr=False)
    current: str = field(repr=False)


def change_own_profile(
    *,
    user: User,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    new_password: NewPassword | None = None,
    sign_in: str,
    address: str,
    guard: Callable[[User], None],
) -> User:
    """Change what is given of oneself, all of it or nothing.

    Another password signs one out everywhere but here (``sign_in``). ``guard`` sees the user as they are,
    locked, and may refuse.
    *Locks* the counts of ``counted_attempt``, for a password; then the user's row, then their sign-ins'.
    *Refuses* what ``update_user`` and ``set_password`` refuse, a present password that is not
    (``WrongPassword``), one attempt at it too many (``TooManyFailures``). *Announces* what ``set_password``
    does.
    """
    if new_password is not None:
        with counted_attempt(email=user.email, address=address):
            if not user.check_password(new_password.current):
                raise _wrong_password()

    def work() -> User:
        present = User.objects.filter(pk=user.pk, is_active=True).select_for_update(no_key=True).first()
        if present is None:
            raise InvalidToken
        guard(present)
        update_user(user=present, name=name, phone=phone, email=email)
        if new_password is not None:
            if present.password != user.password:  # it was changed while we looked at it
                raise _wrong_password()
            set_password(user=present, password=new_password.password, but=sign_in)
        return present

    return in_transaction(work)


def _wrong_password() -> WrongPassword:
    return WrongPassword(details={"currentPassword": ["is not the present password"]})
