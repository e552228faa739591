"""What lists of stock are narrowed by. Choices are fixed: a ledger asked for its own is read whole."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

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


class SourceFilter(admin.SimpleListFilter):
    """Through which door it came."""

    title = "door"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [
            ("api", "REST"),
            ("admin", "Console"),
            ("import", "Import"),
            ("command", "Command"),
            ("system", "System"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(source=self.value()) if self.value() else queryset


class OperationKindFilter(admin.SimpleListFilter):
    """What was done."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        also = [
            ("reserve", "Reserve"),
            ("release", "Release"),
            ("threshold", "Threshold"),
            ("touch", "Touch"),
            ("repair", "Repair"),
        ]
        return [(kind.value, str(kind.label)) for kind in MovementKind] + also

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(kind=self.value()) if self.value() else queryset
