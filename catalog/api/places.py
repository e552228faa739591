"""Places of mistakes, from the services' names to those that the client sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from config.kernel.errors import StockwireError

Renaming = Callable[[str], str]


@contextmanager
def places_renamed(renaming: Renaming) -> Iterator[None]:
    """Have refusals inside speak of the client's own fields."""
    try:
        yield
    except StockwireError as refusal:
        raise renamed(refusal, renaming) from refusal.__cause__


def renamed(refusal: StockwireError, renaming: Renaming) -> StockwireError:
    """The refusal, its places in ``details`` and in the message renamed."""
    details: dict[str, list[str]] = {}
    for place, texts in refusal.details.items():
        shown = renaming(place)
        details.setdefault(shown, []).extend(texts)
        if refusal.message.startswith(f"{place}: "):
            refusal.message = f"{shown}: {texts[0]}"
    refusal.details = dict(details)
    return refusal
