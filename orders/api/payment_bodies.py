"""What is sent to ``/api/payments``: shapes and bounds."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.api.fields import AmountField, IdField, StrictCharField
from orders.api.order_bodies import WordField
from orders.providers.port import Outcome

_LONGEST_REFERENCE = 200
_LONGEST_REASON = 1000
_LONGEST_NAME = 20


class PayBody(serializers.Serializer[Any]):
    orderId = IdField()  # noqa: N815  the wire's name
    provider = StrictCharField(max_length=_LONGEST_NAME)


class VerifyBody(serializers.Serializer[Any]):
    razorpay_order_id = StrictCharField(max_length=_LONGEST_REFERENCE)
    razorpay_payment_id = StrictCharField(max_length=_LONGEST_REFERENCE)
    razorpay_signature = StrictCharField(max_length=_LONGEST_REFERENCE)


class RefundBody(serializers.Serializer[Any]):
    """Without an amount all that is left. ``null`` is not "without": JavaScript writes a sum that went wrong
    (``NaN``) as ``null``.
    """

    amount = AmountField(required=False)
    reason = StrictCharField(
        required=False, allow_null=True, allow_blank=True, multiline=True, max_length=_LONGEST_REASON
    )

    def validate_amount(self, amount: Any) -> Any:
        if amount <= 0:
            raise serializers.ValidationError("must be more than 0")
        return amount


class ConfirmBody(serializers.Serializer[Any]):
    outcome = WordField(list(Outcome))
