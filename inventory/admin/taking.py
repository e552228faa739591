"""The stock-take: a location's shelf, page by page, each figure with what it was when it was counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.api.fields import MAX_COUNT
from config.kernel.errors import StockwireError
from inventory import services
from inventory.admin.actors import console_actor
from inventory.lines import CountLine
from inventory.models import Location, StockLevel

PER_PAGE = 50
_LONGEST_REASON = 500


class ShelfForm(forms.Form):
    """Which part of the stock is counted."""

    location = forms.ModelChoiceField(
        queryset=Location.objects.all(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    q = forms.CharField(
        label="SKU or title contains", required=False, max_length=100, widget=UnfoldAdminTextInputWidget
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=_LONGEST_REASON, initial="stock-take", widget=UnfoldAdminTextInputWidget
    )


class CountForm(forms.Form):
    """One line. ``expected`` is the figure on the page; an empty count is none."""

    level = forms.IntegerField(widget=forms.HiddenInput)
    expected = forms.IntegerField(widget=forms.HiddenInput)
    counted = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_COUNT, widget=UnfoldAdminIntegerFieldWidget
    )

    row: StockLevel
    refusal: str = ""


class Shelf:
    """One page of a location's levels, as they are now."""

    def __init__(self, request: HttpRequest) -> None:
        first = Location.objects.first()
        asked = {"location": first.pk if first else None, **request.GET.dict()}
        self.form = ShelfForm(asked)
        self.page = Paginator(self._levels(), PER_PAGE).get_page(request.GET.get("page"))
        self.actor = console_actor(request)

    def _levels(self) -> QuerySet[StockLevel]:
        levels = StockLevel.objects.filter(variant__archived_at__isnull=True)
        if not self.form.is_valid():
            return levels.none()
        levels = levels.filter(location=self.form.cleaned_data["location"])
        if text := self.form.cleaned_data["q"]:
            levels = levels.filter(Q(variant__sku__icontains=text) | Q(product__title__icontains=text))
        return levels.select_related("variant", "product").order_by("variant__sku", "id")

    def lines(self) -> list[CountForm]:
        """The lines, to be filled in."""
        return [_line(level) for level in self.page.object_list]

    def take(self, posted: Any, reason: str) -> tuple[list[CountForm], int, int]:
        """Take what was counted: the lines that are to be counted again, how many were taken, and how many of
        them were another figure before."""
        forms_ = [CountForm(posted, prefix=prefix) for prefix in posted.getlist("line")[:PER_PAGE]]
        wrong = [form for form in forms_ if not form.is_valid()]
        counted = [form for form in forms_ if form.is_valid() and form.cleaned_data["counted"] is not None]
        named = [form.cleaned_data["level"] for form in counted]
        named += [form["level"].value() for form in wrong if str(form["level"].value()).isdecimal()]
        levels = StockLevel.objects.select_related("variant", "product").in_bulk(named)
        counted = [form for form in counted if form.cleaned_data["level"] in levels]
        lines = [_count(levels[form.cleaned_data["level"]], form, reason) for form in counted]
        outcomes = services.take_stock(lines=lines, actor=self.actor)
        again: list[CountForm] = []
        for form in wrong:
            level = levels.get(int(form["level"].value())) if str(form["level"].value()).isdecimal() else None
            if level is not None:
                form.row = level
                again.append(form)
        refused = [
            (levels[form.cleaned_data["level"]], outcome)
            for form, outcome in zip(counted, outcomes, strict=True)
            if isinstance(outcome, StockwireError)
        ]
        again += _refused(refused)
        done = [outcome for outcome in outcomes if not isinstance(outcome, StockwireError)]
        return again, len(done), sum(outcome.changed for outcome in done)


def _count(level: StockLevel, form: CountForm, reason: str) -> CountLine:
    return CountLine(
        product_id=level.product_id,
        variant_id=level.variant_id,
        location_id=level.location_id,
        quantity=form.cleaned_data["counted"],
        expected=form.cleaned_data["expected"],
        reason=reason,
    )


def _refused(refused: Sequence[tuple[StockLevel, StockwireError]]) -> list[CountForm]:
    """Asked again, on the figures as they are now."""
    present = StockLevel.objects.select_related("variant", "product").in_bulk([row.pk for row, _ in refused])
    lines = []
    for level, refusal in refused:
        line = _line(present[level.pk])
        line.refusal = refusal.message
        lines.append(line)
    return lines


def _line(level: StockLevel) -> CountForm:
    line = CountForm(prefix=f"l{level.pk}", initial={"level": level.pk, "expected": level.on_hand})
    line.row = level
    return line
