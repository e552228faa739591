"""A day of the staff: an order arrives, goes its way step by step, comes back, and its money with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Shop
from tests.browser.customer import Customer
from tests.browser.seeing import MOST, Seeing
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.staff import CASHIER, COURIER, HELPER, KEEPER, OWNER, SOON, Colleague, Desk

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]


def fact(desk: Desk, name: str) -> Locator:
    """One of the facts on an order's page."""
    return desk.page.locator(f"dt:text-is('{name}') + dd")


def next_steps(desk: Desk) -> list[str]:
    """What the form of the next step offers."""
    return desk.page.locator("select[name=status] option").all_inner_texts()


@dataclass(frozen=True, slots=True)
class Step:
    """What the form of the next step calls it, what the tracker does, and what can be done after it."""

    offered: str
    tracked: str
    after: tuple[str, ...]


STEPS = (
    Step("Processing", "In the making", ("Next step", "Cancel the order", "Assign", "Packing slip")),
    Step("Shipped", "On its way", ("Next step", "Return", "Assign", "Packing slip")),
    Step("Delivered", "Delivered", ("Return", "Packing slip")),
)


def take(step: Step, desk: Desk, customer: Customer, seeing: Seeing) -> None:
    """Take the next step of the order that both look at."""
    desk.choose("Next step")
    assert next_steps(desk) == [step.offered]
    note = f"Now: {step.offered}."
    parcel = {"carrier": "Nile Post", "tracking_number": "NP-7"} if step.offered == "Shipped" else {}
    with seeing(f"{step.offered}, on the tracker"):
        desk.send("Next step", {**parcel, "note": note})
        expect(customer.step).to_contain_text(step.tracked, timeout=MOST)
    expect(customer.page.locator(".history li").last).to_contain_text(note)
    expect(customer.page.locator("[data-announcer]")).to_contain_text(f"Order: {step.tracked}.")
    desk.page.wait_for_url(re.compile("/change/"))
    assert desk.offered() == list(step.after)


def test_an_order_arrives_by_itself_and_is_followed_from_both_sides(
    shop: Shop, shopkeeper: Shopkeeper, seeing: Seeing
) -> None:
    mug = shopkeeper.create("Morning Mug", stock=20)
    owner = shop.enter(OWNER)
    expect(owner.page.locator("[data-console-state=live]")).to_be_visible(timeout=SOON)
    taken = int(owner.page.locator("[data-metric=orders_today] strong").inner_text())
    revenue = owner.page.locator("[data-metric=revenue_today] strong")
    earned = float(str(revenue.get_attribute("data-value")))
    customer = shop.customer("morning@example.com")
    onlooker = shop.guest().look_at(mug)
    customer.put_in_cart(mug, 3).check_out()

    # The order is on the start page, and what it took is gone in the other browser, without a reload.
    newest = owner.page.locator("[hx-get$='/orders']")
    with seeing("a sale, in another browser"):
        customer.place()
        expect(onlooker.stock).to_have_text("17 in stock", timeout=MOST)
    number = customer.number()
    expect(newest).to_contain_text(number, timeout=MOST)
    expect(owner.page.locator("[data-metric=orders_today] strong")).to_have_text(str(taken + 1), timeout=MOST)
    with seeing("a payment, on the dashboard"):
        customer.pay()
        expect(revenue).to_have_attribute(
            "data-value", re.compile(rf"^{earned + 300:.0f}(\.0+)?$"), timeout=MOST
        )
    expect(customer.step).to_contain_text("Received")

    # Whoever helps customers opens it from there, and gives it to somebody to bring.
    helper = shop.enter(HELPER)
    helper.page.locator("[hx-get$='/orders']").get_by_role("link", name=number).click()
    helper.has_come()
    assert helper.offered() == ["Next step", "Cancel the order", "Assign", "Packing slip"]
    helper.choose("Assign").send("Assign", {"delivery_partner": COURIER.email}).is_told(f"{number}: done")
    expect(fact(helper, "Delivery")).to_have_text(COURIER.name)

    # Each step is the only one from there, and everybody sees each.
    for step in STEPS:
        take(step, helper, customer, seeing)
        helper.is_told(f"{number}: done")
        expect(newest).to_contain_text(step.offered, timeout=MOST)
    expect(customer.page.locator("main")).to_contain_text("Nile Post NP-7")
    helper.choose("Packing slip")
    slip = helper.page.get_by_role("main")
    for said in (number, "12 Nile St, Cairo", "Morning Mug", "Nile Post NP-7"):
        expect(slip).to_contain_text(said)
    expect(slip).not_to_contain_text("300")


