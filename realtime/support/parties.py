"""Who speaks in a chat. Pure: no database, no request."""

from __future__ import annotations

from dataclasses import dataclass

from config.identity.models import Role


@dataclass(frozen=True, slots=True)
class Speaker:
    """A user, in the role that the credentials give. Nobody else speaks: no guest, no service."""

    user_id: str
    role: str

    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    def may_see(self, customer_id: str) -> bool:
        """Whether the chat of that customer is the speaker's to see."""
        return self.is_staff or self.user_id == customer_id
