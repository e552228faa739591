"""The signal of rights that were withdrawn, for whoever keeps a connection open on the strength of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose rights: a user's, an API key's, or those of one sign-in."""

    kind: Literal["user", "key", "sign_in"]
    id: str


rights_changed = Signal()
# Plain and ephemeral (``subjects: tuple[Subject, ...]``), after the commit. It says that these have to be
# looked at again (``config.identity.selectors``), not what became of them. Lost, it costs time and nothing
# else: who listens looks at everybody now and then.
# Sent when a user's role changes or they are made inactive, when their sign-ins or one of these end, when a
# key is revoked.
# Not sent for rights that are given (a new user, a key, one who is active again), nor when a token expires:
# it bears its own end. Not sent for what had happened already.
