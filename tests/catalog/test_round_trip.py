"""What is read can be written back and changes nothing, whatever the product is like."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.dialects import catalog_product, shop_product
from catalog.selectors import product_shown
from catalog.services import (
    ChoiceDraft,
    CountDraft,
    MarketDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)
from config.kernel.money import CURRENCIES, decimals_of
from tests.catalog.conftest import caller
from tests.catalog.goods import fresh_sku, made
from tests.hearing import hearing

# Anything that a text may hold: all of Unicode but control characters and surrogates.
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])
TEXT = st.text(CHARACTERS, max_size=20)
NAME = TEXT.filter(lambda text: bool(text.strip()))
COUNT = st.integers(0, 1_000_000_000)


@st.composite
def prices(draw: st.DrawFn, least: int = 0) -> tuple[PriceDraft, ...]:
    currencies = draw(st.lists(st.sampled_from(sorted(CURRENCIES)), min_size=least, max_size=4, unique=True))
    return tuple(
        PriceDraft(c, Decimal(draw(st.integers(0, 10**9))).scaleb(-decimals_of(c))) for c in currencies
    )


@st.composite
def counts(draw: st.DrawFn) -> tuple[CountDraft, ...]:
    places = draw(st.lists(st.sampled_from(["A", "B", "STH 1"]), max_size=3, unique=True))
    return tuple(CountDraft(draw(COUNT), place) for place in places)


@st.composite
def variants(draw: st.DrawFn) -> tuple[VariantDraft, ...]:
    attributes = st.dictionaries(
        st.one_of(st.sampled_from(["size", "color"]), NAME), TEXT, min_size=1, max_size=3
    )
    unique = draw(st.lists(attributes, max_size=4, unique_by=lambda one: tuple(sorted(one.items()))))
    return tuple(
        VariantDraft(sku=fresh_sku("V"), attributes=one, prices=draw(prices()), stock=draw(counts()))
        for one in unique
    )


@st.composite
def options(draw: st.DrawFn) -> tuple[OptionDraft, ...]:
    names = draw(st.lists(st.one_of(st.sampled_from(["flavors", "sizes"]), NAME), max_size=3, unique=True))
    multiplier = st.decimals(0, 1000, places=3)
    return tuple(
        OptionDraft(
            name,
            tuple(
                ChoiceDraft(choice, draw(multiplier), {"servings": draw(TEXT)})
                for choice in draw(st.lists(NAME, min_size=1, max_size=3, unique=True))
            ),
        )
        for name in names
    )


@st.composite
def products(draw: st.DrawFn) -> ProductDraft:
    some = draw(variants())
    markets = draw(st.lists(NAME, max_size=3, unique=True))
    return ProductDraft(
        sku=fresh_sku(),
        title=draw(NAME),
        description=draw(st.text(st.one_of(CHARACTERS, st.sampled_from("\n\t\r")), max_size=40)),
        category=draw(TEXT),
        subcategory=draw(TEXT),
        image=draw(TEXT),
        available=draw(st.booleans()),
        featured=draw(st.booleans()),
        prices=draw(prices(least=1)),
        variants=some,
        markets=tuple(MarketDraft(market, draw(NAME), draw(TEXT), draw(TEXT)) for market in markets),
        options=draw(options()),
        stock=() if some else draw(counts()),
    )


@pytest.mark.usefixtures("open_mode")
class RoundTrip(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(draft=products())
    def test_a_product_can_be_written_back_in_both_dialects(self, draft: ProductDraft) -> None:
        (product_id,) = made(draft)
        call = caller(self.client)
        for path in (f"/products/{product_id}", f"/api/products/{product_id}"):
            shown = call("GET", path)
            with hearing() as heard:
                answer = call("PUT", path, shown.data)
            assert answer.status_code == 200, answer.data
            assert answer.data == shown.data
            assert answer["ETag"] == shown["ETag"]
            assert heard.names == []

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(draft=products())
    def test_the_product_of_its_event_is_the_one_that_is_read(self, draft: ProductDraft) -> None:
        with hearing() as heard:
            (product_id,) = made(draft)
        event: Any = heard.events[0]
        shown = product_shown(product_id)
        assert shown is not None
        # Its stock too is as it is read; the counts' own events follow, with versions of their own.
        assert event.product == catalog_product(shown.record, shown.figures, version=event.version)
        assert event.shop_product == shop_product(shown.record, shown.figures)
