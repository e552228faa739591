"""Which products a list holds, and in which order. Querysets only: paging and reading are done elsewhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.search import SearchQuery
from django.db.models import (
    BigIntegerField,
    Case,
    DecimalField,
    F,
    FilteredRelation,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from catalog.models import FULL_TEXT, MarketText, Product, ProductQuerySet, Variant
from catalog.search import fold, lexemes, pieces, shortened, words
from catalog.selectors.sales import price_to_pay
from catalog.stock_port import stock
from config.kernel.money import MAX_AMOUNT

#: What a shop list can be sorted by.
SORTS = ("price", "-price", "newest", "rating", "name")

_FEATURED = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """The products of a list, and what it is ordered by (the id settles what is equal in that)."""

    products: ProductQuerySet
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFilter:
    """What a shop list is narrowed to. ``currency`` is the one in which prices are compared."""

    currency: str
    category: str = ""
    subcategory: str = ""
    search: str = ""
    in_stock: bool = False
    featured: bool = False
    least_price: Decimal | None = None
    most_price: Decimal | None = None
    sort: str = ""


def catalog_listing(*, updated_since: dt.datetime | None = None, market: str = "", sku: str = "") -> Listing:
    """The products in the order in which they were made. ``sku`` is a product's own or a variant's."""
    products = Product.objects.live()
    if updated_since is not None:
        products = products.filter(updated_at__gte=updated_since)
    if market:
        products = products.filter(id__in=MarketText.objects.filter(market=market).values("product_id"))
    if sku:
        bearers = Variant.objects.filter(sku=sku, archived_at__isnull=True).values("product_id")
        products = products.filter(Q(sku=sku) | Q(id__in=bearers))
    return Listing(products, ("created_at",))


def featured_listing() -> ProductQuerySet:
    """What the shop puts in its window: the newest few that are featured and for sale."""
    products = Product.objects.live().filter(featured=True, available=True)
    return products.order_by("-created_at", "-id")[:_FEATURED]


def shop_listing(wanted: ShopFilter) -> Listing:
    """The products that a filter leaves. A search finds names and whole texts; only where neither is found,
    names that are spelled nearly so.
    """
    products = Product.objects.live()
    if wanted.category:
        products = products.filter(category=wanted.category)
    if wanted.subcategory:
        products = products.filter(subcategory=wanted.subcategory)
    if wanted.featured:
        products = products.filter(featured=True)
    if wanted.in_stock:
        products = products.filter(id__in=stock().products_in_stock())
    products = _rated(_priced(products, wanted), wanted)
    order = _order(wanted.sort)
    if wanted.search:
        products = _searched(products, wanted.search)
        order = order if wanted.sort else ("match", "search_name")
    return Listing(products, order)


def _order(sort: str) -> tuple[str, ...]:
    if sort in ("price", "-price"):
        return (sort.replace("price", "sort_price"),)
    if sort == "name":
        return ("search_name",)
    if sort == "rating":
        return ("-stars", "-review_count", "-created_at")
    return ("-created_at",) if sort == "newest" else ("created_at",)


def _priced(products: ProductQuerySet, wanted: ShopFilter) -> ProductQuerySet:
    """By what is paid just now: a running flash sale counts. A product without a price in the currency is in
    no range, and last in either order.
    """
    if wanted.least_price is None and wanted.most_price is None and wanted.sort not in ("price", "-price"):
        return products
    # At most one row, by a unique index: a join that multiplies nothing.
    own = Q(prices__variant__isnull=True, prices__currency=wanted.currency)
    products = products.annotate(own_price=FilteredRelation("prices", condition=own))
    amount = price_to_pay(F("own_price__amount"), "pk", currency=wanted.currency)
    if wanted.least_price is not None:
        products = products.filter(GreaterThanOrEqual(amount, wanted.least_price))
    if wanted.most_price is not None:
        products = products.filter(LessThanOrEqual(amount, wanted.most_price))
    if wanted.sort in ("price", "-price"):
        none = Decimal(-1) if wanted.sort == "-price" else MAX_AMOUNT + 1
        last = Value(none, output_field=DecimalField(max_digits=21, decimal_places=4))
        products = products.annotate(sort_price=Coalesce(amount, last))
    return products


def _rated(products: ProductQuerySet, wanted: ShopFilter) -> ProductQuerySet:
    """``stars``: the mean in thousandths, a whole number that a page's cursor carries exactly. What nobody
    has rated comes last; of equals that which more have rated comes first, then the newest."""
    if wanted.sort != "rating":
        return products
    mean = F("rating_sum") * 1000 / NullIf(F("review_count"), 0)
    return products.annotate(stars=Coalesce(mean, 0, output_field=BigIntegerField()))


def _searched(products: ProductQuerySet, search: str) -> ProductQuerySet:
    """``match`` is 0 for names that contain it, 1 for other texts, 2 for names that are spelled nearly so."""
    folded = fold(search)
    # The pieces say nothing that the name doesn't, but the index knows them.
    named = Q(search_name__contains=folded)
    if some := sorted(pieces(folded)):
        named &= Q(search_terms__contains=some)
    text = " & ".join(f"'{lexeme}':*" for lexeme in lexemes(search))
    found = named
    if text:
        products = products.annotate(document=FULL_TEXT)
        found |= Q(document=SearchQuery(text, search_type="raw", config="simple"))
    match = Case(When(named, then=Value(0)), default=Value(1), output_field=IntegerField())
    exact = products.filter(found).annotate(match=match)
    misspelled = words(search)
    if not misspelled or exact.exists():
        return exact
    near = Q()
    for word in misspelled:
        near &= Q(search_terms__overlap=sorted(shortened(word)))
    return products.filter(near).annotate(match=Value(2, output_field=IntegerField()))
