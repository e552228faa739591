"""Payments in the admin: with their refunds, and an action for each thing that staff may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display

from config.api.fixed_filters import fixed_filter, named
from config.api.once_forms import key_for_service
from config.api.own_search import OwnSearch
from config.api.read_only import ReadOnlyAdmin, ReadOnlyInline
from config.identity.admin_actions import asks_for
from config.identity.models import Role
from config.kernel.actors import Actor
from config.kernel.errors import KeyReused, SentBefore, StockwireError
from orders import services
from orders.admin.forms import CompleteForm, RefundForm
from orders.admin.showing import PROVIDERS, TONES, money, steps_of_payment, words_of
from orders.models import Order, Payment, ProviderEvent, Refund
from orders.payment_records import RefundStatus

Act = Callable[[dict[str, Any]], str]


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("id", "amount", "status", "reason", "actor", "problem", "attempts", "created_at", "settled_at")
    readonly_fields = fields
    ordering = ("created_at", "id")


@admin.register(Payment)
class PaymentAdmin(OwnSearch, ReadOnlyAdmin):
    """Nothing of a payment is edited: money is given back, or taken note of, by the services."""

    list_display = (
        "its_order", "created_at", "provider", "state", "money", "given_back", "surplus", "id",
    )  # fmt: skip
    list_filter = ("status", fixed_filter("provider", named(*PROVIDERS)), "surplus")
    search_fields = ("id", "order__number", "reference", "receipt")
    search_help_text = "An order's number or id; a payment's id, or what its provider calls it. As a whole."
    ordering = ("-created_at", "-id")
    list_select_related = ("order",)
    fields = (
        "id", "order", "provider", "status", "money", "given_back", "going_back", "surplus", "reference",
        "receipt", "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields = ("money", "given_back", "going_back")
    inlines = (RefundInline,)
    actions_detail = ("refund", "complete")

    def found(self, queryset: QuerySet[Payment], term: str) -> QuerySet[Payment]:
        """As they are written. The order is looked up first: a join would carry each payment along."""
        orders = list(Order.objects.filter(Q(pk=term) | Q(number=term.upper())).values_list("pk", flat=True))
        meant = Q(pk=term) | Q(order_id__in=orders) | Q(reference=term) | Q(receipt=term)
        return queryset.filter(meant)

    @admin.display(description="Order")
    def its_order(self, payment: Payment) -> str:
        return payment.order.number

    @display(description="Status", ordering="status", label=TONES)  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, payment: Payment) -> tuple[str, str]:
        return payment.status, words_of(payment.status)

    @admin.display(description="Amount", ordering="amount")
    def money(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)

    @admin.display(description="Given back", ordering="refunded")
    def given_back(self, payment: Payment) -> str:
        return money(payment.refunded, payment.currency) if payment.refunded else "-"

    @admin.display(description="On its way back")
    def going_back(self, payment: Payment) -> str:
        return money(payment.refunding, payment.currency) if payment.refunding else "-"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Of the steps only those that there are from here."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        payment = Payment.objects.filter(pk=unquote(object_id)).first()
        there_are = steps_of_payment(payment) if payment else set()
        return [one for one in offered if one.action_name.removeprefix("orders_payment_") in there_are]

    has_refund_permission = asks_for("orders.refund_payment")
    has_complete_permission = asks_for("orders.complete_payment")

    @action(description="Refund", url_path="refund", permissions=["refund"])  # type: ignore[untyped-decorator]
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = _payment(object_id)

        def act(given: dict[str, Any]) -> str:
            try:
                _paid, refund = services.refund_payment(
                    payment_id=payment.id,
                    amount=given["amount"],
                    reason=given["reason"],
                    actor=_actor(request),
                    role=Role.ADMIN,
                    request_key=key_for_service(request, given, what=f"refund.{payment.id}"),
                )
            except KeyReused:  # with another amount; with the same it is the refund that there is
                raise SentBefore from None
            return "is on its way" if refund.status == RefundStatus.PENDING else "has gone back"

        return self._answer(request, payment, RefundForm(request.POST or None), act, title="Refund")

    @action(description="Money received", url_path="complete", permissions=["complete"])  # type: ignore[untyped-decorator]
    def complete(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = _payment(object_id)

        def act(_given: dict[str, Any]) -> str:
            services.complete_manually(payment_id=payment.id, actor=_actor(request), role=Role.ADMIN)
            return "has been received"

        form = CompleteForm(request.POST if request.method == "POST" else None)
        return self._answer(request, payment, form, act, title="Money received")

    def _answer(
        self, request: HttpRequest, payment: Payment, form: forms.Form, act: Act, *, title: str
    ) -> HttpResponse:
        """Ask, then act. A refusal is said, and asked again."""
        if request.method == "POST" and form.is_valid():
            try:
                done = act(form.cleaned_data)
            except StockwireError as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(request.get_full_path())
            messages.success(request, f"The money of {payment.order.number} {done}")
            return HttpResponseRedirect(reverse("admin:orders_payment_change", args=[payment.id]))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": payment,
            "order": payment.order,
            "sum": money(payment.amount, payment.currency),
            "left": money(payment.amount - payment.refunded - payment.refunding, payment.currency),
            "payment": payment,
            "form": form,
        }
        return TemplateResponse(request, "admin/orders/order/act.html", context)


@admin.register(ProviderEvent)
class ProviderEventAdmin(OwnSearch, ReadOnlyAdmin):
    """What providers have said, as they said it."""

    list_display = ("id", "received_at", "provider", "kind", "event_id", "payment")
    list_filter = (fixed_filter("provider", named(*PROVIDERS)),)
    search_fields = ("event_id", "payment__id")
    search_help_text = "The id of the call or of the payment, as a whole"
    ordering = ("-id",)
    sortable_by = ("id",)
    list_select_related = ("payment",)

    def found(self, queryset: QuerySet[ProviderEvent], term: str) -> QuerySet[ProviderEvent]:
        """As they are written."""
        return queryset.filter(Q(event_id=term) | Q(payment_id=term))


def _payment(object_id: str) -> Payment:
    payment = Payment.objects.select_related("order__user").filter(id=unquote(object_id)).first()
    if payment is None:
        raise Http404
    return payment


def _actor(request: HttpRequest) -> Actor:
    return Actor(kind="user", id=str(request.user.pk), source="admin")
