"""Stripe, by its own SDK: a payment intent there for each payment here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
import stripe

from config.kernel.errors import InvalidInput
from config.kernel.money import decimals_of
from orders.errors import ProviderRefused, ProviderUnavailable, SignatureMismatch
from orders.providers.minor_units import from_minor, to_minor
from orders.providers.port import Begun, Charge, Notice, Outcome, Repaid, Repayment, Standing
from orders.providers.reaching import TIMEOUT, was_never_sent

T = TypeVar("T")

#: `payment_failed` is one attempt: the intent may still be paid, and is honoured when it is.
_OUTCOMES = {
    "payment_intent.succeeded": Outcome.COMPLETED,
    "payment_intent.payment_failed": Outcome.FAILED,
    "payment_intent.canceled": Outcome.FAILED,
}
#: A refund, whoever made it, says itself how it stands; until it has ended there is nothing to note.
_OF_REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed"})
_REPAID = {"succeeded": Outcome.COMPLETED, "failed": Outcome.FAILED, "canceled": Outcome.FAILED}
_SIGNATURE = "Stripe-Signature"
#: Stripe counts these in hundredths, though they have no smaller unit in use.
_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


class StripeProvider:
    """``reference`` is Stripe's payment intent, ``receipt`` the charge that paid it."""

    name = "stripe"
    by_hand = False

    def __init__(self, *, secret_key: str, webhook_secret: str, base_url: str = "") -> None:
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
            # Whoever calls decides whether to try again, and may have to tell a client meanwhile.
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._webhook_secret = webhook_secret

    def begin(self, charge: Charge) -> Begun:
        intent = _called(
            lambda: self._client.v1.payment_intents.create(
                {
                    "amount": _to_stripe(charge),
                    "currency": charge.currency.lower(),
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {"payment_id": charge.payment_id, "order_id": charge.order_id},
                    "description": charge.order_number,
                },
                {"idempotency_key": charge.payment_id},
            )
        )
        return Begun(
            reference=intent.id,
            checkout={"paymentIntentId": intent.id, "clientSecret": intent.client_secret},
        )

    def refund(self, repayment: Repayment) -> str:
        refund = _called(
            lambda: self._client.v1.refunds.create(
                {
                    "payment_intent": repayment.reference,
                    "amount": _to_stripe(repayment),
                    "metadata": {"refund_id": repayment.refund_id, "payment_id": repayment.payment_id},
                },
                {"idempotency_key": repayment.refund_id},
            )
        )
        if refund.status in {"failed", "canceled"}:
            raise ProviderRefused("stripe", f"The refund is {refund.status}")
        return refund.id

    def look_up(self, reference: str) -> Standing | None:
        intent = _called(lambda: self._client.v1.payment_intents.retrieve(reference))
        if intent.status == "canceled":
            return Standing(outcome=Outcome.FAILED)
        if intent.status != "succeeded":
            return None
        currency = intent.currency.upper()
        return Standing(
            outcome=Outcome.COMPLETED,
            receipt=str(intent.latest_charge or ""),
            amount=from_minor(intent.amount_received, currency, decimals=_decimals(currency)),
            currency=currency,
        )

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        try:
            stripe.WebhookSignature.verify_header(
                body, headers.get(_SIGNATURE, ""), self._webhook_secret, stripe.Webhook.DEFAULT_TOLERANCE
            )
        except (stripe.SignatureVerificationError, UnicodeError):
            raise SignatureMismatch from None
        try:
            said = orjson.loads(body)
            event_id, kind = str(said["id"]), str(said["type"])
            about = said["data"]["object"]
            if kind in _OF_REFUNDS and about["status"] in _REPAID:
                return _repaid(event_id, kind, about)
            if kind not in _OUTCOMES:
                return Notice(event_id=event_id, kind=kind)
            return _notice(event_id, kind, about)
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInput("The event can't be understood", code="invalid_event") from error


def _notice(event_id: str, kind: str, intent: Mapping[str, Any]) -> Notice:
    outcome = _OUTCOMES[kind]
    currency = str(intent["currency"]).upper()
    paid = intent["amount_received"] if outcome == Outcome.COMPLETED else intent["amount"]
    return Notice(
        event_id=event_id,
        kind=kind,
        outcome=outcome,
        payment_id=_noted(intent, "payment_id"),
        reference=str(intent["id"]),
        receipt=str(intent.get("latest_charge") or ""),
        amount=from_minor(paid, currency, decimals=_decimals(currency)),
        currency=currency,
    )


def _repaid(event_id: str, kind: str, refund: Mapping[str, Any]) -> Notice:
    currency = str(refund["currency"]).upper()
    return Notice(
        event_id=event_id,
        kind=kind,
        payment_id=_noted(refund, "payment_id"),
        reference=str(refund["payment_intent"] or ""),
        repaid=Repaid(
            outcome=_REPAID[refund["status"]],
            reference=str(refund["id"]),
            amount=from_minor(refund["amount"], currency, decimals=_decimals(currency)),
            currency=currency,
            refund_id=_noted(refund, "refund_id"),
        ),
    )


def _noted(entity: Mapping[str, Any], name: str) -> str:
    """What we noted on it, where Stripe gives it back."""
    return str((entity.get("metadata") or {}).get(name, ""))


def _decimals(currency: str) -> int:
    return 2 if currency in _IN_HUNDREDTHS else decimals_of(currency)


def _to_stripe(money: Charge | Repayment) -> int:
    return to_minor(money.amount, money.currency, decimals=_decimals(money.currency))


def _called(call: Callable[[], T]) -> T:
    try:
        return call()
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise ProviderRefused("stripe", error.user_message or "It was refused") from error
    except stripe.StripeError as error:
        raise ProviderUnavailable("stripe", sent=not was_never_sent(error)) from error
