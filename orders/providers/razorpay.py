"""Razorpay, by its own SDK: an order there for each payment here, and the payment that pays it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
import razorpay
import requests
from razorpay.errors import BadRequestError, GatewayError, ServerError, SignatureVerificationError

from config.kernel.errors import InvalidInput
from orders.errors import ProviderRefused, ProviderUnavailable, SignatureMismatch
from orders.providers.minor_units import from_minor, to_minor
from orders.providers.port import Begun, Charge, Notice, Outcome, Repaid, Repayment, Standing
from orders.providers.reaching import TIMEOUT, was_never_sent

T = TypeVar("T")

#: What each event says of a payment. A payment that is only `authorized` is captured by Razorpay itself.
_OUTCOMES = {
    "payment.captured": Outcome.COMPLETED,
    "order.paid": Outcome.COMPLETED,
    "payment.failed": Outcome.FAILED,
}
#: What each says of a refund, whoever made it; one that is only `created` may still fail.
_REPAID = {"refund.processed": Outcome.COMPLETED, "refund.failed": Outcome.FAILED}
_SIGNATURE = "X-Razorpay-Signature"
_EVENT_ID = "X-Razorpay-Event-Id"
_LONGEST_RECEIPT = 40


class RazorpayProvider:
    """``reference`` is Razorpay's order, ``receipt`` its payment."""

    name = "razorpay"
    by_hand = False

    def __init__(self, *, key_id: str, key_secret: str, webhook_secret: str, base_url: str = "") -> None:
        options = {"base_url": base_url.rstrip("/")} if base_url else {}
        self._client = razorpay.Client(auth=(key_id, key_secret), **options)
        self._key_id = key_id
        self._webhook_secret = webhook_secret

    def begin(self, charge: Charge) -> Begun:
        receipt = charge.payment_id[:_LONGEST_RECEIPT]
        # Razorpay makes a second order for the same receipt; so whoever comes again looks for the first one.
        found = self._find(receipt) if charge.again else None
        order = found or _called(
            lambda: self._client.order.create(
                {
                    "amount": to_minor(charge.amount, charge.currency),
                    "currency": charge.currency,
                    "receipt": receipt,
                    "payment_capture": 1,
                    "notes": {"payment_id": charge.payment_id, "order_id": charge.order_id},
                },
                timeout=TIMEOUT,
            )
        )
        return Begun(
            reference=order["id"],
            checkout={
                "key": self._key_id,
                "razorpay_order_id": order["id"],
                "amount": order["amount"],
                "currency": order["currency"],
                "name": charge.order_number,
            },
        )

    def refund(self, repayment: Repayment) -> str:
        # The header makes it one refund; but it answers a retry that comes too early with a refusal.
        if repayment.again and (found := self._find_refund(repayment)):
            return found
        refund = _called(
            lambda: self._client.payment.refund(
                repayment.receipt,
                {
                    "amount": to_minor(repayment.amount, repayment.currency),
                    "notes": {"refund_id": repayment.refund_id, "payment_id": repayment.payment_id},
                },
                timeout=TIMEOUT,
                headers={"X-Refund-Idempotency": repayment.refund_id},
            )
        )
        return str(refund["id"])

    def look_up(self, reference: str) -> Standing | None:
        found = _called(lambda: self._client.order.payments(reference, timeout=TIMEOUT))
        for payment in found["items"]:
            if payment["status"] == "captured":
                return Standing(
                    outcome=Outcome.COMPLETED,
                    receipt=str(payment["id"]),
                    amount=from_minor(payment["amount"], payment["currency"]),
                    currency=str(payment["currency"]),
                )
        return None  # an attempt that failed ends nothing there

    def check(self, *, order_id: str, payment_id: str, signature: str) -> None:
        """Razorpay's page has signed that this payment pays this order, else ``SignatureMismatch``."""
        signed = {
            "razorpay_order_id": order_id,
            "razorpay_payment_id": payment_id,
            "razorpay_signature": _ascii(signature),
        }
        _genuine(lambda: self._client.utility.verify_payment_signature(signed))

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        text, signature = _text(body), _ascii(headers.get(_SIGNATURE, ""))
        if not self._webhook_secret:
            raise SignatureMismatch
        _genuine(lambda: self._client.utility.verify_webhook_signature(text, signature, self._webhook_secret))
        try:
            said = orjson.loads(body)
            kind = str(said["event"])
            # The id is not part of what was signed; without one, the same bytes are the same event.
            event_id = headers.get(_EVENT_ID) or hashlib.sha256(body).hexdigest()
            if kind in _REPAID:
                return _repaid(event_id, kind, said["payload"])
            if kind not in _OUTCOMES:
                return Notice(event_id=event_id, kind=kind)
            payment = said["payload"]["payment"]["entity"]
            return Notice(
                event_id=event_id,
                kind=kind,
                outcome=_OUTCOMES[kind],
                payment_id=_noted(payment, "payment_id"),
                reference=str(payment["order_id"]),
                receipt=str(payment["id"]),
                amount=from_minor(payment["amount"], payment["currency"]),
                currency=str(payment["currency"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInput("The event can't be understood", code="invalid_event") from error

    def _find(self, receipt: str) -> Mapping[str, Any] | None:
        found = _called(lambda: self._client.order.all({"receipt": receipt}, timeout=TIMEOUT))
        return next(iter(found["items"]), None)

    def _find_refund(self, repayment: Repayment) -> str | None:
        found = _called(
            lambda: self._client.payment.fetch_multiple_refund(
                repayment.receipt, {"count": 100}, timeout=TIMEOUT
            )
        )
        for refund in found["items"]:
            notes = refund.get("notes")
            if isinstance(notes, dict) and notes.get("refund_id") == repayment.refund_id:
                return str(refund["id"])
        return None


def _repaid(event_id: str, kind: str, payload: Mapping[str, Any]) -> Notice:
    refund, payment = payload["refund"]["entity"], payload["payment"]["entity"]
    return Notice(
        event_id=event_id,
        kind=kind,
        payment_id=_noted(payment, "payment_id") or _noted(refund, "payment_id"),
        reference=str(payment["order_id"]),
        repaid=Repaid(
            outcome=_REPAID[kind],
            reference=str(refund["id"]),
            amount=from_minor(refund["amount"], refund["currency"]),
            currency=str(refund["currency"]),
            refund_id=_noted(refund, "refund_id"),
        ),
    )


def _noted(entity: Mapping[str, Any], name: str) -> str:
    """What we noted on it, where Razorpay gives it back. Without notes it sends an empty list."""
    notes = entity.get("notes")
    return str(notes.get(name, "")) if isinstance(notes, dict) else ""


def _called(call: Callable[[], T]) -> T:
    try:
        return call()
    except BadRequestError as error:
        raise ProviderRefused("razorpay", str(error)) from error
    except (GatewayError, ServerError, requests.exceptions.RequestException) as error:
        raise ProviderUnavailable("razorpay", sent=not was_never_sent(error)) from error


def _genuine(check: Callable[[], object]) -> None:
    try:
        check()
    except SignatureVerificationError:
        raise SignatureMismatch from None


def _ascii(signature: str) -> str:
    """The SDK compares texts in constant time, which Python does for ASCII alone."""
    if not signature.isascii():
        raise SignatureMismatch
    return signature


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise SignatureMismatch from None
