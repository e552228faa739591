"""Placing an order over REST, together with whoever does so at the same moment.

Orders that come while others are being placed in this process wait for these and then share one transaction,
idempotency keys and all: what a transaction costs is paid once for all of them, and on a product that
everybody wants there is one lock, one write and one commit instead of a queue of them. Each is answered for
itself.

Belongs here: which requests may share, and what is done where they may not. Does not belong here: who leads
and who waits (``config.kernel.combining``), what placing is (``orders.services.placing``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.idempotency import Asked, answer_each_once, answer_once, asked_once
from config.kernel.combining import Combiner
from config.kernel.transactions import in_shared_transaction
from orders import services
from orders.order_records import OrderRecord

ENDPOINT = "orders.create"
#: So many orders share a transaction at most: beyond that there is little to gain, and more to wait for.
MOST = 32

Answer = Callable[[OrderRecord], Response]


@dataclass(frozen=True, slots=True)
class _Checkout:
    """A request for an order. ``placing`` is what it asks for, or why it can't be right."""

    asked: Asked
    customer_id: str
    placing: services.Placing | Exception
    answer: Answer


def check_out(
    request: Request, *, customer_id: str, read: Callable[[], services.Placing], answer: Answer
) -> HttpResponseBase:
    """The answer to a request for an order, once for its ``Idempotency-Key``; raises what it is refused for.

    ``read`` reads the request (what it raises is told only if the key was not answered before) and must ask
    nothing of the database. ``customer_id`` is whose request it is: a customer's orders come one by one.
    """
    asked = asked_once(request, endpoint=ENDPOINT)
    try:
        placing: services.Placing | Exception = read()
    except Exception as error:  # noqa: BLE001  kept for the moment in which the key is known to be free
        placing = error
    return _combined(_Checkout(asked, customer_id, placing, answer))


def _alone(checkout: _Checkout) -> HttpResponseBase:
    def effect() -> Response:
        if isinstance(checkout.placing, Exception):
            raise checkout.placing
        return checkout.answer(services.place_one(checkout.placing))

    return answer_once(checkout.asked.request, endpoint=ENDPOINT, effect=effect)


def _together(checkouts: Sequence[_Checkout]) -> list[HttpResponseBase | Exception]:
    def effects(places: Sequence[int]) -> list[HttpResponseBase | Exception]:
        return _placed([checkouts[place] for place in places])

    return in_shared_transaction(lambda: answer_each_once([one.asked for one in checkouts], effects=effects))


def _placed(checkouts: Sequence[_Checkout]) -> list[HttpResponseBase | Exception]:
    placings = [one.placing for one in checkouts if isinstance(one.placing, services.Placing)]
    outcomes = iter(services.place_orders(placings))
    answers: list[HttpResponseBase | Exception] = []
    for one in checkouts:
        outcome = one.placing if isinstance(one.placing, Exception) else next(outcomes)
        answers.append(one.answer(outcome) if isinstance(outcome, OrderRecord) else outcome)
    return answers


def _customer(checkout: _Checkout) -> str:
    """A customer's second order finds the cart as the first one leaves it, so it does not share with it."""
    return checkout.customer_id


_combined: Combiner[_Checkout, HttpResponseBase] = Combiner(_together, alone=_alone, key=_customer, most=MOST)
