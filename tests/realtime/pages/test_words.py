"""Every refusal and every machine word that a page may show has words of its own, which can be translated."""

from __future__ import annotations

import pytest

from config.kernel.errors import Conflict, ItemError
from inventory.errors import out_of_stock
from orders.errors import PriceChanged, beyond_sale
from orders.flow import Status, TailorStatus
from orders.payment_records import PaymentStatus
from orders.providers import provider_names
from realtime.models import ChatPriority, ChatStatus
from realtime.pages.refusals import words_for
from realtime.templatetags import named
from realtime.templatetags.named import initials, own_image


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (out_of_stock({}, 0), "Sold out."),
        (out_of_stock({}, 3), "Only 3 left."),
        (beyond_sale({}, 2), "Only 2 at the sale price."),
        (beyond_sale({}, 0), "No more at the sale price."),
        (Conflict("In the services' own words", code="a_new_one"), "In the services' own words"),
        (ItemError({}, "As it is", "another_new_one"), "As it is"),
    ],
)
def test_refusals_are_said_in_words(refusal: Conflict | ItemError, words: str) -> None:
    assert words_for(refusal) == words


def test_another_total_is_said_as_money() -> None:
    assert "1,250.50" in words_for(PriceChanged(1250.5, "EGP"))


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (named.order_status, list(Status)),
        (named.tailor_status, list(TailorStatus)),
        (named.payment_status, list(PaymentStatus)),
        (named.provider_name, [*provider_names(), "razorpay", "stripe"]),
        (named.chat_status, ChatStatus.values),
        (named.chat_priority, ChatPriority.values),
    ],
)
def test_every_machine_word_has_a_name(say: object, words: list[str]) -> None:
    assert callable(say)
    for word in words:
        assert say(str(word)) != str(word), word


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "Your payment of 6170 EGP for ORD-2026-000004 has been received",
            "Your payment of EGP\u00a06,170.00 for ORD-2026-000004 has been received.",
        ),
        (
            "Your payment of 12.5 EGP for ORD-1 did not go through",
            "Your payment of EGP\u00a012.50 for ORD-1 did not go through.",
        ),
        (
            "1250.50 EGP of your payment for ORD-1 have been refunded",
            "EGP\u00a01,250.50 of your payment for ORD-1 have been refunded.",
        ),
        ("Your payment of <b>6</b> EGP for us", "Your payment of <b>6</b> EGP for us"),
    ],
)
def test_amounts_in_notifications_are_written_as_money(said: str, shown: str) -> None:
    assert named.told(said) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/media/a.png", "/media/a.png"),
        ("https://elsewhere.example/a.png", ""),
        ("//elsewhere.example/a.png", ""),
        ("/\\elsewhere.example/a.png", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_images_of_our_own_are_shown(address: str, shown: str) -> None:
    assert own_image(address) == shown
    assert initials("Dark chocolate cake") == "DC"
