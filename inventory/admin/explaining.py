"""Why a figure is, or was, what it is: the ledger's entries that make it up, location by location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from config.audit.trail import names_of
from config.kernel import clock
from inventory.models import StockLevel
from inventory.selectors.explaining import explain
from inventory.selectors.history import through

LAST = 50


class MomentForm(forms.Form):
    at = forms.CharField(
        label="At the moment",
        required=False,
        max_length=40,
        help_text="ISO 8601, UTC unless it says otherwise; empty: now.",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-11-21T10:00"}),
    )

    def clean_at(self) -> Any:
        text = self.cleaned_data["at"].strip()
        if not text:
            return None
        try:
            return through(clock.parse_iso(text))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


def explanation(level: StockLevel, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows: each place's figure then, its last entries, and what those before add up to."""
    form = MomentForm({"at": asked.get("at", "")})
    moment = (form.cleaned_data["at"] if form.is_valid() else None) or clock.now()
    places = explain(level.variant, moment, last=LAST)
    return {
        "level": level,
        "form": form,
        "moment": moment,
        "on_hand": sum(place.on_hand for place in places),
        "held": sum(place.held for place in places),
        "names": names_of({entry.actor for place in places for entry in place.last}),
        "places": [
            {
                "place": place,
                "earlier": place.entries - len(place.last),
                "before": place.on_hand - sum(entry.delta for entry in place.last),
                "entries": place.last[::-1],
            }
            for place in places
        ],
    }
