"""A guest's cart, and what becomes of it when the guest signs in, while sockets listen to both carts."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.clients.backstage import Backstage
from tests.clients.order_tracker import Connect, Tracker, a_cart_token, a_tracker, request
from tests.clients.signing_in import PASSWORD
from tests.clients.test_events import WAYS
from tests.realtime.waiting import until
from tests.server_process import ServerProcess


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
async def tracker(
    request: pytest.FixtureRequest, node_client: Connect, backstage: Backstage, server: ServerProcess
) -> Tracker:
    """Everybody listens, and nothing lies in any cart."""
    return await a_tracker(node_client, backstage, server.base_url, request.param)


async def test_a_guests_cart_is_heard_by_its_token_and_merged_at_sign_in(
    tracker: Tracker, node_client: Connect, server: ServerProcess
) -> None:
    guest, phone = tracker.sockets["guest"], tracker.sockets["customer"]
    own = (await phone.emit("join_cart", ack=True))["cart"]
    refused = await guest.emit("cart_add_item", {"productId": tracker.product, "quantity": 1}, ack=True)
    assert (refused["ok"], refused["code"]) == (False, "not_authenticated")
    token = await a_cart_token(server.base_url, tracker.product)
    cart = (await guest.emit("join_cart", {"cartToken": token}, ack=True))["cart"]
    assert (cart["itemCount"], cart["_id"] != own["_id"]) == (1, True)
    await tracker.told()
    added = await guest.emit("cart_add_item", {"productId": tracker.product, "quantity": 2}, ack=True)
    assert await tracker.told() == {
        "guest": [("cart_updated", {"action": "item_added", "cart": added["cart"]})]
    }
    # Its owner signs in, on the phone, while both listen.
    merged = await phone.emit("join_cart", {"cartToken": token}, ack=True)
    told = await tracker.told()
    assert merged["cart"]["itemCount"] == 3
    assert [name for name, _payload in told["guest"]] == ["cart_updated", "cart_sync"]
    assert told["guest"][0][1]["cart"]["items"] == []
    # What it joins is shown to it, and what its word has changed is told: whichever comes first, it is the
    # same cart.
    assert sorted(name for name, _payload in told["customer"]) == ["cart_sync", "cart_sync", "cart_updated"]
    assert all(payload["cart"] == merged["cart"] for _name, payload in told["customer"])
    assert set(told) == {"guest", "customer"}
    # What the guest does now is in an empty cart of its own again, and the customer hears nothing of it.
    await guest.emit("cart_add_item", {"productId": tracker.product, "quantity": 1}, ack=True)
    assert set(await tracker.told()) == {"guest"}


async def test_a_guest_who_registers_takes_the_cart_along_and_both_carts_tell_of_it(
    tracker: Tracker, node_client: Connect, server: ServerProcess
) -> None:
    guest = tracker.sockets["guest"]
    token = await a_cart_token(server.base_url, tracker.product)
    cart = (await guest.emit("join_cart", {"cartToken": token}, ack=True))["cart"]
    await tracker.told()
    who: dict[str, Any] = {"name": "Amal", "phone": "1", "password": PASSWORD}
    who["email"] = f"{secrets.token_hex(6)}@example.com"
    signed_in, _headers = await request(
        server.base_url, "POST", "/api/auth/register", who, **{"X-Cart-Token": token}
    )
    told = await tracker.told()
    empty = {**told["guest"][0][1]["cart"]}
    assert (empty["_id"], empty["items"], empty["totalPrice"]) == (cart["_id"], [], 0)
    assert told == {
        "guest": [("cart_updated", {"action": "updated", "cart": empty}), ("cart_sync", {"cart": empty})]
    }
    # Whoever comes in with the new account finds it, and joins it alone.
    own = await node_client(auth={"token": signed_in["token"]})
    shown = (await own.emit("join_cart", ack=True))["cart"]
    assert [(line["productId"], line["quantity"]) for line in shown["items"]] == [(tracker.product, 1)]
    own.forget()
    bearer = {"Authorization": f"Bearer {signed_in['token']}"}
    changed, _headers = await request(
        server.base_url, "POST", "/api/cart/items", {"productId": tracker.product, "quantity": 1}, **bearer
    )
    await until(lambda: bool(own.payloads("cart_sync")))
    assert own.payloads("cart_sync")[0]["cart"] == own.payloads("cart_updated")[0]["cart"] == changed
    assert await tracker.told() == {}
