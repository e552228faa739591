"""Whatever is said to a cart in place of what its commands take: an answer that says so, and nothing done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from orders.owners import new_cart_token
from realtime.consumers.shop import visitor
from tests.fingerprint import fingerprint
from tests.orders.shop import cake, mug
from tests.realtime.door import Door
from tests.realtime.log import caught_up
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient

pytestmark = pytest.mark.django_db(transaction=True)

_NO_TEXT: list[Any] = [7, True, [], {}, "\x00", "a\x00b", "\x1b[2J", "x" * 10_000]
_NO_COUNT: list[Any] = ["5", True, [], {}, None, 0, -1, 1.5, 1_000_001, 10**30, 1e308, "\x00"]
_NO_MAPPING: list[Any] = [7, True, "x", [], [["size", "M"]], {"size": 7}, {"size": ["M"]}, {"size": {"a": 1}}]
_NO_MAPPING += [{"size": "\x00"}, {"\x00": "M"}, {"size": "x" * 10_000}]
_FIELDS: Mapping[str, list[Any]] = {
    "productId": [*_NO_TEXT, None],
    "variantId": _NO_TEXT,
    "sku": _NO_TEXT,
    "size": _NO_TEXT,
    "flavor": _NO_TEXT,
    "eggOption": _NO_TEXT,
    "variant": _NO_MAPPING,
    "options": _NO_MAPPING,
}


def nested(depth: int) -> Any:
    value: Any = "M"
    for _each in range(depth):
        value = {"size": value}
    return value


#: A shape that can not be, or a text that no variant and no choice has.
WRONG = {"invalid", "malformed", "unknown_variant", "unknown_option", "unknown_item"}
#: What names no product, or not one thing.
_NO_ITEMS: list[Any] = [None, 7, "x", [], {}, {"quantity": 1}, nested(10), {"variant": nested(10)}]


def wrong_items(good: dict[str, Any], *, counted: bool) -> Iterator[Any]:
    yield from _NO_ITEMS
    for name, values in _FIELDS.items():
        for value in values:
            yield {**good, name: value}
    if counted:
        for value in _NO_COUNT:
            yield {**good, "quantity": value}


@contextmanager
def no_pace(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever says so much is refused for that alone."""
    with patch.context() as patched:
        patched.setattr(visitor, "PACE", 1e9)
        yield


async def refused(client: ShopClient, name: str, *arguments: Any) -> str:
    """It is, with an acknowledgement; its code."""
    answer = await client.ask(name, *arguments)
    assert answer["ok"] is False, (name, arguments)
    assert answer["error"], answer
    assert "Traceback" not in answer["error"]
    code: str = answer["code"]
    assert code not in {"server_error", "unavailable", "rate_limited"}, (answer, name, arguments)
    return code


@pytest.mark.parametrize("who", ["customer", "guest"])
async def test_no_command_of_a_cart_does_half_of_what_it_can_not_do(
    door: Door, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    goods = await away(cake)
    good = {"productId": goods.id, "quantity": 1}
    with no_pace(monkeypatch):
        person = await a_person() if who == "customer" else None
        client = await ShopClient(door.port).enter({"token": person.token} if person else None)
        shown = [] if person else [{"cartToken": new_cart_token()}]
        assert (await client.ask("join_cart", *shown))["ok"]
        assert (await client.ask("cart_add_item", {**good, "options": {"flavor": "Vanilla"}}))["ok"]
        await caught_up()
        assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
        before = await away(fingerprint)
        client.events.clear()
        for item in wrong_items(good, counted=True):
            assert await refused(client, "cart_add_item", item) in WRONG, item
        for item in wrong_items({"productId": goods.id}, counted=False):
            assert await refused(client, "cart_remove_item", item) in WRONG, item
        change = {"action": "add", **good}
        for wrong in wrong_items(change, counted=True):
            assert await refused(client, "cart_batch_update", [change, wrong]) in WRONG, wrong
        actions: list[Any] = [None, 7, "double", "", [], {}, "\x00", "ADD"]
        for action in actions:
            assert (
                await refused(client, "cart_batch_update", [change, {**good, "action": action}]) == "invalid"
            )
        await caught_up()
        assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
        # Nobody was told of anything that was not done, and nothing was.
        assert [event[0] for event in client.events] == ["room_joined"]
        assert await away(fingerprint) == before


@pytest.mark.parametrize(
    ("name", "argument", "code"),
    [
        ("cart_add_item", {"productId": "prod_none", "quantity": 1}, "unknown_product"),
        ("cart_add_item", {"quantity": 1, "sku": "NO-SUCH"}, "unknown_variant"),
        ("cart_add_item", {"options": {"flavor": "Mud"}, "quantity": 1}, "unknown_option"),
        ("cart_add_item", {"options": {"mood": "Good"}, "quantity": 1}, "unknown_option"),
        ("cart_remove_item", {"options": {"flavor": "Hazelnut"}}, "unknown_item"),
    ],
)
async def test_what_names_nothing_is_an_error_event_where_no_acknowledgement_is_asked_for(
    door: Door, name: str, argument: dict[str, Any], code: str
) -> None:
    goods, person = await away(cake), await a_person()
    client = await ShopClient(door.port).enter({"token": person.token})
    assert (await client.ask("join_cart"))["ok"]
    await caught_up()
    assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
    before = await away(fingerprint)
    await client.say(name, {"productId": goods.id, **argument})
    told = await client.hear_of("error")
    assert (told["event"], told["code"]) == (name, code)
    assert set(told) == {"message", "code", "event", "timestamp"}
    assert await away(fingerprint) == before


async def test_a_batch_that_comes_to_too_much_in_its_last_change_is_undone(door: Door) -> None:
    goods, person = await away(mug), await a_person()
    client = await ShopClient(door.port).enter({"token": person.token})
    assert (await client.ask("join_cart"))["ok"]
    before = await away(fingerprint)
    batch = [{"action": "add", "productId": goods.id, "quantity": 1_000_000}] * 2
    assert (await refused(client, "cart_batch_update", batch)) == "invalid"
    assert await away(fingerprint) == before
