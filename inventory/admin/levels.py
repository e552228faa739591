"""Stock levels: looked at, explained, and changed only by counting, transferring or setting a threshold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from config.api.once_forms import done_once
from config.api.read_only import ReadOnlyAdmin
from config.identity.admin_actions import asks_for
from config.kernel.errors import StockwireError
from inventory import services
from inventory.admin.actors import console_actor
from inventory.admin.charts import charts_of
from inventory.admin.explaining import explanation
from inventory.admin.filters import LevelStateFilter
from inventory.admin.forms import AdjustForm, ReceiveForm, ThresholdForm, TransferForm
from inventory.admin.taking import ReasonForm, Shelf
from inventory.lines import CountLine, StockLine, ThresholdLine
from inventory.models import StockLevel
from inventory.selectors.figures import levels_with_available

_MAY_CHANGE = "inventory.change_stocklevel"
Act = Callable[[dict[str, Any]], object]


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """Every level, with what of it can be sold."""

    list_display = (
        "sku", "title", "location", "on_hand", "reserved", "can_be_sold", "low_stock_threshold", "updated_at",
    )  # fmt: skip
    list_filter = (LevelStateFilter, "location")
    search_fields = ("variant__sku", "product__title", "=product__id", "=variant__id")
    search_help_text = "SKU, title, or the id of a product or variant"
    ordering = ("variant__sku", "location")
    list_per_page = 30
    list_select_related = ("variant", "product", "location")
    fields = (
        "product", "variant", "location", "on_hand", "reserved", "safety", "can_be_sold",
        "low_stock_threshold", "version", "updated_at",
    )  # fmt: skip
    actions = ("set_threshold",)
    actions_list = ("take",)
    actions_row = ("receive", "adjust", "transfer", "explain")
    actions_detail = ("receive", "adjust", "transfer", "threshold", "explain")
    change_form_before_template = "admin/inventory/stocklevel/history.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002  Django's signature
        return levels_with_available()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The level's page, with how it has been."""
        more = charts_of(_level(object_id)) if self.has_view_permission(request) else {}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**more, **(extra_context or {})}
        )
        return answer

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @admin.display(description="Product", ordering="product__title")
    def title(self, level: StockLevel) -> str:
        return level.product.title

    @admin.display(description="Can be sold", ordering="sellable")
    def can_be_sold(self, level: StockLevel) -> int:
        return max(0, int(getattr(level, "sellable", 0)))

    has_adjust_permission = asks_for(_MAY_CHANGE)

    # ------------------------------------------------------------------------------------ one level

    @action(description="Why this figure?", url_path="explain", permissions=["view"])  # type: ignore[untyped-decorator]
    def explain(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)
        context = {
            **self.admin_site.each_context(request),
            **explanation(level, request.GET),
            "title": f"Why {level.variant.sku} is what it is",
            "opts": self.opts,
            "original": level,
        }
        return TemplateResponse(request, "admin/inventory/stocklevel/explain.html", context)

    @action(description="Adjust", url_path="adjust", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)

        def act(given: dict[str, Any]) -> object:
            line = CountLine(
                product_id=level.product_id,
                variant_id=level.variant_id,
                location_id=level.location_id,
                quantity=given["quantity"],
                expected=given["expected"],
                reason=given["reason"],
            )
            return services.adjust_stock(lines=[line], actor=console_actor(request))

        form = AdjustForm(
            request.POST or None, initial={"expected": level.on_hand, "quantity": level.on_hand}
        )
        return self._answer(request, level, form, act, title="Adjust")

    @action(description="Receive", url_path="receive", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def receive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)

        def act(given: dict[str, Any]) -> object:
            line = StockLine(
                product_id=level.product_id,
                variant_id=level.variant_id,
                location_id=level.location_id,
                quantity=given["quantity"],
            )
            return services.restock(lines=[line], reason=given["reason"], actor=console_actor(request))

        return self._answer(request, level, ReceiveForm(request.POST or None), act, title="Receive")

    @action(description="Transfer", url_path="transfer", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def transfer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)

        def act(given: dict[str, Any]) -> object:
            line = StockLine(
                product_id=level.product_id, variant_id=level.variant_id, quantity=given["quantity"]
            )
            return services.transfer_stock(
                lines=[line],
                source=level.location_id,
                target=given["target"].code,
                reason=given["reason"],
                actor=console_actor(request),
            )

        return self._answer(
            request, level, TransferForm(level.location_id, request.POST or None), act, title="Transfer"
        )

    @action(description="Threshold", url_path="threshold", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def threshold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)

        def act(given: dict[str, Any]) -> object:
            lines = [_threshold(level, given["threshold"])]
            return services.set_thresholds(lines=lines, actor=console_actor(request))

        form = ThresholdForm(request.POST or None, initial={"threshold": level.low_stock_threshold})
        return self._answer(request, level, form, act, title="Low-stock threshold")

    def _answer(
        self, request: HttpRequest, level: StockLevel, form: forms.Form, act: Act, *, title: str
    ) -> HttpResponse:
        """Ask, then act. A refusal is said, and asked again on the present figures."""
        if request.method == "POST" and form.is_valid():
            try:
                act_once = partial(act, form.cleaned_data)
                done_once(request, form.cleaned_data, act_once, what=f"{title.lower()}.{level.pk}")
            except StockwireError as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(request.get_full_path())
            level.refresh_from_db(fields=["on_hand"])
            messages.success(request, f"{level}: done, {level.on_hand} on hand")
            return HttpResponseRedirect(reverse("admin:inventory_stocklevel_change", args=[level.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": level,
            "level": level,
            "form": form,
        }
        return TemplateResponse(request, "admin/inventory/stocklevel/act.html", context)

    # ----------------------------------------------------------------------------------- many levels

    @admin.action(description="Set the low-stock threshold", permissions=["adjust"])
    def set_threshold(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> HttpResponse | None:
        form = ThresholdForm(request.POST if "threshold" in request.POST else None)
        if form.is_valid():
            lines = [_threshold(level, form.cleaned_data["threshold"]) for level in queryset]
            services.set_thresholds(lines=lines, actor=console_actor(request))
            messages.success(request, f"{len(lines)} thresholds are set")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Low-stock threshold",
            "form": form,
            "action": "set_threshold",
            "chosen": list(queryset.values_list("pk", flat=True)),
            "what": "level",
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/console/many.html", context)

    @action(description="Stock-take", url_path="take", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def take(self, request: HttpRequest) -> HttpResponse:
        shelf, reason = Shelf(request), ReasonForm(request.POST or None)
        again = None
        if request.method == "POST" and reason.is_valid():
            again, taken, changed = shelf.take(request.POST, reason.cleaned_data["reason"])
            if taken:
                messages.success(request, f"{taken} counted, {changed} of them changed")
            if not again:
                return HttpResponseRedirect(request.get_full_path())
            messages.warning(request, f"{len(again)} to be counted again; nothing of those has changed")
        context = {
            **self.admin_site.each_context(request),
            "title": "Stock-take",
            "shelf": shelf,
            "reason": reason,
            "lines": again if again is not None else shelf.lines(),
            "is_again": again is not None,
        }
        return TemplateResponse(request, "admin/inventory/stocklevel/take.html", context)


def _level(object_id: str) -> StockLevel:
    if not object_id.isdecimal():
        raise Http404
    level = StockLevel.objects.select_related("variant", "product").filter(id=int(object_id)).first()
    if level is None:
        raise Http404
    return level


def _threshold(level: StockLevel, threshold: int) -> ThresholdLine:
    return ThresholdLine(
        product_id=level.product_id,
        variant_id=level.variant_id,
        location_id=level.location_id,
        threshold=threshold,
    )
