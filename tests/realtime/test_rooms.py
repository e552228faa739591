"""Who may hear what: every topic and every Socket.IO room, for each role, a service and a guest."""

from __future__ import annotations

import threading
from collections.abc import Collection

import pytest

from realtime import rooms
from realtime.principals import GUEST, Principal
from realtime.rooms import (
    ROOMS,
    TOPICS,
    Grant,
    Refusal,
    RoomKind,
    agrant_names,
    agrant_topics,
    grant_names,
    grant_topics,
    name_of_room,
    refusal_of,
    refusals,
    room_of_name,
    room_of_topic,
    rooms_of,
)
from realtime.threads import threads

CUSTOMER = Principal("user", id="usr_1", role="customer")
STAFF = Principal("user", id="usr_2", role="admin")
TAILOR = Principal("user", id="usr_3", role="tailor")
DELIVERY = Principal("user", id="usr_4", role="delivery")
SERVICE = Principal("service", id="key_1", scopes=frozenset({"events:read", "stock:write"}))
EVERYBODY = (GUEST, CUSTOMER, TAILOR, DELIVERY, STAFF, SERVICE)

OK = None
WHO: Refusal = "not_authenticated"
NO: Refusal = "not_permitted"

#: topic → what guest, customer, tailor, delivery partner, staff and a service are told.
TABLE = {
    "products": (OK, OK, OK, OK, OK, OK),
    "product:prod_1": (OK, OK, OK, OK, OK, OK),
    "stock": (OK, OK, OK, OK, OK, OK),
    "flash_sales": (OK, OK, OK, OK, OK, OK),
    "order:ord_1": (WHO, NO, NO, NO, NO, NO),
    "me": (WHO, OK, OK, OK, OK, NO),
    "chat:chat_1": (WHO, NO, NO, NO, NO, NO),
    "admin": (WHO, NO, NO, NO, OK, NO),
}


@pytest.mark.django_db
@pytest.mark.parametrize("topic", TABLE)
def test_every_topic_is_granted_or_refused_as_the_table_says(topic: str) -> None:
    assert tuple(grant_topics(who, [topic])[0].refusal for who in EVERYBODY) == TABLE[topic]


def test_the_table_has_every_topic() -> None:
    assert {topic.partition(":")[0] for topic in TABLE} == {topic.partition(":")[0] for topic in TOPICS}


