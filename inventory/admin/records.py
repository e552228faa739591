"""Locations, and the records: ledger, operations, reservations."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from inventory.admin.reading import ReadOnlyAdmin
from inventory.models import Location, Reservation, ReservationLine, StockMovement, StockOperation
from inventory.services.locations import describe_location


@admin.register(Location)
class LocationAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What places are called, and in which order sales draw on them. None is ever deleted."""

    list_display = ("code", "name", "priority", "created_at")
    search_fields = ("code", "name")
    fields = ("code", "name", "priority")

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Location, form: Any, change: bool) -> None:  # noqa: ARG002
        describe_location(code=obj.code, name=obj.name, priority=obj.priority)


@admin.register(StockMovement)
class MovementAdmin(ReadOnlyAdmin):
    """The ledger, newest first."""

    list_display = (
        "id", "occurred_at", "sku", "location", "delta", "balance_after", "kind", "reference", "reason",
        "actor", "source",
    )  # fmt: skip
    list_filter = ("kind", "source", "location")
    search_fields = ("=variant__sku", "=product__sku", "=reference")
    ordering = ("-id",)
    list_select_related = ("variant", "location")

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, movement: StockMovement) -> str:
        return movement.variant.sku


@admin.register(StockOperation)
class OperationAdmin(ReadOnlyAdmin):
    """What was done under which reference, and what was answered."""

    list_display = ("id", "kind", "reference", "recorded_at")
    list_filter = ("kind",)
    search_fields = ("=reference", "=id")
    ordering = ("-recorded_at",)


class LineInline(TabularInline):  # type: ignore[misc]  # as above
    model = ReservationLine
    extra = 0
    can_delete = False
    fields = ("variant", "location", "quantity", "ended_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Who holds what, until when."""

    list_display = ("id", "holder", "state", "created_at", "expires_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("=id", "=holder")
    ordering = ("-created_at",)
    inlines = (LineInline,)
