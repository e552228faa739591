"""Lists at both doors: a page, or all of it streamed in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.dialects.shop import shop_currency
from catalog.errors import invalid
from catalog.selectors import Listing, Shown, products_shown
from config.api.json import write_json
from config.api.paging import Page, PlannedPage, paginate, plan_page
from config.api.streaming import json_array

#: Lists whose SQL is remembered, by path, query and currency.
_MOST_PLANNED = 500
_planned: dict[tuple[str, str], PlannedPage] = {}

Show = Callable[[Shown], dict[str, Any]]


def answer_list(
    request: Request,
    listing: Callable[[], Listing],
    *,
    show: Show,
    is_fixed: bool = True,
    on_sale: bool = False,
) -> HttpResponseBase:
    """The bare array that ``?limit=`` and ``?cursor=`` ask for; without a limit, everything.

    Only ids and what they are ordered by are paged; products are read chunk by chunk behind them.
    ``is_fixed``: what ``listing`` makes of the same request is always the same query.
    """
    page = _page(request, listing, is_fixed=is_fixed)
    products = products_shown((row["id"] for row in page.items), on_sale=on_sale)
    if isinstance(page.items, list):
        response = Response([show(shown) for shown in products])
        if page.link is not None:
            response["Link"] = page.link
        return response
    return json_array(_begun(write_json(show(shown)) for shown in products))


def _page(request: Request, listing: Callable[[], Listing], *, is_fixed: bool) -> Page[dict[str, Any]]:
    # A list is asked for again and again, and to make up its SQL takes longer than to read it.
    asked = (request.get_full_path(), shop_currency())
    if (known := _planned.get(asked)) is not None:
        return known.read(request)
    found = listing()
    keys = [name.removeprefix("-") for name in found.order]
    rows = found.products.values("id", *(key for key in keys if key != "id"))
    if is_fixed and (planned := plan_page(request, rows, order=found.order)) is not None:
        if len(_planned) >= _MOST_PLANNED:
            _planned.clear()
        _planned[asked] = planned
        return planned.read(request)
    return paginate(request, rows, order=found.order, default_limit=None)


def _begun(items: Iterator[bytes]) -> Iterable[bytes]:
    """The items, the first of them read now: a database that does not answer is still a 503 then."""
    first = next(items, None)
    return () if first is None else chain((first,), items)


def text_parameter(request: Request, name: str) -> str:
    """A parameter of the query; empty where it is absent."""
    return str(request.query_params.get(name, ""))


def flag_parameter(request: Request, name: str) -> bool:
    """``true`` narrows a list, ``false`` doesn't. Raises ``InvalidInput`` for anything else."""
    text = text_parameter(request, name)
    if text not in ("", "true", "false"):
        raise invalid(name, "must be true or false")
    return text == "true"
