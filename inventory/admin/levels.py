"""Stock levels: looked at, and changed only by adjusting or transferring, with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.api.fields import MAX_COUNT, MAX_QUANTITY
from config.identity.admin_actions import asks_for
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from inventory import services
from inventory.admin.reading import ReadOnlyAdmin
from inventory.lines import CountLine, StockLine
from inventory.models import Location, StockLevel
from inventory.selectors.figures import levels_with_available

_LONGEST_REASON = 500


class _Reasoned(forms.Form):
    reason = forms.CharField(max_length=_LONGEST_REASON, widget=UnfoldAdminTextInputWidget)


class AdjustForm(_Reasoned):
    """``expected`` is the figure on the screen: if it is no longer true, the count was based on the past."""

    expected = forms.IntegerField(widget=forms.HiddenInput)
    quantity = forms.IntegerField(
        label="Counted on the shelf", min_value=0, max_value=MAX_COUNT, widget=UnfoldAdminIntegerFieldWidget
    )
    field_order = ("expected", "quantity", "reason")


class TransferForm(_Reasoned):
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, widget=UnfoldAdminIntegerFieldWidget)
    target = forms.ModelChoiceField(
        label="To", queryset=Location.objects.all(), widget=UnfoldAdminSelectWidget
    )
    field_order = ("quantity", "target", "reason")


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """Every level, with what of it can be sold."""

    list_display = (
        "sku", "title", "location", "on_hand", "reserved", "can_be_sold", "low_stock_threshold", "updated_at",
    )  # fmt: skip
    list_filter = ("location",)
    search_fields = ("variant__sku", "product__title", "=product__id", "=variant__id")
    ordering = ("variant__sku", "location")
    list_select_related = ("variant", "product", "location")
    fields = (
        "product", "variant", "location", "on_hand", "reserved", "safety", "can_be_sold",
        "low_stock_threshold", "version", "updated_at",
    )  # fmt: skip
    actions_row = ("adjust", "transfer")
    actions_detail = ("adjust", "transfer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002  Django's signature
        return levels_with_available()

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @admin.display(description="Product", ordering="product__title")
    def title(self, level: StockLevel) -> str:
        return level.product.title

    @admin.display(description="Can be sold", ordering="sellable")
    def can_be_sold(self, level: StockLevel) -> int:
        return max(0, int(getattr(level, "sellable", 0)))

    has_adjust_permission = asks_for("inventory.change_stocklevel")

    @action(description="Adjust", url_path="adjust", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)

        def act(given: dict[str, Any]) -> None:
            line = CountLine(
                product_id=level.product_id,
                variant_id=level.variant_id,
                location_id=level.location_id,
                quantity=given["quantity"],
                expected=given["expected"],
                reason=given["reason"],
            )
            services.adjust_stock(lines=[line], actor=_actor(request))

        form = AdjustForm(
            request.POST or None, initial={"expected": level.on_hand, "quantity": level.on_hand}
        )
        return self._answer(request, level, form, act, title="Adjust")

    @action(description="Transfer", url_path="transfer", permissions=["adjust"])  # type: ignore[untyped-decorator]
    def transfer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        level = _level(object_id)

        def act(given: dict[str, Any]) -> None:
            line = StockLine(
                product_id=level.product_id, variant_id=level.variant_id, quantity=given["quantity"]
            )
            services.transfer_stock(
                lines=[line],
                source=level.location_id,
                target=given["target"].code,
                reason=given["reason"],
                actor=_actor(request),
            )

        return self._answer(request, level, TransferForm(request.POST or None), act, title="Transfer")

    def _answer(
        self,
        request: HttpRequest,
        level: StockLevel,
        form: forms.Form,
        act: Callable[[dict[str, Any]], None],
        *,
        title: str,
    ) -> HttpResponse:
        """Ask, then act. A refusal is said, and asked again on the present figures."""
        if request.method == "POST" and form.is_valid():
            try:
                act(form.cleaned_data)
            except StockwireError as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(request.get_full_path())
            messages.success(request, f"{level.variant.sku} at {level.location_id}: done")
            return HttpResponseRedirect(reverse("admin:inventory_stocklevel_changelist"))
        context = {**self.admin_site.each_context(request), "title": title, "level": level, "form": form}
        return TemplateResponse(request, "admin/inventory/stocklevel/act.html", context)


def _level(object_id: str) -> StockLevel:
    if not object_id.isdecimal():
        raise Http404
    level = StockLevel.objects.select_related("variant", "product").filter(id=int(object_id)).first()
    if level is None:
        raise Http404
    return level


def _actor(request: HttpRequest) -> Actor:
    return Actor(kind="user", id=str(request.user.pk), source="admin")
