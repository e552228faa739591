"""Who may hear what: the one table of rooms, under every name that any dialect has for them.

A room is named ``kind`` or ``kind:id``. ``/ws`` and ``/events`` call rooms *topics*; Socket.IO has its
historical names. A door turns a name into a room here and asks here; it has no rule of its own.

Most rules need only the credentials. Where one has to ask the database (whose order, whose chat), its kind
has a *question* besides, which the app that knows answers for any number of listeners and ids at once::

    "order": RoomKind(_users, True, "its customer, …", "an order", asks=those_of_orders)

A question blocks. Doors call ``agrant_topics``, ``agrant_names`` and ``arefusals``, which ask it in a
thread, and answer at once where nothing is to be asked. What was answered may change while somebody listens:
``realtime.rights`` asks again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from config.identity.models import Role
from config.kernel.ids import MAX_ID_LENGTH
from realtime.belonging import cart_owner, those_of_orders
from realtime.principals import Principal
from realtime.support.chats import those_of_chats
from realtime.threads import threads

T = TypeVar("T")
Refusal = Literal["not_authenticated", "not_permitted", "unknown_topic", "unknown_room", "too_many_topics"]
Rule = Callable[[Principal, str], Refusal | None]
#: Of these listeners and ids, the pairs of those who belong in the room of that id, as the database has it.
#: Not on an event loop.
Question = Callable[[Collection[tuple[Principal, str]]], Collection[tuple[Principal, str]]]

_ID = re.compile(rf"[^\s\x00-\x1f\x7f]{{1,{MAX_ID_LENGTH}}}")


def _everyone(_principal: Principal, _id: str) -> Refusal | None:
    return None


def _staff(principal: Principal, _id: str) -> Refusal | None:
    return None if principal.is_staff else _refuse(principal)


def _that_user_or_staff(principal: Principal, user_id: str) -> Refusal | None:
    is_that_user = principal.kind == "user" and principal.id == user_id
    return None if is_that_user or principal.is_staff else _refuse(principal)


def _users_of_the_role(principal: Principal, role: str) -> Refusal | None:
    return None if principal.kind == "user" and principal.role == role else _refuse(principal)


def _users(principal: Principal, _id: str) -> Refusal | None:
    return None if principal.kind == "user" else _refuse(principal)


def _whose_cart(principal: Principal, cart_id: str) -> Refusal | None:
    owner = cart_owner(principal)
    return None if owner is not None and owner.cart_id == cart_id else _refuse(principal)


def _refuse(principal: Principal) -> Refusal:
    return "not_authenticated" if principal.kind == "guest" else "not_permitted"


@dataclass(frozen=True, slots=True)
class RoomKind:
    """``with_id``: there is one such room for each id. ``who`` and ``hears`` are for the documentation.
    ``asks``: the question to whoever passes the rule."""

    rule: Rule
    with_id: bool
    who: str
    hears: str
    asks: Question | None = None


ROOMS: dict[str, RoomKind] = {
    "products": RoomKind(_everyone, False, "everyone", "every product made, changed, archived"),
    "stock": RoomKind(_everyone, False, "everyone", "every change of stock"),
    "flash_sales": RoomKind(_everyone, False, "everyone", "flash sales"),
    "storefront": RoomKind(_everyone, False, "everyone", "products, stock, flash sales (Socket.IO)"),
    "product": RoomKind(_everyone, True, "everyone", "one product and its stock"),
    "user": RoomKind(
        _that_user_or_staff, True, "that user; staff", "a user's orders, notifications, cart, wishlist"
    ),
    "cart": RoomKind(_whose_cart, True, "whose cart it is", "a cart"),
    "order": RoomKind(
        _users,
        True,
        "its customer, its tailor, its delivery partner, staff",
        "an order",
        asks=those_of_orders,
    ),
    "chat": RoomKind(_users, True, "its customer; staff", "a support chat", asks=those_of_chats),
    "admin": RoomKind(_staff, False, "staff", "what staff are told"),
    "role": RoomKind(_users_of_the_role, True, "users of that role", "what a role is told"),
}

#: Topic → room. ``me`` depends on who asks.
TOPICS = ("products", "product:{id}", "stock", "flash_sales", "order:{id}", "me", "chat:{id}", "admin")
_TOPIC_KINDS = {name.partition(":")[0] for name in TOPICS} - {"me"}

#: Room → its names on Socket.IO: the one that we use first, then those that older clients use. Rooms that are
#: not here have none: what a storefront hears at once is one room there and three topics on ``/ws``.
NAMES: dict[str, tuple[str, ...]] = {
    "storefront": ("storefront",),
    "user:{id}": ("user_{id}", "user-{id}"),
    "cart:{id}": ("cart_{id}",),
    "product:{id}": ("product_{id}", "product-{id}"),
    "order:{id}": ("order_{id}", "order-{id}"),
    "chat:{id}": ("support_{id}",),
    "admin": ("admin", "admin-room"),
    **{f"role:{role}": (f"{role}", f"{role}-room") for role in Role if role != Role.ADMIN},
}
_ROOM_OF_NAME = {name: room for room, names in NAMES.items() for name in names if "{" not in name}
_KIND_OF_PREFIX = {
    name.removesuffix("{id}"): room.partition(":")[0]
    for room, names in NAMES.items()
    for name in names
    if "{" in name
}
_PREFIXED = re.compile(f"({'|'.join(_KIND_OF_PREFIX)})(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to one name: the room, or why not."""

    name: str
    room: str
    refusal: Refusal | None = None


