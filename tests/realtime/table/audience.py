"""Who listens while a row of the table happens: everybody whom anything may concern, on each transport, in
every room that they may be in."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.realtime.door import Caller, Door
from tests.realtime.event_source import Response
from tests.realtime.house_of_orders import Cast, rest
from tests.realtime.log import caught_up
from tests.realtime.people import Person, a_person
from tests.realtime.shop.client import ShopClient

_numbers = itertools.count(1)

PASSER_BY = "passer-by"
GUEST = "guest"
CUSTOMER = "customer"
OTHER_CUSTOMER = "other customer"
#: Another customer still, who wishes for the product in some scenes.
WISHER = "wisher"
STAFF = "staff"
TAILOR = "tailor"
DELIVERY = "delivery"
OTHER_TAILOR = "other tailor"

#: A passer-by says nothing after connecting; all others ask for all that they know of.
LOOKING = frozenset({GUEST, CUSTOMER, OTHER_CUSTOMER, WISHER, STAFF, TAILOR, DELIVERY, OTHER_TAILOR})
ALL = LOOKING | {PASSER_BY}
#: Whom the order concerns.
PARTIES = frozenset({CUSTOMER, STAFF, TAILOR, DELIVERY})

WS, SSE, SOCKET_IO = "/ws", "/events", "Socket.IO"
TRANSPORTS = (WS, SSE, SOCKET_IO)

#: Seconds that what has no place in the log may take, on a machine that has much else to do.
PATIENCE = 30.0

#: What comes and goes with the listeners themselves. Heard of only where a row is about it.
AMBIENT = frozenset(
    {
        "presence", "stats", "metric", "user_online", "user_offline", "connection_stats",
        "dashboard_metric_update",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """Its name, and all of it; on Socket.IO its object."""

    name: str
    whole: Any


class Listener(Protocol):
    async def until(self, is_last: Callable[[Message], bool]) -> list[Message]:
        """What was heard before the message that is the last one."""


class OnWs:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def until(self, is_last: Callable[[Message], bool]) -> list[Message]:
        heard = []
        while not is_last(message := await self._hear()):
            heard.append(message)
        return heard + [Message(one["type"], one) for one in self._ambient()]

    async def _hear(self) -> Message:
        message = await self._caller.hear()
        return Message(message["type"], message)

    def _ambient(self) -> list[dict[str, Any]]:
        ambient, self._caller.ambient = self._caller.ambient, []
        return ambient


class OnSse:
    def __init__(self, stream: Response) -> None:
        self._stream = stream

    async def until(self, is_last: Callable[[Message], bool]) -> list[Message]:
        heard = []
        while not is_last(message := await self._hear()):
            heard.append(message)
        return heard

    async def _hear(self) -> Message:
        event = await self._stream.any_event()
        return Message(event.type, event.data)


class OnSocketIo:
    def __init__(self, client: ShopClient) -> None:
        self.client = client

    async def until(self, is_last: Callable[[Message], bool]) -> list[Message]:
        heard = [Message(event[0], event[1]) for event in self.client.events]
        while not is_last(message := await self._hear()):
            heard.append(message)
        self.client.events.clear()
        ambient, self.client.ambient = self.client.ambient, []
        return heard + [Message(event[0], event[1]) for event in ambient]

    async def _hear(self) -> Message:
        event = await self.client.hear()
        return Message(event[0], event[1])


@dataclass(slots=True)
class Audience:
    """Everybody, by transport and by who they are.

    ``witness`` is a product by which it is known that all that came before it has been heard. ``notes`` are
    what one deed leaves for the next.
    """

    door: Door
    cast: Cast
    wisher: Person
    witness: str
    listeners: dict[tuple[str, str], Listener] = field(default_factory=dict)
    visitors: list[ShopClient] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def client(self, who: str) -> ShopClient:
        """Somebody's Socket.IO connection, to speak through."""
        found = self.listeners[SOCKET_IO, who]
        assert isinstance(found, OnSocketIo)
        return found.client

    async def go_home(self) -> None:
        """The door sees to its own callers; here are the clients of Socket.IO."""
        clients = [one.client for one in self.listeners.values() if isinstance(one, OnSocketIo)]
        for client in [*clients, *self.visitors]:
            await client.cut()

    async def heard(self) -> dict[str, dict[str, list[Message]]]:
        """By transport and listener: what each has heard since one last asked."""
        number = await self._bear_witness()

        def is_it(message: Message) -> bool:
            return number in str(message.whole) and message.name in ("product.updated", "product_updated")

        found: dict[str, dict[str, list[Message]]] = {transport: {} for transport in TRANSPORTS}
        answers = await asyncio.gather(*(one.until(is_it) for one in self.listeners.values()))
        for (transport, who), messages in zip(self.listeners, answers, strict=True):
            found[transport][who] = messages
        return found

    async def hear_all(self, wanted: Collection[tuple[str, str]], *, who: str) -> None:
        """Until somebody has heard each of these, by transport and name; nobody remembers what it was."""
        missing = set(wanted)
        async with asyncio.timeout(PATIENCE):
            while missing:
                found = await self.heard()
                missing -= {
                    (transport, one.name) for transport in TRANSPORTS for one in found[transport][who]
                }

    async def _bear_witness(self) -> str:
        await caught_up()
        title = f"Witness no. {next(_numbers)}."
        await rest(self.cast.staff, "PATCH", f"/api/products/{self.witness}", {"title": title})
        return title


async def gather(door: Door, cast: Cast) -> Audience:
    """Connect everybody, and have each join every room that they may be in."""
    wisher = await a_person(email="wisher@example.com")
    audience = Audience(door, cast, wisher, await made_witness(cast.staff))
    people: dict[str, Person | None] = {PASSER_BY: None, GUEST: None, WISHER: wisher, **cast.signed_in}
    chat = await _open_chat(cast.customer)
    audience.notes["chat"] = chat
    topics = [
        "products", "stock", "flash_sales", "me", "admin",
        f"product:{cast.product}", f"order:{cast.order}", f"chat:{chat}",
    ]  # fmt: skip
    for who, person in people.items():
        asks = who != PASSER_BY
        headers = person.bearer if person else {}
        caller = await door.call(additional_headers=headers)
        granted = (await caller.ask(type="subscribe", topics=topics))["topics"] if asks else []
        stream = await door.listen(f"?topics={','.join(granted)}" if asks else "", headers=headers)
        client = await ShopClient(door.port).enter({"token": person.token} if person else None)
        if asks:
            await _join(client, cast, chat, is_customer=who == CUSTOMER)
        audience.listeners[WS, who] = OnWs(caller)
        audience.listeners[SSE, who] = OnSse(stream)
        audience.listeners[SOCKET_IO, who] = OnSocketIo(client)
    await audience.heard()
    return audience


async def _open_chat(customer: Person) -> str:
    wish = {"issue": "a stain", "priority": "normal"}
    return str((await rest(customer, "POST", "/api/support/chats", wish))["_id"])


async def _join(client: ShopClient, cast: Cast, chat: str, *, is_customer: bool) -> None:
    assert (await client.ask("join_room", {"room": f"product_{cast.product}"}))["ok"]
    await client.ask("join_order_room", cast.order)
    await client.ask("join_room", {"room": f"support_{chat}"})
    if is_customer:
        assert (await client.ask("join_cart"))["ok"]


async def made_witness(staff: Person) -> str:
    """A product that nothing else is done to."""
    return str((await rest(staff, "POST", "/api/products", {"title": "Witness", "price": 1}))["_id"])
