"""Cleaned forms into drafts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from catalog.admin.forms import ProductForm
from catalog.dialects.shop import shop_currency
from catalog.models import MarketText, Price, Variant
from catalog.services import UNSET, MarketDraft, PriceDraft, ProductDraft, VariantDraft


def draft_of(form: ProductForm, formsets: Iterable[Any]) -> ProductDraft:
    """The draft that the page stands for. What the page has not (stock) the draft does not mention."""
    given = form.cleaned_data
    rows = {formset.model: list(_kept(formset)) for formset in formsets}
    return ProductDraft(
        id=form.instance.pk,
        sku=given["sku"] or UNSET,
        title=given["title"],
        description=given["description"],
        category=given["category"],
        subcategory=given["subcategory"],
        image=given["image"],
        available=given["available"],
        featured=given["featured"],
        options=given["named_options"],
        prices=tuple(PriceDraft(row["currency"], row["amount"]) for _, row in rows[Price]),
        variants=tuple(_variant(present, row) for present, row in rows[Variant]),
        markets=tuple(
            MarketDraft(row["market"], row["title"], row["description"], row["keywords"])
            for _, row in rows[MarketText]
        ),
    )


def _kept(formset: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The rows that stay or come, each with its present object (None: it is new)."""
    for form in formset.forms:
        is_new = form.instance._state.adding
        if (is_new and not form.has_changed()) or form.cleaned_data.get("DELETE"):
            continue
        yield (None if is_new else form.instance), form.cleaned_data


def _variant(present: Variant | None, row: dict[str, Any]) -> VariantDraft:
    prices = list(row["other_prices"])
    if row["own_price"] is not None:
        prices.insert(0, PriceDraft(shop_currency(), row["own_price"]))
    return VariantDraft(
        id=present.pk if present else None,
        sku=row["sku"] or UNSET,
        attributes=row["attributes"],
        prices=tuple(prices),
    )
