"""Who moves money for the shop: one interface, and whoever speaks it.

Belongs here: which providers are switched on, and how each is spoken to. Does not belong here: what a payment
does to an order (``orders.services``). ``razorpay`` and ``stripe`` are imported only where keys are set.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from orders.errors import ProviderUnavailable
from orders.providers.by_hand import COD, MANUAL
from orders.providers.fake import FakeProvider
from orders.providers.keys import RAZORPAY_KEYS, STRIPE_KEYS
from orders.providers.port import Provider

__all__ = [
    "COD",
    "FAKE",
    "MANUAL",
    "RAZORPAY",
    "STRIPE",
    "provider_for_money",
    "provider_names",
    "provider_of",
]

FAKE, RAZORPAY, STRIPE = "fake", "razorpay", "stripe"


def _fake() -> Provider | None:
    return FakeProvider() if settings.STOCKWIRE_FAKE_PAYMENTS else None


def _razorpay() -> Provider | None:
    if not RAZORPAY_KEYS.are_set():
        return None
    from orders.providers.razorpay import RazorpayProvider  # its package is an extra

    return RazorpayProvider(
        key_id=settings.RAZORPAY_KEY_ID,
        key_secret=settings.RAZORPAY_KEY_SECRET,
        webhook_secret=settings.RAZORPAY_WEBHOOK_SECRET,
        base_url=settings.RAZORPAY_BASE_URL,
    )


def _stripe() -> Provider | None:
    if not STRIPE_KEYS.are_set():
        return None
    from orders.providers.stripe import StripeProvider  # its package is an extra, and slow to import

    return StripeProvider(
        secret_key=settings.STRIPE_SECRET_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        base_url=settings.STRIPE_BASE_URL,
    )


_MAKERS: dict[str, Callable[[], Provider | None]] = {
    COD.name: lambda: COD,
    MANUAL.name: lambda: MANUAL,
    FAKE: _fake,
    RAZORPAY: _razorpay,
    STRIPE: _stripe,
}


def provider_of(name: str) -> Provider | None:
    """The provider of this name; ``None`` where there is none, or none that is switched on."""
    maker = _MAKERS.get(name)
    return maker() if maker else None


def provider_for_money(name: str) -> Provider:
    """The provider of a payment that is there. Raises ``ProviderUnavailable`` where it is switched off."""
    provider = provider_of(name)
    if provider is None:
        raise ProviderUnavailable(name, sent=False)
    return provider


def provider_names() -> list[str]:
    """Those that are switched on."""
    on = {
        FAKE: settings.STOCKWIRE_FAKE_PAYMENTS,
        RAZORPAY: RAZORPAY_KEYS.are_set(),
        STRIPE: STRIPE_KEYS.are_set(),
    }
    return [name for name in _MAKERS if on.get(name, True)]
