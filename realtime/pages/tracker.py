"""Orders: the list, and one order on its way, which follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.api.errors import status_of
from config.identity.models import Role
from config.kernel.errors import StockwireError
from orders import flow, services
from orders.flow import Party, Status, TailorStatus
from orders.models import Order
from orders.order_records import OrderRecord
from orders.parties import Assignment, parties_of
from orders.selectors import order_records
from realtime.pages.page import Page
from realtime.pages.paying import is_to_pay, own_order
from realtime.pages.refusals import words_for

#: The way of an order that is not cancelled.
WAY = (Status.PENDING, Status.PROCESSING, Status.SHIPPED, Status.DELIVERED)
_ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the steps as they are drawn. ``at``: since when; ``state`` is ``done``, ``now`` or ``ahead``."""

    status: str
    state: str
    at: dt.datetime | None


def stages_of(order: OrderRecord) -> list[Stage]:
    """The four steps; of a cancelled order those that it came to, and the end."""
    times: dict[str, dt.datetime] = {entry.status: entry.at for entry in order.history}
    if order.status == Status.CANCELLED:
        walked = [status for status in WAY if status.value in times]
        return [
            *(Stage(status.value, "done", times[status.value]) for status in walked),
            Stage(Status.CANCELLED.value, "now", times.get(Status.CANCELLED.value)),
        ]
    here = WAY.index(order.status)
    return [
        Stage(
            status.value,
            "done" if place < here else "now" if place == here else "ahead",
            times.get(status.value) if place <= here else None,
        )
        for place, status in enumerate(WAY)
    ]


def tailoring_of(order: OrderRecord) -> list[Stage]:
    """How far the tailor is; nothing without one."""
    if order.tailor is None or not order.tailor_status:
        return []
    steps = list(TailorStatus)
    here = steps.index(TailorStatus(order.tailor_status))
    return [
        Stage(step.value, "done" if place < here else "now" if place == here else "ahead", None)
        for place, step in enumerate(steps)
    ]


class Orders(Page):
    """A customer's own, the newest first."""

    template_name = "shop/orders.html"
    title = gettext_lazy("Orders")
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        ids = Order.objects.filter(user=self.user).order_by("-created_at", "-id").values_list("id", flat=True)
        page = Paginator(ids, _ON_A_PAGE).get_page(request.GET.get("page"))
        found = {record.id: record for record in order_records(Order.objects.filter(id__in=list(page)))}
        return self.show(
            template="shop/parts/order_list.html" if self.wants_part else None,
            page=page,
            orders=[found[order_id] for order_id in page if order_id in found],
        )


class OrderPage(Page):
    """One order, for whoever may see it."""

    template_name = "shop/order.html"
    title = gettext_lazy("Order")
    needs_user = True

    def get(self, request: HttpRequest, order_id: str) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self._order(order_id)

    def live_topics(self) -> tuple[str, ...]:
        order_id = self.kwargs["order_id"]
        return (f"order:{order_id}",) if order_id.isprintable() and "," not in order_id else ()

    def _order(self, order_id: str, refusal: StockwireError | None = None) -> HttpResponse:
        order = own_order(order_id, actor=self.actor, role=self.role)
        return self.show(
            template="shop/parts/order_state.html" if self.wants_part else None,
            status=status_of(refusal) if refusal else 200,
            problem=words_for(refusal) if refusal else "",
            **shown(order, parties=parties_to(order, self)),
        )


class OrderState(OrderPage):
    """The part that follows."""

    template_name = "shop/parts/order_state.html"


class CancelOrder(OrderPage):
    """Taken back by its customer, while it is pending."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, order_id: str) -> HttpResponseBase:
        own_order(order_id, actor=self.actor, role=self.role)
        try:
            services.cancel_order(order_id=order_id, actor=self.actor, role=self.role)
        except StockwireError as refusal:
            return self._order(order_id, refusal)
        if self.wants_part:
            return self._order(order_id)
        messages.success(request, _("Your order has been cancelled."))
        return self.go(reverse("order", args=[order_id]))


def parties_to(order: OrderRecord, page: Page) -> frozenset[Party]:
    """What whoever looks at the page is to the order."""
    whose = Assignment(
        order.customer.id, order.tailor.id if order.tailor else None, order.delivery_partner_id
    )
    return parties_of(whose, actor=page.actor, role=page.role)


def shown(order: OrderRecord, *, parties: frozenset[Party]) -> Mapping[str, Any]:
    """What the template is given of an order."""
    owns = Party.OWNER in parties
    return {
        "order": order,
        "stages": stages_of(order),
        "tailoring": tailoring_of(order),
        "is_closed": order.status in flow.CLOSED,
        "may_cancel": owns and Status.CANCELLED in flow.allowed(order.status, parties - {Party.STAFF}),
        "may_pay": owns and is_to_pay(order),
        "is_mine": owns,
    }
