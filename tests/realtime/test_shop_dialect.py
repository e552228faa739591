"""What Socket.IO clients get of each event: which messages in which order, for whom, with which payload."""

from __future__ import annotations

import typing
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel.events import DomainEvent
from realtime import registry
from realtime.dialects.shop import SHOP
from realtime.hub.source import Interest
from realtime.records import Record
from realtime.socketio.packets import Decoder, Packet, PacketType, encode_event
from tests.realtime.happenings.orders import CARLA, placed
from tests.realtime.happenings.people import came_online
from tests.realtime.happenings.products import updated
from tests.realtime.happenings.records import EPOCH, MOMENT, record_of
from tests.realtime.happenings.stock import sold
from tests.realtime.shop_cases import CASES


def is_durable(event: DomainEvent) -> bool:
    return registry.BY_NAME[event.name].durable


def record(event: DomainEvent, *, seq: int = 7) -> Record:
    return record_of(event, seq=seq if is_durable(event) else 0)


def packets(event: DomainEvent, *, seq: int = 7) -> list[Packet]:
    """Each message, read as a client reads it."""
    found = []
    for message in SHOP.messages(record(event, seq=seq)):
        text = message.payload.decode()
        assert text[0] == "4", "not a message of Engine.IO"
        packet = Decoder().feed(text[1:])
        assert packet is not None
        assert (packet.type, packet.namespace, packet.id) == (PacketType.EVENT, "/", None)
        found.append(packet)
    return found


def test_every_event_has_a_case() -> None:
    assert {case.event.name for case in CASES.values()} == set(registry.BY_NAME)


@pytest.mark.parametrize("name", CASES)
def test_each_event_becomes_exactly_these_messages_for_exactly_these_rooms(name: str) -> None:
    case = CASES[name]
    rooms = [message.rooms for message in SHOP.messages(record(case.event))]
    told = [
        (packet.data[0], heard_in, packet.data[1])
        for packet, heard_in in zip(packets(case.event), rooms, strict=True)
    ]
    assert told == case.messages


@pytest.mark.parametrize("name", CASES)
def test_what_is_in_the_log_ends_in_its_place_and_what_is_ephemeral_in_its_object(name: str) -> None:
    event = CASES[name].event
    found = packets(event)
    if is_durable(event):
        last = len(found) - 1
        cursors = [f"{EPOCH}-7.{place}" for place in range(last)] + [f"{EPOCH}-7"] * bool(found)
        assert [packet.data[2:] for packet in found] == [[cursor] for cursor in cursors]
    else:
        assert [len(packet.data) for packet in found] == [2]


@pytest.mark.parametrize("name", CASES)
def test_a_payload_is_the_packet_that_the_codec_would_make_byte_for_byte(name: str) -> None:
    for message in SHOP.messages(record(CASES[name].event)):
        data = orjson.loads(message.payload[2:])
        encoded = encode_event(*data)
        assert (message.payload, ()) == (encoded.text, encoded.attachments)


@pytest.mark.parametrize("name", CASES)
def test_a_payload_has_the_fields_that_its_documentation_names(name: str) -> None:
    reading = registry.Reading(record(CASES[name].event))
    for emission in registry.emissions_of(reading.record.type, registry.SHOP):
        if not emission.applies(reading):
            continue
        assert emission.build is not None
        hints = typing.get_type_hints(typing.get_type_hints(emission.build)["return"], include_extras=True)
        optional = {key for key, hint in hints.items() if typing.get_origin(hint) is typing.NotRequired}
        built = set(emission.build(reading.fields))
        assert set(hints) - optional <= built <= set(hints)


def test_the_bytes_of_a_sale_are_these() -> None:
    first, *_others = SHOP.messages(record(sold()))
    assert first.payload == (
        b'42["STOCK_REDUCED",{"productId":"prod_1","stock":8,"timestamp":"2026-11-21T10:00:00.000Z",'
        b'"afterOrder":true,"size":"M","color":"Red"},"abcd1234-7.0"]'
    )


def test_the_bytes_of_presence_are_these() -> None:
    (message,) = SHOP.messages(record(came_online()))
    assert message.payload.decode() == (
        '42["user_online",{"userId":"usr_1","timestamp":"2026-11-21T10:00:00.000Z"}]'
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_a_product_goes_out_byte_for_byte_as_it_was_recorded(product: dict[str, Any]) -> None:
    (message,) = SHOP.messages(record(updated(shop_product=product)))
    assert message.payload == (
        b'42["product_updated",{"timestamp":"2026-11-21T10:00:00.000Z","data":'
        + orjson.dumps(product)
        + b'},"abcd1234-7"]'
    )


def test_an_order_of_an_account_without_a_name_is_from_its_address() -> None:
    nameless = placed(customer={**CARLA, "name": "", "email": "c@shop.example"})
    (told,) = [packet.data[1] for packet in packets(nameless) if packet.data[0] == "admin_notification"]
    assert told["message"] == "New order from c@shop.example"


def test_an_event_of_a_newer_version_of_the_program_is_passed_over() -> None:
    unknown = Record(7, "evt_1", "never.heard.of", "prod_1", None, "{}", "", MOMENT, EPOCH)
    assert SHOP.messages(unknown) == []


STOCK_CHANGES = {"stock.reduced", "stock.updated", "stock.reserved", "stock.released", "stock.announced"}
PAYMENTS = {"payment.completed", "payment.failed", "payment.refunded"}
SALE_CHANGES = {"flash_sale.started", "flash_sale.ended", "flash_sale.updated"}
PRODUCT_CHANGES = {"product.created", "product.updated", "product.deleted"}


def test_the_interest_of_rooms_is_what_they_can_hear_from_the_log() -> None:
    assert SHOP.interest(["storefront"]) == Interest(
        frozenset(STOCK_CHANGES | PRODUCT_CHANGES | SALE_CHANGES)
    )
    assert SHOP.interest(["product:prod_1"]) == Interest(
        frozenset(), frozenset((kind, "prod_1") for kind in {*STOCK_CHANGES, "review.approved"})
    )
    # An announcement may be one that staff hear; what is ephemeral is not in the log.
    orders = {"order.placed", "order.status_changed", "order.assigned", "order.tailor_status_changed"}
    orders |= PAYMENTS
    chats = {"chat.opened", "chat.status_changed"}
    assert SHOP.interest(["admin"]) == Interest(
        frozenset({"stock.low", "stock.announced", "review.submitted", *orders, *chats})
    )
    assert SHOP.interest(["chat:chat_1"]) == Interest(
        frozenset(), frozenset((kind, "chat_1") for kind in ("chat.message", "chat.status_changed"))
    )
    own = {"notification.created", "wishlist.updated", "wishers.price_dropped", "wishers.stock_back"}
    assert SHOP.interest(["user:usr_1"]) == Interest(
        frozenset(), frozenset(), frozenset((kind, "usr_1") for kind in {*orders, *own})
    )
    assert SHOP.interest(["user:usr_1", "admin"]).mentions == {(kind, "usr_1") for kind in own}
    assert SHOP.interest(["cart:cart_1", "order:ord_1"]) == Interest(
        frozenset(), frozenset({("cart.updated", "cart_1"), *((kind, "ord_1") for kind in orders)})
    )
    assert SHOP.interest(["products", "stock", "role:tailor"]) == Interest(frozenset())
