"""Orders in the admin: with lines, history and movements, and an action for each thing that staff may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action

from config.identity.models import Role
from config.kernel.actors import Actor
from config.kernel.errors import PreconditionFailed, StockwireError
from config.kernel.money import sign_of, to_number
from inventory.admin.reading import ReadOnlyAdmin
from inventory.selectors.history import movements
from orders import services
from orders.admin.forms import AssignForm, CancelForm, ReturnForm, StatusForm, TailorForm
from orders.admin.inlines import ReadOnlyInline
from orders.flow import Status, TailorStatus
from orders.models import Disposition, Order, OrderLine, OrderStatusChange, Payment
from orders.services.order_changes import Expectation

Act = Callable[[dict[str, Any]], object]


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ("id", "provider", "status", "amount", "currency", "refunded", "surplus", "created_at")
    readonly_fields = fields
    ordering = ("created_at", "id")
    show_change_link = True


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("name", "sku", "attributes", "options", "quantity", "returned", "price")
    readonly_fields = fields
    ordering = ("position",)


class HistoryInline(ReadOnlyInline):
    model = OrderStatusChange
    verbose_name_plural = "history"
    fields = ("status", "at", "actor", "note")
    readonly_fields = fields
    ordering = ("id",)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Nothing of an order is edited; each step is taken through the service that every door takes."""

    list_display = (
        "number", "created_at", "customer", "status", "amount", "item_count", "payment_status", "tailor",
        "delivery_partner",
    )  # fmt: skip
    list_filter = ("status", "payment_status", "payment_method")
    search_fields = ("=id", "number", "user__email", "user__name", "phone")
    ordering = ("-created_at", "-id")
    list_select_related = ("user", "tailor", "delivery_partner")
    fields = (
        "number", "id", "user", "status", "amount", "item_count", "shipping_address", "phone", "notes",
        "payment_method", "payment_status", "tailor", "tailor_status", "delivery_partner",
        "estimated_delivery", "carrier", "tracking_number", "movements", "version", "created_at",
        "updated_at",
    )  # fmt: skip
    inlines = (LineInline, PaymentInline, HistoryInline)
    actions = ("begin_processing",)
    actions_detail = ("step", "cancel", "take_back", "assign", "tailor_work")

    @admin.display(description="Customer", ordering="user__name")
    def customer(self, order: Order) -> str:
        return order.user.name or order.user.email

    @admin.display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return f"{to_number(order.total, order.currency)} {sign_of(order.currency)}"

    @admin.display(description="Movements")
    def movements(self, order: Order) -> str:
        """The order's part of the ledger."""
        rows = movements().filter(reference=order.id).order_by("id")
        lines = format_html_join(
            "",
            "<li>{} {} at {} ({})</li>",
            ((f"{m.delta:+d}", m.variant.sku, m.location_id, m.kind) for m in rows),
        )
        ledger = f"{reverse('admin:inventory_stockmovement_changelist')}?q={quote(order.id)}"
        return format_html('<ul>{}</ul><a href="{}">In the ledger</a>', lines, ledger)

    def has_step_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:  # noqa: ARG002
        """Unfold asks with an id where it has one, and without where it hasn't."""
        return bool(self.has_view_permission(request))

    # -------------------------------------------------------------------------------------- actions

    @admin.action(description="Begin processing the selected orders")
    def begin_processing(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        for order in queryset.order_by("created_at", "id"):
            try:
                services.change_status(
                    order_id=order.id, to=Status.PROCESSING, actor=_actor(request), role=Role.ADMIN
                )
            except StockwireError as refusal:
                messages.error(request, f"{order.number}: {refusal.message}")
            else:
                messages.success(request, f"{order.number} is being processed")

    @action(description="Next step", url_path="step", permissions=["step"])  # type: ignore[untyped-decorator]
    def step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = _order(object_id)

        def act(given: dict[str, Any]) -> object:
            return services.change_status(
                order_id=order.id,
                to=Status(given["status"]),
                actor=_actor(request),
                role=Role.ADMIN,
                note=given["note"],
                shipment=services.Shipment(
                    carrier=given["carrier"] or None,
                    tracking_number=given["tracking_number"] or None,
                    estimated_delivery=given["estimated_delivery"],
                ),
                expect=_unchanged_since(given),
            )

        return self._answer(request, order, StatusForm(order, request.POST or None), act, title="Next step")

    @action(description="Cancel", url_path="cancel", permissions=["step"])  # type: ignore[untyped-decorator]
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = _order(object_id)

        def act(given: dict[str, Any]) -> object:
            return services.cancel_order(
                order_id=order.id,
                actor=_actor(request),
                role=Role.ADMIN,
                note=given["note"],
                expect=_unchanged_since(given),
            )

        return self._answer(request, order, CancelForm(order, request.POST or None), act, title="Cancel")

    @action(description="Return", url_path="return", permissions=["step"])  # type: ignore[untyped-decorator]
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = _order(object_id)

        def act(given: dict[str, Any]) -> object:
            item = services.Returned(
                line_id=given["line"].id,
                quantity=given["quantity"],
                disposition=Disposition(given["disposition"]),
            )
            return services.return_items(
                order_id=order.id, items=[item], actor=_actor(request), role=Role.ADMIN
            )

        return self._answer(request, order, ReturnForm(order, request.POST or None), act, title="Return")

    @action(description="Assign", url_path="assign", permissions=["step"])  # type: ignore[untyped-decorator]
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = _order(object_id)

        def act(given: dict[str, Any]) -> object:
            tailor, partner = given["tailor"], given["delivery_partner"]
            return services.assign_order(
                order_id=order.id,
                actor=_actor(request),
                role=Role.ADMIN,
                tailor_id=tailor.pk if tailor else None,
                delivery_partner_id=partner.pk if partner else None,
                expect=_unchanged_since(given),
            )

        return self._answer(request, order, AssignForm(order, request.POST or None), act, title="Assign")

    @action(description="Tailor's work", url_path="tailor", permissions=["step"])  # type: ignore[untyped-decorator]
    def tailor_work(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = _order(object_id)

        def act(given: dict[str, Any]) -> object:
            return services.change_tailor_status(
                order_id=order.id,
                to=TailorStatus(given["status"]),
                actor=_actor(request),
                role=Role.ADMIN,
                note=given["note"],
                expect=_unchanged_since(given),
            )

        form = TailorForm(order, request.POST or None)
        return self._answer(request, order, form, act, title="Tailor's work")

    def _answer(
        self, request: HttpRequest, order: Order, form: forms.Form, act: Act, *, title: str
    ) -> HttpResponse:
        """Ask, then act. A refusal is said, and asked again on the order as it is now."""
        if request.method == "POST" and form.is_valid():
            try:
                act(form.cleaned_data)
            except StockwireError as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(request.get_full_path())
            messages.success(request, f"{order.number}: done")
            return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.id]))
        context = {**self.admin_site.each_context(request), "title": title, "order": order, "form": form}
        return TemplateResponse(request, "admin/orders/order/act.html", context)


def _order(object_id: str) -> Order:
    order = Order.objects.select_related("user").filter(id=object_id).first()
    if order is None:
        raise Http404
    return order


def _actor(request: HttpRequest) -> Actor:
    return Actor(kind="user", id=str(request.user.pk), source="admin")


def _unchanged_since(given: dict[str, Any]) -> Expectation:
    """Nobody has gone on with the order since the page was loaded."""

    def expect(version: int) -> None:
        if version != given["version"]:
            raise PreconditionFailed("Somebody has changed this order meanwhile: look at it again")

    return expect
