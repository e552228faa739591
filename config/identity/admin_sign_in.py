"""The admin's own form for signing in: guesses are counted here as they are over REST."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from config.api.addresses import client_address
from config.identity.errors import TooManyFailures
from config.identity.services.attempts import counted_attempt


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """Unfold's form; beyond the limits not even the right password is looked at."""

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username") or ""
        address = client_address(self.request)
        try:
            with counted_attempt(email=email, address=address):
                cleaned: dict[str, Any] = super().clean()
        except TooManyFailures as refusal:
            minutes = -(-refusal.retry_after // 60)
            raise ValidationError(f"{refusal.message} ({minutes} min).", code=refusal.code) from None
        return cleaned
