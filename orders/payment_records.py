"""Payments as plain values, and the states that they go through. No database, no JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any


class PaymentStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class RefundStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


#: What may still be paid. A failed one too: its attempt failed, and money that comes later is there.
OPEN = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED})
#: Money has come in by it, whatever of it went back.
RECEIVED = frozenset(PaymentStatus) - OPEN
#: Something of it may go back.
REFUNDABLE = frozenset({PaymentStatus.COMPLETED, PaymentStatus.PARTIALLY_REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecord:
    """One payment. ``refunding`` is on its way back, ``refunded`` has gone; ``checkout`` is for its payer.

    ``surplus``: it came in for an order that needed it no more, and goes back whole.
    """

    id: str
    order_id: str
    provider: str
    status: PaymentStatus
    amount: Decimal
    currency: str
    refunded: Decimal
    refunding: Decimal
    surplus: bool
    reference: str
    receipt: str
    checkout: Mapping[str, Any]
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def refundable(self) -> Decimal:
        """What may still go back."""
        return self.amount - self.refunded - self.refunding if self.status in REFUNDABLE else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRecord:
    """Money that goes back, or went."""

    id: str
    payment_id: str
    amount: Decimal
    currency: str
    status: RefundStatus
    reason: str
    problem: str
    created_at: dt.datetime
    settled_at: dt.datetime | None
