"""A provider that only pretends: for the demo and for tests. It moves no money and keeps nothing.

Its call backs are signed like a real one's, with a key that follows from the shop's own.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

import orjson
from django.conf import settings

from config.kernel.errors import InvalidInput
from orders.errors import SignatureMismatch
from orders.providers.minor_units import from_minor, to_minor
from orders.providers.port import Begun, Charge, Notice, Outcome, Repaid, Repayment, Standing

SIGNATURE = "X-Fake-Signature"
_KINDS = {"payment.completed": Outcome.COMPLETED, "payment.failed": Outcome.FAILED}
_REPAID = {"refund.completed": Outcome.COMPLETED, "refund.failed": Outcome.FAILED}


class FakeProvider:
    """Speaks the interface of the real ones."""

    name = "fake"
    by_hand = False

    def begin(self, charge: Charge) -> Begun:
        return Begun(
            reference=f"fake_{charge.payment_id}",
            checkout={
                "confirmUrl": f"/api/payments/{charge.payment_id}/confirm",
                "amount": to_minor(charge.amount, charge.currency),
            },
        )

    def refund(self, repayment: Repayment) -> str:
        return f"fake_{repayment.refund_id}"

    def look_up(self, reference: str) -> Standing | None:  # noqa: ARG002  it keeps nothing
        return None

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        if not hmac.compare_digest(sign(body).encode(), headers.get(SIGNATURE, "").encode()):
            raise SignatureMismatch
        try:
            said = orjson.loads(body)
            currency = _text(said["currency"])
            amount = from_minor(said["amount"], currency)
            if said["type"] in _REPAID:
                return Notice(
                    event_id=_text(said["id"]),
                    kind=_text(said["type"]),
                    payment_id=_text(said["paymentId"]),
                    repaid=Repaid(
                        outcome=_REPAID[said["type"]],
                        reference=_text(said["refund"]),
                        amount=amount,
                        currency=currency,
                        refund_id=_text(said.get("refundId", "")),
                    ),
                )
            return Notice(
                event_id=_text(said["id"]),
                kind=_text(said["type"]),
                outcome=_KINDS.get(said["type"]),
                payment_id=_text(said["paymentId"]),
                amount=amount,
                currency=currency,
            )
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInput("The event can't be understood", code="invalid_event") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a string")
    return value


def sign(body: bytes) -> str:
    """The signature of a call back with this body."""
    key = sha256(b"fake-provider\0" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, body, sha256).hexdigest()
