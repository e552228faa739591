"""What the actions on a level ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.api.fields import MAX_COUNT, MAX_QUANTITY
from config.api.once_forms import OnceForm
from inventory.models import Location

_LONGEST_REASON = 500


class _Reasoned(OnceForm):
    reason = forms.CharField(max_length=_LONGEST_REASON, widget=UnfoldAdminTextInputWidget)


class AdjustForm(_Reasoned):
    """``expected`` is the figure on the screen: if it is no longer true, the count was based on the past."""

    expected = forms.IntegerField(widget=forms.HiddenInput)
    quantity = forms.IntegerField(
        label="Counted on the shelf", min_value=0, max_value=MAX_COUNT, widget=UnfoldAdminIntegerFieldWidget
    )
    field_order = ("expected", "quantity", "reason")


class ReceiveForm(_Reasoned):
    """What comes is added to whatever is there by then: nobody has to count for it."""

    quantity = forms.IntegerField(
        label="Units that have come",
        min_value=1,
        max_value=MAX_QUANTITY,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ("quantity", "reason")


class TransferForm(_Reasoned):
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, widget=UnfoldAdminIntegerFieldWidget)
    target = forms.ModelChoiceField(
        label="To", queryset=Location.objects.all(), widget=UnfoldAdminSelectWidget
    )
    field_order = ("quantity", "target", "reason")

    def __init__(self, source: str, data: Any = None) -> None:
        super().__init__(data)
        target: Any = self.fields["target"]
        target.queryset = Location.objects.exclude(pk=source)


class ThresholdForm(forms.Form):
    threshold = forms.IntegerField(
        label="Low from",
        min_value=0,
        max_value=MAX_QUANTITY,
        help_text="So many that can be sold, or fewer, count as low.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