def open_order(desk: Desk, number: str) -> Desk:
    """Find an order in the list, and open it."""
    desk.go_to("Orders")
    expect(desk.row(number)).to_have_count(1)
    return desk.open(number)


def shipped(shop: Shop, customer: Customer, by: Colleague) -> tuple[str, Desk]:
    """Order what is in the cart, pay it, and have it sent; its number, and who sent it."""
    customer.check_out().place()
    number = customer.number()
    customer.pay()
    desk = open_order(shop.enter(by), number)
    for _step in ("processing", "shipped"):
        desk.choose("Next step").send("Next step", {}).is_told(f"{number}: done")
    expect(customer.step).to_contain_text("On its way", timeout=MOST)
    return number, desk


def test_what_comes_back_is_on_the_shelf_again_and_finance_gives_the_money_back(
    shop: Shop, shopkeeper: Shopkeeper, seeing: Seeing
) -> None:
    vase = shopkeeper.create("Returned Vase", price=250, stock=9)
    customer = shop.customer("returns@example.com").put_in_cart(vase, 2)
    number, helper = shipped(shop, customer, HELPER)
    onlooker = shop.guest().look_at(vase)
    expect(onlooker.stock).to_have_text("7 in stock")

    # One comes back whole. Support takes it in, and may not give money back.
    helper.page.locator("[data-line]").get_by_role("link", name="Return").click()
    helper.has_come()
    with seeing("a return, on the product's page"):
        helper.send("Return", {"quantity": 1, "disposition": "Sellable"})
        expect(onlooker.stock).to_have_text("8 in stock", timeout=MOST)
    helper.is_told(f"{number}: done")
    expect(helper.page.locator("[data-line]")).to_contain_text("1 back")
    expect(helper.page.get_by_role("link", name="Refund")).to_have_count(0)

    # Finance gives back the price of one, and can't give back more than there is left.
    cashier = shop.enter(CASHIER)
    open_order(cashier, number)
    assert cashier.offered()[:1] == ["Packing slip"]
    cashier.page.get_by_role("link", name="Refund").click()
    cashier.has_come().send("Refund", {"amount": "250", "reason": "One vase came back"})
    cashier.is_told(re.compile("has gone back|is on its way"))
    expect(customer.page.locator("[data-payment]")).to_have_text("Partly refunded", timeout=MOST)
    # The payment's own page says what went back; more than is left does not go.
    expect(cashier.page.locator("#main")).to_contain_text("One vase came back")
    cashier.choose("Refund").send("Refund", {"amount": "250.01", "reason": "Too much"})
    cashier.is_told("At most 250")
    cashier.go_to("Payments")
    expect(cashier.row("Partially refunded")).to_contain_text("250")


def test_an_order_that_a_colleague_has_gone_on_with_is_looked_at_again(
    shop: Shop, shopkeeper: Shopkeeper
) -> None:
    jar = shopkeeper.create("Contended Jar", stock=9)
    customer = shop.customer("contended@example.com").put_in_cart(jar)
    customer.check_out().place()
    number = customer.number()
    customer.pay()
    first, second = open_order(shop.enter(HELPER), number), open_order(shop.enter(KEEPER), number)
    # The stock keeper sends parcels, and neither cancels nor assigns.
    assert second.offered() == ["Next step", "Packing slip"]
    first.choose("Cancel the order")
    second.choose("Next step").send("Next step", {}).is_told(f"{number}: done")
    first.send("Cancel the order", {"note": "They changed their mind."}).is_told(
        "Somebody has changed this order meanwhile"
    )
    expect(customer.step).to_contain_text("In the making", timeout=MOST)
    first.send("Cancel the order", {"note": "They changed their mind."}).is_told(f"{number}: done")
    expect(customer.page.locator(".stages.cancelled")).to_be_visible(timeout=MOST)
    expect(customer.page.locator("[data-payment]")).to_have_text("Refunded", timeout=MOST)
    expect(shop.guest().look_at(jar).stock).to_have_text("9 in stock")
