"""Drafts out of the short form in which the demo shop is written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import cycle, product

from catalog.services import (
    ChoiceDraft,
    CountDraft,
    MarketDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)

#: Where the demo shop has its goods: what is in neither place can't be had.
WAREHOUSE, COUNTER = "main", "counter"


def prices(egp: str, sek: str, inr: str, usd: str) -> tuple[PriceDraft, ...]:
    """A price in each of the demo shop's currencies."""
    amounts = {"EGP": egp, "SEK": sek, "INR": inr, "USD": usd}
    return tuple(PriceDraft(currency, Decimal(amount)) for currency, amount in amounts.items())


def sized(
    *, sku: str, sizes: Iterable[str], colors: Sequence[str], units: Sequence[int]
) -> tuple[VariantDraft, ...]:
    """A variant for each size and color. ``units`` go round: 0 makes a gap, as every shop has them."""
    stock = cycle(units)
    return tuple(
        VariantDraft(
            sku=f"{sku}-{size.upper()}-{color.upper()}",
            attributes={"size": size, "color": color},
            stock=counts(next(stock)),
        )
        for size, color in product(sizes, colors)
    )


def counts(units: int) -> tuple[CountDraft, ...]:
    """Most of it in the warehouse, some of a larger number on the counter."""
    shown = units // 4
    places = [CountDraft(units - shown, WAREHOUSE)]
    return (*places, CountDraft(shown, COUNTER)) if shown else tuple(places)


def goods(
    *,
    sku: str,
    title: str,
    image: str,
    category: str,
    subcategory: str,
    description: str,
    prices: tuple[PriceDraft, ...],
    variants: tuple[VariantDraft, ...],
    featured: bool = False,
    swedish: str = "",
) -> ProductDraft:
    """Something that is sold by size and color. ``swedish`` is its title in that market."""
    return ProductDraft(
        sku=sku,
        title=title,
        description=description,
        category=category,
        subcategory=subcategory,
        image=f"/static/stockwire/demo/{image}.svg",
        prices=prices,
        variants=variants,
        featured=featured,
        markets=(MarketDraft("SE", swedish),) if swedish else (),
    )


def baked(
    *,
    sku: str,
    title: str,
    image: str,
    subcategory: str,
    description: str,
    prices: tuple[PriceDraft, ...],
    units: int,
    flavors: Sequence[tuple[str, str]] = (),
    sizes: Sequence[tuple[str, str, str]] = (),
    eggless: str = "",
    featured: bool = False,
) -> ProductDraft:
    """Something from the bakery: one stock figure, and choices that multiply the price."""
    options = [
        OptionDraft("flavors", tuple(ChoiceDraft(name, Decimal(times)) for name, times in flavors)),
        OptionDraft(
            "sizes",
            tuple(
                ChoiceDraft(name, Decimal(times), {"servings": servings}) for name, servings, times in sizes
            ),
        ),
    ]
    if eggless:
        options.append(
            OptionDraft("eggOptions", (ChoiceDraft("With egg"), ChoiceDraft("Eggless", Decimal(eggless))))
        )
    return ProductDraft(
        sku=sku,
        title=title,
        description=description,
        category="Bakery",
        subcategory=subcategory,
        image=f"/static/stockwire/demo/{image}.svg",
        prices=prices,
        options=tuple(option for option in options if option.choices),
        stock=counts(units),
        featured=featured,
    )
