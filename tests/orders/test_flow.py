"""The table of steps, by itself: who may bring an order where."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from django.conf import settings

from orders import flow
from orders.flow import FLOW, Party, Status, TailorStatus

STAFF, OWNER, DELIVERY, TAILOR = Party.STAFF, Party.OWNER, Party.DELIVERY, Party.TAILOR

#: As the contract says it, by hand.
STEPS = {
    ("pending", "processing"): {STAFF},
    ("pending", "cancelled"): {STAFF, OWNER},
    ("processing", "shipped"): {STAFF},
    ("processing", "cancelled"): {STAFF},
    ("shipped", "delivered"): {STAFF, DELIVERY},
}


@pytest.mark.parametrize(("source", "target", "party"), list(product(Status, Status, Party)))
def test_each_step_is_there_for_whom_the_contract_says_and_no_other_is(
    source: Status, target: Status, party: Party
) -> None:
    expected = party in STEPS.get((source.value, target.value), set())
    assert (flow.step(source, target, {party}) is not None) is expected
    assert (target in flow.allowed(source, {party})) is expected


def test_stock_comes_back_exactly_with_a_cancellation() -> None:
    assert {(step.target, step.returns_stock) for step in FLOW} == {
        (status, status == Status.CANCELLED) for status in Status if status != Status.PENDING
    }


def test_whoever_is_several_things_to_an_order_may_do_what_each_of_them_may() -> None:
    assert flow.allowed(Status.PENDING, {STAFF, OWNER}) == [Status.PROCESSING, Status.CANCELLED]
    assert flow.allowed(Status.SHIPPED, {OWNER, DELIVERY}) == [Status.DELIVERED]
    assert flow.allowed(Status.PENDING, set()) == []


def test_nothing_leads_on_from_delivered_and_cancelled() -> None:
    assert {Status.DELIVERED, Status.CANCELLED} == flow.CLOSED


def test_the_tailor_goes_onwards_and_staff_anywhere() -> None:
    cutting = TailorStatus.CUTTING
    assert flow.tailor_steps(cutting, {TAILOR}) == [TailorStatus.STITCHING, TailorStatus.READY]
    assert flow.tailor_steps(cutting, {STAFF}) == [one for one in TailorStatus if one != cutting]
    assert flow.tailor_steps(cutting, {OWNER, DELIVERY}) == []
    assert flow.tailor_steps(TailorStatus.READY, {TAILOR}) == []


def test_the_page_about_the_flow_is_up_to_date() -> None:
    page = Path(settings.BASE_DIR) / "docs" / "orders.md"
    assert page.read_text() == flow.page()
