"""Where a server can be told to die, as by `kill -9`.

A step is a function of the shop, and whether it dies before or after it. A test writes the step's name into
the file that ``DIES_AT`` names; the server takes the name out as it dies, and lives the next time.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "DIES_AT"


@dataclass(frozen=True, slots=True)
class Step:
    """``place`` is a module and a name in it, which may be a class's."""

    module: str
    name: str
    when: str = "before"


_PLACING = "orders.services.placing"
_ORDER_VIEWS = "orders.api.order_views"
_PAYMENT_VIEWS = "orders.api.payment_views"

PLACING: Mapping[str, Step] = {
    "when the cart is locked": Step(_PLACING, "lock_carts", "after"),
    "when stock is taken": Step(_PLACING, "_written"),
    "when the order is announced": Step(_PLACING, "_written", "after"),
    "when the key is kept": Step("config.api.idempotency", "_remember", "after"),
    "when it is committed": Step(_ORDER_VIEWS, "OrdersViewSet.finalize_response"),
}
PAYING: Mapping[str, Step] = {
    "when the payment is there": Step("orders.services.paying", "_made", "after"),
    "before the provider has heard": Step("orders.services.paying", "outside_transaction"),
    "when the provider has answered": Step("orders.services.paying", "outside_transaction", "after"),
    "when the answer is kept": Step("config.api.idempotency", "_remember"),
    "when it is committed": Step(_PAYMENT_VIEWS, "PaymentsViewSet.finalize_response"),
}
COMPLETING: Mapping[str, Step] = {
    "when it is told": Step("orders.services.settling", "told", "after"),
    "when it is committed": Step(_PAYMENT_VIEWS, "PaymentsViewSet.finalize_response"),
}
REFUNDING: Mapping[str, Step] = {
    "before the provider has heard": Step("orders.services.refunding", "outside_transaction"),
    "when the provider has answered": Step("orders.services.refunding", "outside_transaction", "after"),
    "when it is settled": Step("config.api.idempotency", "_remember"),
}
STEPS: Mapping[str, Step] = {
    f"{part}: {name}": step
    for part, steps in (
        ("placing", PLACING),
        ("paying", PAYING),
        ("completing", COMPLETING),
        ("refunding", REFUNDING),
    )
    for name, step in steps.items()
}


def lie_in_wait() -> None:
    """Put death at every step; it comes where the file says so."""
    for name, step in STEPS.items():
        owner: Any = importlib.import_module(step.module)
        *way, attribute = step.name.split(".")
        for part in way:
            owner = getattr(owner, part)
        setattr(owner, attribute, _fatal(name, step, getattr(owner, attribute)))


def _fatal(name: str, step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def fatal(*args: Any, **kwargs: Any) -> Any:
        if step.when == "before":
            _die_at(name)
        result = function(*args, **kwargs)
        if step.when == "after":
            _die_at(name)
        return result

    return fatal


def _die_at(name: str) -> None:
    file = Path(os.environ[FILE])
    if file.exists() and file.read_text() == name:
        file.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
