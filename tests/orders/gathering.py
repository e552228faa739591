"""Buyers whose orders come at the same moment, so that they are tried together in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection

from config.kernel.actors import Actor
from config.kernel.combining import Combiner
from orders import services
from orders.api import checkout
from tests.inventory.crowds import until
from tests.orders.asking import wish
from tests.orders.conftest import Person, person
from tests.orders.shop import WHERE, Goods

ORDERS = "/api/orders"


class Held(Exception):
    """Whoever was only there to keep the others waiting."""


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of these so that they share one transaction; the answer to each, in their order."""
    gate = threading.Event()
    first = object()

    def alone(asked: Any) -> Any:
        if asked is first:
            assert gate.wait(20)
            raise Held
        return checkout._alone(asked)

    def key(asked: Any) -> Any:
        return asked if asked is first else checkout._customer(asked)

    combiner: Any = Combiner(checkout._together, alone=alone, key=key, most=checkout.MOST)

    def hold() -> None:
        with pytest.raises(Held):
            combiner(first)

    def closing(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(works) + 1) as pool:
        patch.setattr(checkout, "_combined", combiner)
        holding = pool.submit(hold)
        until(lambda: combiner._leaders == 1 and not combiner._waiting)
        futures = []
        for count, work in enumerate(works, start=1):
            futures.append(pool.submit(closing, work))
            until(partial(waits_for, combiner, count))
        gate.set()
        holding.result(20)
        return [future.result(30) for future in futures]


def waits_for(combiner: Any, count: int) -> bool:
    return len(combiner._waiting) == count


def people(count: int) -> list[Person]:
    return [person(name=f"buyer{number}", phone="0123") for number in range(count)]


def ordering(buyer: Person, *items: dict[str, Any], key: str = "k", **more: Any) -> Callable[[], Any]:
    body = {"items": list(items), **WHERE, **more} if items else {**WHERE, **more}
    return lambda: buyer("POST", ORDERS, body, **{"Idempotency-Key": key})


def statuses(answers: Sequence[Any]) -> list[tuple[int, str | None]]:
    return [(one.status_code, one.data.get("code") if one.status_code >= 400 else None) for one in answers]


def transactions_of_orders() -> int:
    """How many transactions wrote the orders that there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM orders_order")
        count: int = cursor.fetchone()[0]
    return count


def asking(buyer: Person, *goods: Goods) -> services.Placing:
    return services.Placing(
        customer=buyer.user,
        terms=services.Terms(shipping_address="Here", phone="0123"),
        actor=Actor(kind="user", id=buyer.id),
        wishes=[wish(one) for one in goods],
    )