#: Socket.IO room → room, and what the same six are told.
NAMES: dict[str, tuple[str, tuple[Refusal | None, ...]]] = {
    "storefront": ("storefront", (OK, OK, OK, OK, OK, OK)),
    "user_usr_1": ("user:usr_1", (WHO, OK, NO, NO, OK, NO)),
    "user-usr_1": ("user:usr_1", (WHO, OK, NO, NO, OK, NO)),
    "cart_cart_1": ("cart:cart_1", (WHO, NO, NO, NO, NO, NO)),
    "product_prod_1": ("product:prod_1", (OK, OK, OK, OK, OK, OK)),
    "product-prod_1": ("product:prod_1", (OK, OK, OK, OK, OK, OK)),
    "order_ord_1": ("order:ord_1", (WHO, NO, NO, NO, NO, NO)),
    "order-ord_1": ("order:ord_1", (WHO, NO, NO, NO, NO, NO)),
    "support_chat_1": ("chat:chat_1", (WHO, NO, NO, NO, NO, NO)),
    "admin": ("admin", (WHO, NO, NO, NO, OK, NO)),
    "admin-room": ("admin", (WHO, NO, NO, NO, OK, NO)),
    "customer": ("role:customer", (WHO, OK, NO, NO, NO, NO)),
    "customer-room": ("role:customer", (WHO, OK, NO, NO, NO, NO)),
    "tailor": ("role:tailor", (WHO, NO, OK, NO, NO, NO)),
    "tailor-room": ("role:tailor", (WHO, NO, OK, NO, NO, NO)),
    "delivery": ("role:delivery", (WHO, NO, NO, OK, NO, NO)),
    "delivery-room": ("role:delivery", (WHO, NO, NO, OK, NO, NO)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_every_historical_name_of_a_room_means_that_room(name: str) -> None:
    room, told = NAMES[name]
    assert room_of_name(name) == room
    assert tuple(refusal_of(who, room) for who in EVERYBODY) == told
    assert [grant_names(who, [name]) for who in EVERYBODY] == [
        [Grant(name, room, refusal)] for refusal in told
    ]


def test_the_table_has_every_name_of_every_room() -> None:
    names = {name.replace("{id}", "") for names in rooms.NAMES.values() for name in names}
    assert names == {name.replace("usr_1", "").replace("cart_1", "").replace("prod_1", "")
                     .replace("ord_1", "").replace("chat_1", "") for name in NAMES}  # fmt: skip


#: Room → the name that the server itself uses; those that only `/ws` has.
CANONICAL = {
    "storefront": "storefront",
    "user:usr_1": "user_usr_1",
    "cart:cart_1": "cart_cart_1",
    "product:prod_1": "product_prod_1",
    "product:a:b/c": "product_a:b/c",
    "order:ord_1": "order_ord_1",
    "chat:chat_1": "support_chat_1",
    "admin": "admin",
    "role:customer": "customer",
    "role:tailor": "tailor",
    "role:delivery": "delivery",
    "products": None,
    "stock": None,
    "flash_sales": None,
    "role:admin": None,
    "user:": None,
    "nonsense": None,
    "nonsense:1": None,
}


@pytest.mark.parametrize("room", CANONICAL)
def test_a_room_has_one_name_that_we_use_and_it_means_that_room(room: str) -> None:
    name = name_of_room(room)
    assert name == CANONICAL[room]
    assert name is None or room_of_name(name) == room


@pytest.mark.parametrize(
    ("who", "joined"),
    [
        (GUEST, ["storefront"]),
        (CUSTOMER, ["storefront", "user_usr_1", "customer"]),
        (STAFF, ["storefront", "user_usr_2", "admin"]),
        (TAILOR, ["storefront", "user_usr_3", "tailor"]),
        (DELIVERY, ["storefront", "user_usr_4", "delivery"]),
        (SERVICE, ["storefront"]),
    ],
)
def test_a_connection_is_at_once_in_the_rooms_of_whoever_it_is(who: Principal, joined: list[str]) -> None:
    assert [name_of_room(room) for room in rooms_of(who)] == joined
    # Nobody is put where he may not go.
    assert [refusal_of(who, room) for room in rooms_of(who)] == [None] * len(joined)


def test_each_name_is_answered_once_in_the_order_asked() -> None:
    asked = ["product_1", "nonsense", "admin-room", "product-1", "nonsense", "product_1", "user_usr_1"]
    assert grant_names(CUSTOMER, asked) == [
        Grant("product_1", "product:1"),
        Grant("nonsense", "", "unknown_room"),
        Grant("admin-room", "admin", "not_permitted"),
        Grant("product-1", "product:1"),
        Grant("user_usr_1", "user:usr_1"),
    ]


# ---------------------------------------------------------------------------------------- questions


class Answer:
    """A question to the database that remembers who was asked about, and where."""

    def __init__(self, *belong: str) -> None:
        self.belong = belong
        self.asked: list[list[tuple[str, str]]] = []
        self.threads: set[int] = set()

    def __call__(self, asked: Collection[tuple[Principal, str]]) -> set[tuple[Principal, str]]:
        self.asked.append([(principal.id, identity) for principal, identity in asked])
        self.threads.add(threading.get_ident())
        return {pair for pair in asked if pair[0].id in self.belong}


def no_service(principal: Principal, _id: str) -> Refusal | None:
    return "not_permitted" if principal.kind == "service" else None


@pytest.fixture
def whose_order(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Orders, whose kind of room asks."""
    answer = Answer("usr_1", "usr_2")
    kind = RoomKind(no_service, True, "its customer; staff", "an order", asks=answer)
    monkeypatch.setitem(ROOMS, "order", kind)
    return answer


def test_a_question_is_put_to_whoever_passes_the_rule(whose_order: Answer) -> None:
    told = [refusal_of(who, "order:ord_1") for who in EVERYBODY]
    assert told == [WHO, OK, NO, NO, OK, NO]
    assert whose_order.asked == [[(who, "ord_1")] for who in ("", "usr_1", "usr_3", "usr_4", "usr_2")]


def test_many_are_asked_about_with_one_question(whose_order: Answer) -> None:
    pairs = [(who, room) for who in EVERYBODY for room in ("order:ord_1", "order:ord_2", "admin", "stock")]
    refused = refusals([*pairs, *pairs])
    assert len(whose_order.asked) == 1
    assert len(whose_order.asked[0]) == 10
    assert refused == {pair: told for pair in pairs if (told := refusal_of(*pair)) is not None}


async def test_from_an_event_loop_it_is_asked_in_a_thread(whose_order: Answer) -> None:
    names, topics = ["order_ord_1", "product_1", "order-ord_1", "nonsense"], ["order:ord_1", "stock"]
    by_name = await agrant_names(CUSTOMER, iter(names))
    by_topic = await agrant_topics(TAILOR, iter(topics))
    await threads.close()
    assert whose_order.asked == [[("usr_1", "ord_1")], [("usr_3", "ord_1")]]
    assert threading.get_ident() not in whose_order.threads
    assert (by_name, by_topic) == (grant_names(CUSTOMER, names), grant_topics(TAILOR, topics))


async def test_where_nothing_is_to_be_asked_no_thread_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(question: object) -> None:
        raise AssertionError("a thread was asked")

    monkeypatch.setattr(threads, "run", never)
    assert await agrant_names(GUEST, ["storefront", "order_1"]) == grant_names(
        GUEST, ["storefront", "order_1"]
    )
    assert await agrant_topics(STAFF, ["admin", "me"]) == grant_topics(STAFF, ["admin", "me"])


def test_every_kind_of_room_has_been_asked_for() -> None:
    asked = {room.partition(":")[0] for room, _told in NAMES.values()} | {
        topic.partition(":")[0] for topic in TABLE
    }
    assert set(ROOMS) <= asked


@pytest.mark.parametrize(
    "topic",
    ["", "product", "product:", "stock:1", "products:1", "me:1", "storefront", "user:usr_1", "role:admin",
     "cart:1", "product:a b", "product:" + "x" * 65, "product:a\x00", "PRODUCTS", " stock", "order",
     "admin:x"],
)  # fmt: skip
def test_what_is_no_topic_is_unknown_to_everybody(topic: str) -> None:
    assert room_of_topic(topic, STAFF) is None
    assert grant_topics(STAFF, [topic])[0].refusal == "unknown_topic"


@pytest.mark.parametrize(
    "name",
    ["", "admin_", "user_", "user", "product", "products", "room", "user_ x", "role:admin", "product:1",
     "stock", "storefront-room", "Admin", "admin-room ", "cart-1", "support-1", "chat_1", "product_a\n",
     "product_" + "x" * 65],
)  # fmt: skip
def test_what_is_no_room_is_none(name: str) -> None:
    assert room_of_name(name) is None
    assert grant_names(STAFF, [name]) == [Grant(name, "", "unknown_room")]


def test_an_id_may_look_like_anything_that_an_import_brings() -> None:
    assert room_of_topic("product:60d21b4667d0d8992e610c85", GUEST) == "product:60d21b4667d0d8992e610c85"
    assert room_of_topic("product:a:b/c", GUEST) == "product:a:b/c"
