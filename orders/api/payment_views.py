"""``/api/payments``: a payment's beginning, and all who say how it ended."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from config.api.idempotency import answer_once, first_answer, request_key
from config.api.private import PrivateAnswers
from config.api.reading import checked
from config.api.views import ApiView, ApiViewSet, read_body
from config.identity.callers import actor_of, user_of
from config.identity.models import Role
from config.identity.permissions import anyone, may
from config.kernel.actors import Actor
from orders import services
from orders.api.payment_bodies import ConfirmBody, PayBody, RefundBody, VerifyBody
from orders.dialects.payments import shop_payment, shop_payment_to_make, shop_refunded
from orders.payment_records import PaymentRecord, RefundStatus
from orders.providers.port import Outcome

_customers = may(roles=[Role.CUSTOMER])
_finance = may(roles=[Role.ADMIN], duty="orders.refund_payment")


class PaymentsViewSet(PrivateAnswers, ApiViewSet):
    """Payments of the caller's own orders; for staff, of all."""

    cache_control = "private, no-store"
    permissions: ClassVar[dict[str, type[BasePermission]]] = {
        "create": _customers,
        "verify": _customers,
        "confirm": _customers,
        "refund": _finance,
        "complete": may(roles=[Role.ADMIN], duty="orders.complete_payment"),
    }

    def get_permissions(self) -> list[BasePermission]:
        return [self.permissions.get(self.action or "", _finance)()]

    def create(self, request: Request) -> HttpResponseBase:
        endpoint = "payments.create"
        body = self.body(PayBody)
        if (first := first_answer(request, endpoint=endpoint)) is not None:
            return first
        payment, charge = services.claim_payment(
            order_id=body["orderId"], provider=body["provider"], actor=self.actor, role=self.role
        )
        begun = services.ask_provider(provider=payment.provider, charge=charge) if charge else None

        def effect() -> Response:
            known = services.note_charge(payment=payment, begun=begun)
            return Response(shop_payment_to_make(known), status=201)

        return answer_once(request, endpoint=endpoint, effect=effect)

    def refund(self, request: Request, payment_id: str) -> HttpResponseBase:
        endpoint = "payments.refund"
        body = self.body(RefundBody)
        if (first := first_answer(request, endpoint=endpoint)) is not None:
            return first
        refund = services.begin_refund(
            payment_id=payment_id,
            amount=body.get("amount"),
            reason=body.get("reason") or "",
            actor=self.actor,
            role=self.role,
            request_key=request_key(request, endpoint=endpoint),
        )
        reference = services.call_provider(refund.id)

        def effect() -> Response:
            payment, known = services.settle_refund(refund_id=refund.id, reference=reference)
            # Noted, and on its way: the provider has not confirmed it yet.
            status = 202 if known.status == RefundStatus.PENDING else 200
            return Response({"status": "success", **shop_refunded(payment, known)}, status=status)

        return answer_once(request, endpoint=endpoint, effect=effect)

    def verify(self, request: Request) -> HttpResponseBase:
        def effect() -> Response:
            body = self.body(VerifyBody)
            return _answer(
                services.verify_razorpay(
                    reference=body["razorpay_order_id"],
                    receipt=body["razorpay_payment_id"],
                    signature=body["razorpay_signature"],
                    actor=self.actor,
                    role=self.role,
                )
            )

        return answer_once(request, endpoint="payments.verify", effect=effect)

    def complete(self, request: Request, payment_id: str) -> HttpResponseBase:
        def effect() -> Response:
            return _answer(
                services.complete_manually(payment_id=payment_id, actor=self.actor, role=self.role)
            )

        return answer_once(request, endpoint="payments.complete", effect=effect)

    def confirm(self, request: Request, payment_id: str) -> HttpResponseBase:
        def effect() -> Response:
            outcome = Outcome(self.body(ConfirmBody)["outcome"])
            return _answer(
                services.confirm_fake(
                    payment_id=payment_id, outcome=outcome, actor=self.actor, role=self.role
                )
            )

        return answer_once(request, endpoint="payments.confirm", effect=effect)

    # -------------------------------------------------------------------------------------- the caller

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    @property
    def role(self) -> str | None:
        user = user_of(self.request)
        return user.role if user else None

    def body(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, checked. Raises DRF's ``ValidationError``, which names each place."""
        return checked(serializer, self.request.data)


class WebhookView(ApiView):
    """A provider calls back. Its signature over the bytes as they came is all that it is known by."""

    authentication_classes = ()
    permission_classes = (anyone,)

    def post(self, request: Request, provider: str) -> Response:
        caller = services.require_caller_back(provider)
        body = read_body(request)
        notice = caller.read_webhook(body=body, headers=request.headers)
        new = notice is not None and services.take_notice(
            provider=caller,
            notice=notice,
            body=body.decode(),
            actor=Actor(kind="system", id=caller.name, source="system"),
        )
        return Response({"received": True, "duplicate": not new})


def _answer(payment: PaymentRecord) -> Response:
    return Response({"status": "success", "payment": shop_payment(payment)})
