"""The payment of an order. What moves money is `orders.services`; here is what its customer sees of it.

The pretend provider of the demo has a page to pay or to fail on. What Razorpay and Stripe would have a page
load from their servers, ours does not (decision 0157): whoever pays by them does it in the shop's app, and is
told so.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.api.errors import status_of
from config.identity.models import Role
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from orders import services
from orders.errors import OrderNotFound
from orders.flow import Status
from orders.order_records import OrderRecord
from orders.payment_records import RECEIVED, PaymentRecord
from orders.providers import FAKE, provider_of
from orders.providers.port import Outcome
from orders.selectors import order_records, visible_orders
from realtime.pages.page import Page
from realtime.pages.refusals import words_for


class Pay(Page):
    """The payment step: to be asked for again at any time, until the order is paid."""

    template_name = "shop/pay.html"
    title = gettext_lazy("Payment")
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest, order_id: str) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        order = self._order(order_id)
        return self._step(order) if is_to_pay(order) else self.go(reverse("order", args=[order.id]))

    def post(self, request: HttpRequest, order_id: str) -> HttpResponseBase:
        """Pay, or fail, with the pretend provider."""
        order = self._order(order_id)
        if order.payment_method != FAKE or not is_to_pay(order):
            return self.go(reverse("order", args=[order.id]))
        outcome = Outcome.FAILED if request.POST.get("outcome") == "fail" else Outcome.COMPLETED
        try:
            payment = begin_payment(order_id=order.id, provider=FAKE, actor=self.actor, role=self.role)
            services.confirm_fake(payment_id=payment.id, outcome=outcome, actor=self.actor, role=self.role)
        except StockwireError as refusal:
            if refusal.code != "order_paid":
                return self._step(order, refusal)
        else:
            if outcome == Outcome.FAILED:
                messages.error(request, _("The payment did not go through. You can try again."))
                return self.go(reverse("pay", args=[order.id]))
            messages.success(request, _("Thank you! Your payment has been received."))
        return self.go(reverse("order", args=[order.id]))

    def _order(self, order_id: str) -> OrderRecord:
        return own_order(order_id, actor=self.actor, role=self.role)

    def _step(self, order: OrderRecord, refusal: StockwireError | None = None) -> HttpResponseBase:
        payment = None
        pretends = order.payment_method == FAKE
        if not pretends:  # which begins with the press
            try:
                payment = begin_payment(
                    order_id=order.id, provider=order.payment_method, actor=self.actor, role=self.role
                )
            except StockwireError as refused:
                refusal = refused
        return self.show(
            order=order,
            payment=payment,
            pretends=pretends,
            problem=words_for(refusal) if refusal else "",
            status=status_of(refusal) if refusal else 200,
        )


def is_to_pay(order: OrderRecord) -> bool:
    """Whether its customer has a payment step to take: something is owed, by a provider that has one."""
    provider = provider_of(order.payment_method)
    return (
        order.total > 0
        and order.status != Status.CANCELLED
        and order.payment_status not in RECEIVED
        and provider is not None
        and not provider.by_hand
    )


def begin_payment(*, order_id: str, provider: str, actor: Actor, role: str | None) -> PaymentRecord:
    """The order's payment by this provider, ready to be paid; asked for again, it is the same one.

    The three steps of `orders.services.paying`, of which each may be the last; whoever asks again goes on.
    """
    payment, charge = services.claim_payment(order_id=order_id, provider=provider, actor=actor, role=role)
    begun = services.ask_provider(provider=payment.provider, charge=charge) if charge else None
    return services.note_charge(payment=payment, begun=begun)


def own_order(order_id: str, *, actor: Actor, role: str | None) -> OrderRecord:
    """An order that is this user's to see. Refuses: any other (``OrderNotFound``)."""
    if not order_id.isprintable():
        raise OrderNotFound
    found = order_records(visible_orders(actor=actor, role=role).filter(id=order_id))
    if not found:
        raise OrderNotFound
    return found[0]
