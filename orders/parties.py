"""What somebody is to an order: who may see it, and take which steps, follows from that alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from config.identity.models import Role
from config.kernel.actors import Actor
from orders.flow import Party


class Assigned(Protocol):
    """Whatever says whose an order is and who works on it."""

    @property
    def user_id(self) -> str: ...
    @property
    def tailor_id(self) -> str | None: ...
    @property
    def delivery_partner_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Assignment:
    """The same as a plain value: of an order that was not read whole, or of an event."""

    user_id: str
    tailor_id: str | None
    delivery_partner_id: str | None


def parties_of(order: Assigned, *, actor: Actor, role: Role | str | None) -> frozenset[Party]:
    """All that ``actor``, who has this role, is to ``order``; nothing: it is not theirs to see."""
    found = set()
    if role == Role.ADMIN:
        found.add(Party.STAFF)
    if actor.kind == "user":
        if order.user_id == actor.id:
            found.add(Party.OWNER)
        if role == Role.TAILOR and order.tailor_id == actor.id:
            found.add(Party.TAILOR)
        if role == Role.DELIVERY and order.delivery_partner_id == actor.id:
            found.add(Party.DELIVERY)
    return frozenset(found)
