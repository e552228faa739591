"""Who may hear what: every topic and every Socket.IO room, for each role, a service and a guest."""

from __future__ import annotations

import pytest

from realtime.principals import GUEST, Principal
from realtime.rooms import ROOMS, TOPICS, grant_topics, refusal_of, room_of_name, room_of_topic

CUSTOMER = Principal("user", id="usr_1", role="customer")
STAFF = Principal("user", id="usr_2", role="admin")
TAILOR = Principal("user", id="usr_3", role="tailor")
DELIVERY = Principal("user", id="usr_4", role="delivery")
SERVICE = Principal("service", id="key_1", scopes=frozenset({"events:read", "stock:write"}))
EVERYBODY = (GUEST, CUSTOMER, TAILOR, DELIVERY, STAFF, SERVICE)

OK = None
WHO, NO = "not_authenticated", "not_permitted"

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


@pytest.mark.parametrize("topic", TABLE)
def test_every_topic_is_granted_or_refused_as_the_table_says(topic: str) -> None:
    assert tuple(grant_topics(who, [topic])[0].refusal for who in EVERYBODY) == TABLE[topic]


def test_the_table_has_every_topic() -> None:
    assert {topic.partition(":")[0] for topic in TABLE} == {topic.partition(":")[0] for topic in TOPICS}


#: Socket.IO room → room, and what the same six are told.
NAMES = {
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


@pytest.mark.parametrize("name", NAMES)
def test_every_historical_name_of_a_room_means_that_room(name: str) -> None:
    room, told = NAMES[name]
    assert room_of_name(name) == room
    assert tuple(refusal_of(who, room) for who in EVERYBODY) == told


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
    "name", ["", "admin_", "user_", "user", "product", "products", "room", "user_ x", "role:admin"]
)
def test_what_is_no_room_is_none(name: str) -> None:
    assert room_of_name(name) is None


def test_an_id_may_look_like_anything_that_an_import_brings() -> None:
    assert room_of_topic("product:60d21b4667d0d8992e610c85", GUEST) == "product:60d21b4667d0d8992e610c85"
    assert room_of_topic("product:a:b/c", GUEST) == "product:a:b/c"
