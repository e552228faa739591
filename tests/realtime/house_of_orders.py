"""An order with everybody it concerns, and some whom it doesn't; all of it from an event loop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from config.identity.models import Role
from tests.inventory.conftest import caller
from tests.orders.shop import WHERE, mug
from tests.realtime.log import caught_up
from tests.realtime.people import Person, a_person, away


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the play. ``order`` is the customer's; nobody works on it yet."""

    customer: Person
    staff: Person
    tailor: Person
    delivery: Person
    other_customer: Person
    other_tailor: Person
    product: str
    order: str

    @property
    def signed_in(self) -> dict[str, Person]:
        return {
            "customer": self.customer,
            "staff": self.staff,
            "tailor": self.tailor,
            "delivery": self.delivery,
            "other customer": self.other_customer,
            "other tailor": self.other_tailor,
        }

    async def assign(self, **who: Person | None) -> None:
        given = {name: someone.user.pk if someone else None for name, someone in who.items()}
        await rest(self.staff, "PUT", f"/api/orders/{self.order}/assign", given)

    async def assign_both(self) -> None:
        await self.assign(tailor=self.tailor, deliveryPartner=self.delivery)

    async def step(self, status: str, *, by: Person | None = None) -> None:
        await rest(by or self.staff, "PUT", f"/api/orders/{self.order}/status", {"status": status})

    async def sew(self, status: str) -> None:
        await rest(self.tailor, "PUT", f"/api/orders/{self.order}/tailor-status", {"status": status})


async def rest(person: Person, method: str, path: str, data: Any = None) -> Any:
    """A request, and its JSON, once everybody has been told of it."""
    call = caller(authorization=f"Bearer {person.token}")
    answer = await away(partial(call, method, path, data))
    assert answer.status_code < 300, answer.content
    await caught_up()
    return answer.data


async def place(customer: Person, product: str) -> str:
    """An order of one unit; its id."""
    items = [{"productId": product, "quantity": 1}]
    return str((await rest(customer, "POST", "/api/orders", {"items": items, **WHERE}))["_id"])


async def a_cast() -> Cast:
    """Everybody, and an order of which everybody has been told."""
    customer = await a_person(email="customer@example.com")
    product = (await away(mug)).id
    return Cast(
        customer=customer,
        staff=await a_person(Role.ADMIN),
        tailor=await a_person(Role.TAILOR, email="tailor@example.com"),
        delivery=await a_person(Role.DELIVERY),
        other_customer=await a_person(email="other@example.com"),
        other_tailor=await a_person(Role.TAILOR, email="other.tailor@example.com"),
        product=product,
        order=await place(customer, product),
    )
