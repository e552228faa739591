"""Making API keys and taking them back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from config.identity.errors import KeyNameTaken, UnknownKey
from config.identity.keys import SHOWN, digest_of, new_key
from config.identity.models import ApiKey, Scope
from config.identity.services.announcing import announce_rights_changed
from config.identity.services.refusing import invalid
from config.identity.signals import Subject
from config.kernel.actors import Actor

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new API key. ``secret`` is the key itself: shown now, and known to nobody ever after."""

    record: ApiKey
    secret: str = field(repr=False)


def issue_api_key(*, name: str, scopes: Collection[Scope | str], created_by: Actor) -> IssuedKey:
    """A new API key. The answer holds the key itself; after it only a digest exists.

    *Locks* nothing. *Refuses* an empty or taken name, no scope at all, a scope that there is not.
    *Announces* nothing.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise invalid("name", f"must have 1 to {_LONGEST_NAME} printable characters")
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        what = f"must be of {', '.join(Scope.values)}"
        raise invalid("scopes", f"{what} (not {', '.join(unknown)})" if unknown else what)
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

    *Locks* the key's row. *Refuses* a name that no key has. *Announces* ``rights_changed`` of the key, the
    first time.
    """
    revoked = ApiKey.objects.filter(name=name, revoked_at=None).update(revoked_at=Now())
    record = ApiKey.objects.filter(name=name).first()
    if record is None:
        raise UnknownKey(f'There is no API key named "{name}"')
    if revoked:
        announce_rights_changed(Subject("key", record.pk))
    return record
