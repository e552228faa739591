"""What a payment provider has to be able to do, and the plain values that go to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class Outcome(StrEnum):
    """How an attempt to pay ended."""

    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money that somebody is going to pay. ``payment_id`` is what makes asking for it twice once.

    ``again``: it may have been asked for before, by somebody who did not live to read the answer.
    """

    payment_id: str
    order_id: str
    order_number: str
    amount: Decimal
    currency: str
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A charge as the provider knows it, and what the client needs to pay it."""

    reference: str = ""
    checkout: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment:
    """Money that goes back. ``refund_id`` is what makes asking for it twice once.

    ``reference`` is the charge's, ``receipt`` what the provider calls the money that came by it.
    ``again``: it may have been asked for before.
    """

    refund_id: str
    payment_id: str
    reference: str
    receipt: str
    amount: Decimal
    currency: str
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaid:
    """What a provider says of money that was to go back. ``reference`` is what it calls that.

    ``refund_id`` is what we call it; empty for what somebody has given back on the provider's own page.
    """

    outcome: Outcome
    reference: str
    amount: Decimal
    currency: str
    refund_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a provider's (genuine) call back says. ``outcome`` is ``None`` for what is not about paying.

    Which payment it is about, ``payment_id`` says where the provider gives back what we called it, else
    ``reference``. ``amount`` is what was paid; ``repaid`` is there where it is about paying back.
    """

    event_id: str
    kind: str
    outcome: Outcome | None = None
    payment_id: str = ""
    reference: str = ""
    receipt: str = ""
    amount: Decimal | None = None
    currency: str = ""
    repaid: Repaid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a charge has ended, as its provider answers it. ``amount`` is what was paid."""

    outcome: Outcome
    receipt: str = ""
    amount: Decimal | None = None
    currency: str = ""


class Provider(Protocol):
    """``begin``, ``refund`` and ``look_up`` leave the house, and may be called again with the same ids.

    They raise ``ProviderUnavailable``, ``ProviderRefused``. ``by_hand``: nobody is called, people move the
    money and tell us.
    """

    @property
    def name(self) -> str: ...
    @property
    def by_hand(self) -> bool: ...

    def begin(self, charge: Charge) -> Begun:
        """Have a charge ready to be paid."""
        ...

    def refund(self, repayment: Repayment) -> str:
        """Have money go back; what the provider calls that."""
        ...

    def look_up(self, reference: str) -> Standing | None:
        """How a charge stands, for whom no call back has come; ``None``: it has not ended."""
        ...

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        """A call back, if it is genuine (else ``SignatureMismatch``); ``None`` from who never calls back.

        Reaches for nothing: what came is all there is.
        """
        ...
