"""The start: products by category and search, drawn by the server, whose figures then follow the events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode

from catalog.dialects import shop_product
from catalog.dialects.shop import OPTION_FIELDS, shop_currency
from catalog.selectors import SORTS, ShopFilter, Shown, largest_categories, products_shown, shop_listing
from config.api.paging import InvalidCursor, page_after
from config.kernel.clock import iso, now
from realtime.pages.goods import card_of
from realtime.pages.page import Page

# Fetched beside the first module, not after it has been read.
SHOP_MODULES = (
    "client", "store", "listing", "grid", "card", "sales", "status", "format", "words", "fresh", "pricing",
    "tabs", "htmx_here",
)  # fmt: skip
#: What the browser asks for at once, and the server draws: two screens of a large window.
PAGE_SIZE = 18
# More than that is no choice but a list to scroll through; the search finds the rest.
MOST_CATEGORIES = 12
LONGEST_SEARCH = 100
LIST = "/api/products"
#: What the modules read of a product (`store.js`); a page carries nothing for nobody.
_SEED = ("id", "title", "category", "image", "currency", "price", "available", "stock", "flashSale")


class ShopPage(Page):
    """The shop as a grid."""

    template_name = "shop/home.html"
    topics = ("products", "stock", "flash_sales")

    def get(self, request: HttpRequest) -> HttpResponseBase:
        asked = _asked(request)
        try:
            shown, further = _page(asked, request.GET.get("cursor"))
        except InvalidCursor:
            return self.go(address_of(asked))
        return self.show(
            category=asked["category"],
            search=asked["search"],
            sort=asked["sort"],
            asked=any(asked.values()),
            cards=[card_of(one, host=request.get_host()) for one in shown],
            categories=largest_categories(limit=MOST_CATEGORIES),
            seed=_seed(shown, asked, further),
            further=further and address_of({**asked, "cursor": further}),
            low_stock=settings.STOCKWIRE_LOW_STOCK,
            page_size=PAGE_SIZE,
            modules=[f"stockwire/{name}.js" for name in SHOP_MODULES],
            htmx=static("django_htmx/htmx-2.min.js"),
        )


def address_of(asked: dict[str, str]) -> str:
    """The start, under a query."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("shop") + (f"?{query}" if query else "")


def _asked(request: HttpRequest) -> dict[str, str]:
    """What is asked for, as far as it can mean anything."""
    said = {name: _line(request.GET.get(name, "")) for name in ("category", "search", "sort")}
    said["search"] = said["search"].strip()[:LONGEST_SEARCH]
    if said["sort"] not in SORTS:
        said["sort"] = ""
    return said


def _line(text: str) -> str:
    return text if text.isprintable() else ""


def _page(asked: dict[str, str], cursor: str | None) -> tuple[list[Shown], str | None]:
    wanted = ShopFilter(
        currency=shop_currency(), category=asked["category"], search=asked["search"], sort=asked["sort"]
    )
    listing = shop_listing(wanted)
    keys = [name.removeprefix("-") for name in listing.order]
    rows = listing.products.values("id", *(key for key in keys if key != "id"))
    found, further = page_after(rows, order=listing.order, limit=PAGE_SIZE, cursor=cursor, path=LIST)
    return list(products_shown((row["id"] for row in found), on_sale=True)), further


def _seed(shown: Sequence[Shown], asked: dict[str, str], further: str | None) -> dict[str, Any]:
    """What the modules begin with: these products, where there are more, and what time it is."""
    query = {**{name: value for name, value in asked.items() if value}, "limit": str(PAGE_SIZE)}
    return {
        "now": iso(now()),
        "products": list(_products(shown)),
        "next": f"{LIST}?{urlencode({**query, 'cursor': further})}" if further else None,
    }


def _products(shown: Sequence[Shown]) -> Iterator[dict[str, Any]]:
    for one in shown:
        product = shop_product(one.record, one.figures, sale=one.sale)
        seed = {name: product[name] for name in _SEED}
        seed["variants"] = [
            {name: variant[name] for name in ("id", "attributes", "stock", "price") if name in variant}
            for variant in product["variants"]
        ]
        for name in OPTION_FIELDS:
            if product[name]:
                seed[name] = [{"name": choice["name"]} for choice in product[name]]
        yield seed


shop = ShopPage.as_view()
