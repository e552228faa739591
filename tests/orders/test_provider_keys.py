"""Keys of payment providers with which there can be no payments."""

from __future__ import annotations

from typing import Any

import pytest

from orders.providers import keys


def test_keys_that_can_not_work_are_named_all_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (keys.problems(), keys.warnings()) == ([], [])
    settings.RAZORPAY_KEY_ID, settings.STRIPE_SECRET_KEY = "key", "sk"
    assert keys.problems() == ["RAZORPAY_KEY_SECRET: is missing"]
    monkeypatch.setattr("orders.providers.keys.importlib.util.find_spec", lambda _name: None)
    missing = "is set, but the package `{0}` is not installed; `pip install 'stockwire[{0}]'` brings it"
    assert keys.problems() == [
        "RAZORPAY_KEY_SECRET: is missing",
        f"RAZORPAY_KEY_ID: {missing.format('razorpay')}",
        f"STRIPE_SECRET_KEY: {missing.format('stripe')}",
    ]
    assert keys.warnings() == [
        "STRIPE_WEBHOOK_SECRET: is missing, so every webhook of stripe is refused",
    ]


def test_a_server_does_not_start_with_keys_that_can_not_work(settings: Any) -> None:
    from django.core.management import CommandError, call_command

    settings.RAZORPAY_KEY_ID = "key"
    with pytest.raises(CommandError, match="RAZORPAY_KEY_SECRET: is missing"):
        call_command("serve", "--port", "0")
