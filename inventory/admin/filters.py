"""What lists of stock are narrowed by. Choices are fixed: a ledger asked for its own is read whole."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.api.fixed_filters import fixed_filter
from inventory.models import MovementKind
from inventory.selectors.low import low_level_ids, sold_out_level_ids


class LevelStateFilter(admin.SimpleListFilter):
    """Low, or with nothing left to sell."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("low", "Low or out"), ("out", "Out of stock")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() == "low":
            return queryset.filter(id__in=low_level_ids())
        if self.value() == "out":
            return queryset.filter(id__in=sold_out_level_ids())
        return queryset


SourceFilter = fixed_filter(
    "source",
    [
        ("api", "REST"),
        ("admin", "Console"),
        ("import", "Import"),
        ("command", "Command"),
        ("system", "System"),
    ],
    title="door",
)
OperationKindFilter = fixed_filter(
    "kind",
    [
        *((kind.value, str(kind.label)) for kind in MovementKind),
        ("reserve", "Reserve"),
        ("release", "Release"),
        ("threshold", "Threshold"),
        ("touch", "Touch"),
        ("repair", "Repair"),
    ],
)
