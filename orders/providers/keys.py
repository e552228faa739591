"""The keys that switch a provider on, and what is wrong with them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Keys:
    """``switching`` are those that switch it on, all of them; ``package`` is the SDK, an extra of ours."""

    package: str
    switching: tuple[str, ...]
    webhook_secret: str

    def are_set(self) -> bool:
        """Whether the provider is switched on."""
        return all(getattr(settings, name) for name in self.switching)

    def problems(self) -> Sequence[str]:
        """Why a provider that somebody has set keys for can't be used."""
        every = (*self.switching, self.webhook_secret)
        if not any(getattr(settings, name) for name in every):
            return []
        found = [f"{name}: is missing" for name in self.switching if not getattr(settings, name)]
        if importlib.util.find_spec(self.package) is None:
            found.append(
                f"{self.switching[0]}: is set, but the package `{self.package}` is not installed; "
                f"`pip install 'stockwire[{self.package}]'` brings it"
            )
        return found

    def warnings(self) -> Sequence[str]:
        """What will not work, though payments do."""
        if self.are_set() and not getattr(settings, self.webhook_secret):
            return [f"{self.webhook_secret}: is missing, so every webhook of {self.package} is refused"]
        return []


RAZORPAY_KEYS = Keys("razorpay", ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET"), "RAZORPAY_WEBHOOK_SECRET")
STRIPE_KEYS = Keys("stripe", ("STRIPE_SECRET_KEY",), "STRIPE_WEBHOOK_SECRET")
_ALL = (RAZORPAY_KEYS, STRIPE_KEYS)


def problems() -> list[str]:
    """Why a server must not start: keys that are set and can't work, all of them at once."""
    return [problem for keys in _ALL for problem in keys.problems()]


def warnings() -> list[str]:
    """What a server should say when it starts."""
    return [warning for keys in _ALL for warning in keys.warnings()]
