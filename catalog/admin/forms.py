"""The forms of a product and of what hangs on it. They read and show; the services judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from rest_framework import serializers
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.admin.options import as_text, read_text
from catalog.api.catalog_serializers import OptionSerializer
from catalog.dialects.shop import shop_currency
from catalog.models import MarketText, Price, Product, Variant
from catalog.services import OptionDraft, PriceDraft
from config.api.errors import place_message
from config.api.plain_lines import PlainLines
from config.kernel.errors import InvalidInput, StockwireError
from config.kernel.money import quantize

# More would be refused for the amount anyway; it keeps the forms' own error readable.
_DECIMALS = 4


class JudgedByServices:
    """Uniqueness is judged by the services, which know that two variants may change their skus at once."""

    def validate_unique(self) -> None:
        """Nothing here."""

    def validate_constraints(self) -> None:
        """Nothing here."""


class JudgedFormSet(JudgedByServices, BaseInlineFormSet[Any, Any, Any]):
    """Rows that the services judge together."""


class AttributesFormField(forms.CharField):
    """``size: M`` and ``color: Red``, a line each."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))

    def clean(self, value: Any) -> dict[str, str]:
        lines = [line for line in str(super().clean(value)).splitlines() if line.strip()]
        pairs = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        if any(len(pair) < len(("name", "value")) for pair in pairs):
            raise ValidationError("Write a line for each, such as “size: M”.")
        return {pair[0]: pair[1] for pair in pairs}


class OptionsFormField(forms.CharField):
    """Options, a line for each and for each of their choices."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 5})

    def clean(self, value: Any) -> tuple[OptionDraft, ...]:
        try:
            sent = read_text(str(super().clean(value)))
            data = OptionSerializer(many=True).run_validation(sent)
        except InvalidInput as error:
            raise ValidationError(error.message) from error
        except serializers.ValidationError as error:
            raise ValidationError(place_message(error.detail)) from error
        return tuple(OptionDraft(option["name"], tuple(option["choices"])) for option in data)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else as_text(value or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


class PricesFormField(forms.CharField):
    """``SEK 12.50; EUR 9``."""

    widget = UnfoldAdminTextInputWidget()

    def clean(self, value: Any) -> tuple[PriceDraft, ...]:
        return tuple(_price(part) for part in str(super().clean(value)).split(";") if part.strip())

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else prices_as_text(value or ())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


def prices_as_text(prices: Iterable[Price]) -> str:
    """As the field reads them."""
    return "; ".join(f"{price.currency} {quantize(price.amount, price.currency)}" for price in prices)


def _price(text: str) -> PriceDraft:
    currency, _, amount = text.strip().partition(" ")
    try:
        return PriceDraft(currency.upper(), Decimal(amount.strip()))
    except InvalidOperation:
        raise ValidationError("Write them as “SEK 12.50; EUR 9”.") from None


class ProductForm(JudgedByServices, PlainLines, forms.ModelForm[Product]):
    """The product itself. ``known_update`` is when it had last changed, as the screen had it."""

    refusal: StockwireError | None = None

    sku = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Left empty, one is made for a new product.",
    )
    # Not called as the model's field is, which would take the drafts for JSON.
    named_options = OptionsFormField(
        required=False,
        label="Options",
        help_text="A line for each option, and below it a choice a line: “- Chocolate * 1.2”; further words "
        "after a bar: “- Cake | servings: 10”.",
    )
    known_update = forms.CharField(required=False, label="", widget=forms.HiddenInput)

    class Meta:
        model = Product
        fields = (
            "title",
            "sku",
            "description",
            "category",
            "subcategory",
            "image",
            "available",
            "featured",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["named_options"] = self.instance.options
        if not self.instance._state.adding:
            self.initial["known_update"] = self.instance.updated_at.isoformat()

    def clean(self) -> dict[str, Any] | None:
        if self.refusal is not None:
            raise ValidationError(self.refusal.message)
        return super().clean()


class PriceForm(JudgedByServices, forms.ModelForm[Price]):
    """A price of the product."""

    class Meta:
        model = Price
        fields = ("currency", "amount")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["amount"] = quantize(self.instance.amount, self.instance.currency)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()


class VariantForm(JudgedByServices, forms.ModelForm[Variant]):
    """A variant. Its own price is the one in the shop's currency; those in others stand beside it."""

    sku = forms.CharField(required=False, strip=False, widget=UnfoldAdminTextInputWidget())
    attributes = AttributesFormField()
    own_price = forms.DecimalField(
        required=False, min_value=0, decimal_places=_DECIMALS, widget=UnfoldAdminDecimalFieldWidget()
    )

    other_prices = PricesFormField(required=False, help_text="SEK 12.50; EUR 9")

    class Meta:
        model = Variant
        fields = ("sku", "attributes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["own_price"].label = f"Own price, {shop_currency()}"
        if not self.instance._state.adding:
            prices = sorted(self.instance.prices.all(), key=lambda price: (price.position, price.pk))
            own = [price for price in prices if price.currency == shop_currency()]
            self.initial["other_prices"] = [price for price in prices if price.currency != shop_currency()]
            self.initial["own_price"] = quantize(own[0].amount, own[0].currency) if own else None


class MarketForm(JudgedByServices, PlainLines, forms.ModelForm[MarketText]):
    """How the product is presented in one market."""

    class Meta:
        model = MarketText
        fields = ("market", "title", "description", "keywords")