def room_of_topic(topic: str, principal: Principal) -> str | None:
    """The room that ``/ws`` and ``/events`` call ``topic``; ``None`` for what is no topic."""
    if topic == "me":
        return f"user:{principal.id}"
    kind, colon, identity = topic.partition(":")
    if kind not in _TOPIC_KINDS or bool(colon) is not ROOMS[kind].with_id:
        return None
    return topic if not colon or _ID.fullmatch(identity) else None


def room_of_name(name: str) -> str | None:
    """The room that Socket.IO clients call ``name``; ``None`` for what is no room."""
    if name in _ROOM_OF_NAME:
        return _ROOM_OF_NAME[name]
    match = _PREFIXED.fullmatch(name)
    if match is None or not _ID.fullmatch(match[2]):
        return None
    return f"{_KIND_OF_PREFIX[match[1]]}:{match[2]}"


def name_of_room(room: str) -> str | None:
    """What Socket.IO clients call ``room``, of its names the one that we use; ``None`` where it has none."""
    if room in NAMES:
        return NAMES[room][0]
    kind, _, identity = room.partition(":")
    names = NAMES.get(f"{kind}:{{id}}") if identity else None
    return names[0].replace("{id}", identity) if names else None


def rooms_of(principal: Principal) -> tuple[str, ...]:
    """The rooms that a Socket.IO connection of ``principal`` is in without asking."""
    if principal.kind != "user":
        return ("storefront",)
    of_its_role = "admin" if principal.is_staff else f"role:{principal.role}"
    return ("storefront", f"user:{principal.id}", of_its_role)


def asking_kinds() -> tuple[str, ...]:
    """How the names of those rooms begin for which somebody's right is a question to the database."""
    return tuple(f"{kind}:" for kind, rules in ROOMS.items() if rules.asks is not None)


def refusals(pairs: Iterable[tuple[Principal, str]]) -> dict[tuple[Principal, str], Refusal]:
    """Of these listeners and rooms the pairs that are refused, and why. Asks the database as many questions
    as there are kinds of rooms that ask, for any number of pairs."""
    refused: dict[tuple[Principal, str], Refusal] = {}
    open_questions: defaultdict[str, list[tuple[Principal, str]]] = defaultdict(list)
    for principal, room in dict.fromkeys(pairs):
        kind, _, identity = room.partition(":")
        refusal = _refusal_by_rule(principal, room)
        if refusal is not None:
            refused[principal, room] = refusal
        elif ROOMS[kind].asks is not None:
            open_questions[kind].append((principal, identity))
    for kind, asked in open_questions.items():
        asks = ROOMS[kind].asks
        belong = asks(asked) if asks is not None else asked
        for principal, identity in asked:
            if (principal, identity) not in belong:
                refused[principal, f"{kind}:{identity}"] = _refuse(principal)
    return refused


def refusal_of(principal: Principal, room: str) -> Refusal | None:
    """Why ``principal`` may not be in ``room``; ``None`` where it may. May ask the database."""
    return refusals([(principal, room)]).get((principal, room))


def grant_topics(principal: Principal, topics: Iterable[str]) -> list[Grant]:
    """The answer to each topic of ``/ws`` and ``/events``, in the order asked, each once."""
    rooms = {topic: room_of_topic(topic, principal) for topic in topics}
    return _grants(principal, rooms, "unknown_topic")


def grant_names(principal: Principal, names: Iterable[str]) -> list[Grant]:
    """The answer to each name of a Socket.IO room, in the order asked, each once."""
    return _grants(principal, {name: room_of_name(name) for name in names}, "unknown_room")


async def agrant_topics(principal: Principal, topics: Iterable[str]) -> list[Grant]:
    """``grant_topics``, from an event loop."""
    topics = tuple(topics)
    rooms = [room_of_topic(topic, principal) for topic in topics]
    return await _away_if_asked(principal, rooms, partial(grant_topics, principal, topics))


async def agrant_names(principal: Principal, names: Iterable[str]) -> list[Grant]:
    """``grant_names``, from an event loop."""
    names = tuple(names)
    rooms = [room_of_name(name) for name in names]
    return await _away_if_asked(principal, rooms, partial(grant_names, principal, names))


async def arefusals(principal: Principal, rooms: Iterable[str]) -> dict[str, Refusal]:
    """``refusal_of`` for many rooms, from an event loop: only those that ``principal`` may not be in."""
    rooms = tuple(rooms)
    return await _away_if_asked(principal, rooms, partial(_refusals, principal, rooms))


def _refusals(principal: Principal, rooms: Iterable[str]) -> dict[str, Refusal]:
    return {room: refusal for (_who, room), refusal in refusals((principal, room) for room in rooms).items()}


async def _away_if_asked(principal: Principal, rooms: Iterable[str | None], answer: Callable[[], T]) -> T:
    kinds = asking_kinds()
    asked = any(
        room.startswith(kinds) and _refusal_by_rule(principal, room) is None
        for room in rooms
        if room is not None
    )
    return await threads.run(answer) if asked else answer()


def _refusal_by_rule(principal: Principal, room: str) -> Refusal | None:
    kind, _, identity = room.partition(":")
    if kind == "user" and principal.kind != "user":
        # A service is nobody's ``me``; a guest has to sign in first.
        return _refuse(principal)
    return ROOMS[kind].rule(principal, identity)


def _grants(principal: Principal, rooms: Mapping[str, str | None], unknown: Refusal) -> list[Grant]:
    refused = refusals((principal, room) for room in rooms.values() if room is not None)
    return [
        Grant(name, room, refused.get((principal, room))) if room is not None else Grant(name, "", unknown)
        for name, room in rooms.items()
    ]
