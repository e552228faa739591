"""Locations, and the records: ledger, operations, reservations."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.models import Product, Variant
from config.api.own_search import OwnSearch
from config.api.read_only import ReadOnlyAdmin, ReadOnlyInline
from config.audit.admin_doers import DoersChangeList, name_of_doer
from inventory.admin.filters import OperationKindFilter, SourceFilter
from inventory.models import Location, Reservation, ReservationLine, StockMovement, StockOperation
from inventory.services.locations import describe_location

#: An archived sku may be borne again: by so many that are looked for at once.
_MOST_NAMED = 50


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
class MovementAdmin(OwnSearch, ReadOnlyAdmin):
    """The ledger, newest first."""

    list_display = (
        "id", "occurred_at", "sku", "location", "delta", "balance_after", "kind", "doer", "source",
        "reference", "reason",
    )  # fmt: skip
    list_filter = ("kind", SourceFilter, "location", ("occurred_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("reference",)
    search_help_text = "A SKU, or the reference of an order"
    ordering = ("-id",)
    sortable_by = ("id",)
    list_select_related = ("variant", "location")
    fields = (
        "occurred_at", "recorded_at", "product", "variant", "location", "delta", "balance_after", "kind",
        "reason", "reference", "doer", "source", "operation",
    )  # fmt: skip
    readonly_fields = ("doer",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DoersChangeList]:  # noqa: ARG002  Django's signature
        return DoersChangeList

    def found(self, queryset: QuerySet[StockMovement], term: str) -> QuerySet[StockMovement]:
        """By the ledger's own indexes: joined with the skus, all of it would be read."""
        variants = list(Variant.objects.filter(sku=term).values_list("id", flat=True)[:_MOST_NAMED])
        products = list(Product.objects.filter(sku=term).values_list("id", flat=True)[:_MOST_NAMED])
        found = Q(reference=term)
        if variants:
            found |= Q(variant_id__in=variants)
        if products:
            found |= Q(product_id__in=products)
        return queryset.filter(found)

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, movement: StockMovement) -> str:
        return movement.variant.sku

    @admin.display(description="Who")
    def doer(self, movement: StockMovement) -> str:
        return name_of_doer(movement)


@admin.register(StockOperation)
class OperationAdmin(ReadOnlyAdmin):
    """What was done under which reference, and what was answered."""

    list_display = ("id", "kind", "reference", "recorded_at")
    list_filter = (OperationKindFilter,)
    search_fields = ("=reference", "=id")
    ordering = ("-recorded_at",)


class LineInline(ReadOnlyInline):
    model = ReservationLine
    related = ("variant", "location")
    fields = ("variant", "location", "quantity", "ended_at")
    readonly_fields = fields


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Who holds what, until when."""

    list_display = ("id", "holder", "state", "created_at", "expires_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("=id", "=holder")
    ordering = ("-created_at",)
    inlines = (LineInline,)
