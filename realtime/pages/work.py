"""The work list of tailors and delivery partners: their orders, and the steps that are theirs to take."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy

from config.api.errors import status_of
from config.identity.models import Role
from config.kernel.errors import InvalidInput, StockwireError
from orders import flow, services
from orders.flow import Party, Status, TailorStatus
from orders.order_records import OrderRecord
from orders.selectors import order_records, visible_orders
from realtime.pages.page import Page
from realtime.pages.refusals import words_for
from realtime.pages.tracker import parties_to

#: Whoever has more to do than this sees the oldest of it.
_MOST = 100


@dataclass(frozen=True, slots=True)
class Task:
    """An order, and where whoever works on it may bring it from here."""

    order: OrderRecord
    steps: tuple[str, ...]
    sewing: tuple[str, ...]


class Work(Page):
    """What is to be done, the oldest first."""

    template_name = "shop/work.html"
    title = gettext_lazy("Work")
    needs_user = True
    roles = (Role.TAILOR, Role.DELIVERY)

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self._list()

    def _list(self, refusal: StockwireError | None = None) -> HttpResponse:
        assigned = visible_orders(actor=self.actor, role=self.role).exclude(user=self.user)
        open_ones = assigned.exclude(status__in=[status.value for status in flow.CLOSED])
        orders = order_records(open_ones.order_by("created_at", "id")[:_MOST])
        return self.show(
            template="shop/parts/work_list.html" if self.wants_part else None,
            tasks=[self._task(order) for order in orders],
            problem=words_for(refusal) if refusal else "",
            status=status_of(refusal) if refusal else 200,
        )

    def _task(self, order: OrderRecord) -> Task:
        parties = parties_to(order, self) - {Party.OWNER}
        sewing = order.tailor_status and flow.tailor_steps(TailorStatus(order.tailor_status), parties)
        return Task(
            order,
            steps=tuple(step.value for step in flow.allowed(order.status, parties)),
            sewing=tuple(step.value for step in sewing or ()),
        )


class TakeStep(Work):
    """A step is taken: of the order (``status``), or of the tailor's work (``tailor``)."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, order_id: str) -> HttpResponseBase:
        try:
            self._take(order_id, request.POST.get("status", ""), request.POST.get("tailor", ""))
        except StockwireError as refusal:
            return self._list(refusal)
        return self._list() if self.wants_part else self.go(reverse("work"))

    def _take(self, order_id: str, status: str, tailor: str) -> None:
        if tailor in list(TailorStatus):
            services.change_tailor_status(
                order_id=order_id, to=TailorStatus(tailor), actor=self.actor, role=self.role
            )
        elif status in list(Status):
            services.change_status(order_id=order_id, to=Status(status), actor=self.actor, role=self.role)
        else:
            raise InvalidInput(code="not_understood")
