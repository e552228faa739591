"""People who wish for something; and that they have been told, where a live half runs and where none does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import orjson
from django.db import connection

from catalog.selectors.wishlists import wishlist_id_of
from realtime.relay import Relay, connect
from realtime.wishers.telling import tell_wishers
from tests.realtime.log import Told, caught_up, sql


async def everybody_told() -> None:
    """The crier has told of all there is, and the hub has told everybody here."""
    await caught_up()

    told_of_all = "SELECT seq = (SELECT top FROM realtime_eventhead) FROM realtime_wishersplace"
    async with asyncio.timeout(10):
        while await sql(told_of_all) != [(True,)]:  # noqa: ASYNC110  a database rings no bell
            await asyncio.sleep(0.02)
    await caught_up()


def number() -> None:
    """As a relay does."""
    asyncio.run(_number())


async def _number() -> None:
    relay = Relay(publish=Told())
    its_own = await connect()
    try:
        await its_own.set_autocommit(True)
        while await relay.once(its_own):
            pass
    finally:
        await its_own.close()


def tell_all(**sizes: int) -> int:
    """Number and tell until there is nothing more; in how many steps."""
    steps = 0
    while True:
        # What is told of a sale has to be numbered before wishers are told of that.
        number()
        before = steps
        while tell_wishers(**sizes):
            steps += 1
        if steps == before:
            return steps


def told() -> list[tuple[str, list[str]]]:
    """What was told, in the log's order, to whom."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, extra FROM realtime_event WHERE type LIKE 'wishers.%' ORDER BY id")
        return [(kind, orjson.loads(extra)["user_ids"]) for kind, extra in cursor.fetchall()]


def crowd(count: int, *, product_id: str, prefix: str = "usr_w") -> Sequence[str]:
    """So many customers who wish for the product, made as quickly as rows can be."""
    ids = [f"{prefix}{number:06d}" for number in range(count)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO identity_user (id, email, name, phone, role, duties, is_staff, is_active,"
            " is_superuser, password, date_joined, updated_at)"
            " SELECT id, id || '@example.com', id, '', 'customer', '{}', false, true,"
            " false, '!', now(), now()"
            " FROM unnest(%s::text[]) AS id",
            [ids],
        )
        cursor.execute(
            "INSERT INTO catalog_wishlist (id, user_id, version, updated_at)"
            " SELECT wishlist, customer, 1, now()"
            " FROM unnest(%s::text[], %s::text[]) AS pairs(wishlist, customer)",
            [[wishlist_id_of(one) for one in ids], ids],
        )
        cursor.execute(
            "INSERT INTO catalog_wishlistitem (wishlist_id, product_id, added_at)"
            " SELECT wishlist, %s, now() FROM unnest(%s::text[]) AS wishlist",
            [product_id, [wishlist_id_of(one) for one in ids]],
        )
    return ids
