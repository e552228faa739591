"""Orders in the admin: each as its timeline, and an action for each thing that staff may do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from config.api.fixed_filters import fixed_filter, named
from config.api.once_forms import done_once
from config.api.own_search import OwnSearch
from config.api.read_only import ReadOnlyAdmin
from config.identity.admin_actions import asks_for
from config.identity.models import Role
from config.kernel.actors import Actor
from config.kernel.errors import PreconditionFailed, StockwireError
from orders import services
from orders.admin.forms import (
    BULK,
    AssignForm,
    CancelForm,
    ReturnForm,
    StatusActionForm,
    StatusForm,
    TailorForm,
)
from orders.admin.showing import PROVIDERS, TONES, facts_of, money, steps_of, words_of
from orders.flow import Status, TailorStatus
from orders.models import Disposition, Order
from orders.payment_records import PaymentStatus
from orders.selectors.searching import matching
from orders.services.order_changes import Expectation

Act = Callable[[dict[str, Any]], object]


@admin.register(Order)
class OrderAdmin(OwnSearch, ReadOnlyAdmin):
    """Nothing of an order is edited; each step is taken through the service that every door takes."""

    list_display = (
        "its_number", "created_at", "customer", "state", "amount", "units", "paying", "worked_on_by",
    )  # fmt: skip
    list_filter = (
        "status",
        fixed_filter("payment_status", [(one.value, words_of(one)) for one in PaymentStatus]),
        fixed_filter("payment_method", named(*PROVIDERS)),
        ("created_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("=id", "number", "user__email", "user__name", "phone")
    ordering = ("-created_at", "-id")
    list_select_related = ("user", "tailor", "delivery_partner")
    search_help_text = "Number, id, phone; the customer's name or e-mail address."
    change_form_before_template = "admin/orders/order/page.html"
    actions = ("change_status",)
    action_form = StatusActionForm
    actions_detail = ("step", "cancel", "take_back", "assign", "tailor_work", "slip")

    @admin.display(description="Number", ordering="number")
    def its_number(self, order: Order) -> str:
        return format_html('<span style="white-space: nowrap">{}</span>', order.number)

    @admin.display(description="Customer", ordering="user__name")
    def customer(self, order: Order) -> str:
        return order.user.name or order.user.email

    @admin.display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return money(order.total, order.currency)

    @display(description="Status", ordering="status", label=TONES)  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, order: Order) -> tuple[str, str]:
        return order.status, words_of(order.status)

    @admin.display(description="Units", ordering="item_count")
    def units(self, order: Order) -> int:
        return order.item_count

    @display(description="Payment", ordering="payment_status", label=TONES)  # type: ignore[untyped-decorator]  # as above
    def paying(self, order: Order) -> tuple[str, str]:
        return order.payment_status, f"{order.payment_method}, {words_of(order.payment_status).lower()}"

    @admin.display(description="With")
    def worked_on_by(self, order: Order) -> str:
        """Its tailor and who brings it."""
        people = filter(None, (order.tailor, order.delivery_partner))
        return ", ".join(person.name or person.email for person in people) or "-"

    def found(self, queryset: QuerySet[Order], term: str) -> QuerySet[Order]:
        return matching(queryset, term)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        # The lists' links have the id as the admin writes it in addresses.
        order = (
            Order.objects.select_related("user", "tailor", "delivery_partner")
            .filter(pk=unquote(object_id))
            .first()
        )
        shown = facts_of(order, request.user) if order else {}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {"title": "Order", **shown, **(extra_context or {})}
        )
        return answer

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> tuple[()]:  # noqa: ARG002
        """The page has all of it."""
        return ()

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Of the steps only those that there are from here."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        order = Order.objects.filter(pk=unquote(object_id)).first()
        there_are = steps_of(order) if order else set()
        return [action for action in offered if action.action_name.removeprefix("orders_order_") in there_are]

    has_step_permission = asks_for("orders.step_order")
    has_cancel_permission = asks_for("orders.cancel_order")
    has_return_permission = asks_for("orders.return_order")
    has_assign_permission = asks_for("orders.assign_order")
    has_tailor_permission = asks_for("orders.tailor_order")

    # -------------------------------------------------------------------------------------- actions

    @admin.action(description="Change the status of the selected orders", permissions=["step"])
    def change_status(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Each by itself, through the service; those that are refused are named, with the reason."""
        to, done = request.POST.get("to_status", ""), 0
        if to not in [status.value for status in BULK]:
            messages.error(request, "Choose a status beside the action")
            return
        for order in queryset.order_by("created_at", "id"):
            try:
                services.change_status(
                    order_id=order.id, to=Status(to), actor=_actor(request), role=Role.ADMIN
                )
            except StockwireError as refusal:
                messages.error(request, f"{order.number}: {refusal.message}")
            else:
                done += 1
        if done:
            messages.success(request, f"{done} order{'s' if done != 1 else ''} {to}")

    @action(description="Packing slip", url_path="slip", permissions=["view"])  # type: ignore[untyped-decorator]
    def slip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What goes into the parcel, to be printed: no prices, no phone of the house's people."""
        order = _order(object_id)
        lines = [
            {
                "line": line,
                "left": line.quantity - line.returned,
                "details": {**line.attributes, **line.options},
            }
            for line in order.lines.order_by("position")
        ]
        return TemplateResponse(request, "admin/orders/order/slip.html", {"order": order, "lines": lines})

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

    @action(description="Cancel the order", url_path="cancel", permissions=["cancel"])  # type: ignore[untyped-decorator]
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

        form = CancelForm(order, request.POST or None)
        return self._answer(request, order, form, act, title="Cancel the order")

    @action(description="Return", url_path="return", permissions=["return"])  # type: ignore[untyped-decorator]
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = _order(object_id)

        def act(given: dict[str, Any]) -> object:
            item = services.Returned(
                line_id=given["line"].id,
                quantity=given["quantity"],
                disposition=Disposition(given["disposition"]),
            )
            take = partial(
                services.return_items,
                order_id=order.id,
                items=[item],
                actor=_actor(request),
                role=Role.ADMIN,
            )
            return done_once(request, given, take, what=f"return.{order.id}")

        form = ReturnForm(order, request.POST or None, initial={"line": request.GET.get("line")})
        return self._answer(request, order, form, act, title="Return")

    @action(description="Assign", url_path="assign", permissions=["assign"])  # type: ignore[untyped-decorator]
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

    @action(description="Tailor's work", url_path="tailor", permissions=["tailor"])  # type: ignore[untyped-decorator]
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
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": order,
            "order": order,
            "form": form,
        }
        return TemplateResponse(request, "admin/orders/order/act.html", context)


def _order(object_id: str) -> Order:
    order = Order.objects.select_related("user").filter(id=unquote(object_id)).first()
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
