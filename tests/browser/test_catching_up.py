"""Pages that were cut off, or slept: they have all of it afterwards, and nobody has loaded them again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.business import Caller
from tests.browser.conftest import Shop, Visitors
from tests.browser.customer import Customer
from tests.browser.line import Line
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.staff import OWNER, REGULAR, SOON
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

# The browser's own words about a server that it can't reach.
UNREACHABLE = ("WebSocket connection to", "Failed to load resource")
COMES_BACK = 20_000


@pytest.fixture
def staff(house: ServerProcess) -> Caller:
    """Give somebody who takes the steps of orders, over REST: not over the line."""
    return Caller(house.base_url, OWNER.account)


@pytest.fixture
def regular(house: ServerProcess) -> Caller:
    """Give a customer elsewhere, over REST."""
    return Caller(house.base_url, REGULAR.account)


@dataclass(frozen=True, slots=True)
class Tabs:
    """A customer's tabs: the order that they follow, the goods that they look at, and their cart."""

    tracker: Customer
    product: Customer
    cart: Customer
    order: str
    mug: dict[str, Any]
    jug: dict[str, Any]

    @property
    def all(self) -> tuple[Customer, ...]:
        return self.tracker, self.product, self.cart


@pytest.fixture
def tabs(shop: Shop, visitors: Visitors, shopkeeper: Shopkeeper) -> Iterator[Tabs]:
    """Give them, live; after the test each is still the page that was opened."""
    mug, jug = shopkeeper.create("Cut Mug", stock=40), shopkeeper.create("Cut Jug", stock=40)
    tracker = shop.customer(f"{mug['id'][-8:]}@example.com").put_in_cart(mug)
    tracker.check_out().place()
    tracker.number()
    tracker.pay()
    order = tracker.page.url.rsplit("/", 1)[1]
    product, cart = (
        Customer(visitors.open(f"{shop.base_url}{path}", beside=tracker.page), shop.base_url)
        for path in (f"/p/{mug['id']}", "/cart")
    )
    tabs = Tabs(tracker, product, cart.put_in_cart(jug, 2), order, mug, jug)
    for tab in tabs.all:
        tab.hears()
        keep_in_mind(tab.page)
    expect(product.stock).to_have_text("39 in stock")
    expect(tracker.step).to_contain_text("Received")
    yield tabs
    for tab in tabs.all:
        assert is_the_same(tab.page)


def keep_in_mind(page: Page) -> None:
    page.evaluate("globalThis.isTheSame = true")


def is_the_same(page: Page) -> bool:
    """Whether this page has not been loaded again."""
    return page.evaluate("globalThis.isTheSame === true") is True


def things_happen(tabs: Tabs, shopkeeper: Shopkeeper, staff: Caller) -> None:
    """Sales, other prices, and two steps of the order."""
    for _ in range(3):
        shopkeeper.sell(tabs.mug, 4)
    shopkeeper.change(tabs.mug, price=64)
    shopkeeper.change(tabs.jug, price=81)
    for status in ("processing", "shipped"):
        staff.ask("PUT", f"/api/orders/{tabs.order}/status", {"status": status})


def all_is_there(tabs: Tabs) -> None:
    """Every tab shows what has happened."""
    expect(tabs.product.stock).to_have_text("27 in stock", timeout=COMES_BACK)
    expect(tabs.product.price).to_have_text("EGP\u00a064.00", timeout=SOON)
    expect(tabs.tracker.step).to_contain_text("On its way", timeout=COMES_BACK)
    expect(tabs.tracker.page.locator(".history li")).to_have_count(3)
    expect(tabs.cart.page.locator("[data-price]")).to_contain_text("81", timeout=COMES_BACK)
    expect(tabs.cart.page.locator("[data-was]")).to_contain_text("100")
    expect(tabs.cart.page.locator("[data-total]")).to_contain_text("162")


def test_the_shoppers_pages_catch_up_when_the_line_is_mended(
    tabs: Tabs, visitors: Visitors, line: Line, shopkeeper: Shopkeeper, staff: Caller
) -> None:
    visitors.expected = UNREACHABLE
    line.cut()
    for tab in tabs.all:
        expect(tab.page.locator(".status")).to_have_text(re.compile("Reconnecting in"), timeout=SOON)
    things_happen(tabs, shopkeeper, staff)
    # What nobody could hear is not shown, and neither is it made up.
    expect(tabs.product.stock).to_have_text("39 in stock")
    expect(tabs.tracker.step).to_contain_text("Received")
    line.mend()
    all_is_there(tabs)
    for tab in tabs.all:
        tab.hears()


@pytest.mark.parametrize("loses_its_line", [False, True])
def test_the_shoppers_tabs_catch_up_when_they_wake(
    tabs: Tabs, visitors: Visitors, line: Line, shopkeeper: Shopkeeper, staff: Caller, loses_its_line: bool
) -> None:
    if loses_its_line:
        visitors.expected = UNREACHABLE
    sleepers = [tab.page.context.new_cdp_session(tab.page) for tab in tabs.all]
    for sleeper in sleepers:
        sleeper.send("Page.setWebLifecycleState", {"state": "frozen"})
    if loses_its_line:
        line.cut()
    things_happen(tabs, shopkeeper, staff)
    if loses_its_line:
        line.mend()
    for sleeper in sleepers:
        sleeper.send("Page.setWebLifecycleState", {"state": "active"})
    all_is_there(tabs)
    for tab in tabs.all:
        tab.hears()


def test_the_console_catches_up_when_the_line_is_mended(
    shop: Shop, visitors: Visitors, line: Line, shopkeeper: Shopkeeper, regular: Caller
) -> None:
    bowl = shopkeeper.create("Console Bowl", stock=40)
    chat = regular.ask("POST", "/api/support/chats", {"issue": "A bowl", "priority": "high"})["id"]
    regular.ask("POST", f"/api/support/chats/{chat}/messages", {"message": "Is it round?"})
    dashboard = shop.enter(OWNER).page
    inbox = visitors.open(f"{shop.base_url}/admin/realtime/supportchat/inbox/", beside=dashboard)
    expect(inbox.locator("#line")).to_have_attribute("data-state", "live", timeout=SOON)
    inbox.locator("#chats button").click()
    said = inbox.locator(".message")
    expect(said.last).to_contain_text("Is it round?", timeout=SOON)
    before = said.count()
    expect(inbox.locator("#beside")).to_contain_text(REGULAR.email, timeout=SOON)
    expect(dashboard.locator("[data-console-state=live]")).to_be_visible(timeout=SOON)
    orders = dashboard.locator("[data-metric=orders_today] strong")
    taken = int(orders.inner_text())
    for page in (dashboard, inbox):
        keep_in_mind(page)

    visitors.expected = UNREACHABLE
    line.cut()
    expect(dashboard.locator("[data-console-state=waiting]")).to_be_visible(timeout=SOON)
    expect(inbox.locator("#line")).to_have_attribute("data-state", "waiting", timeout=SOON)
    item = {"productId": bowl["id"], "quantity": 38}
    placed = regular.ask(
        "POST", "/api/orders", {"items": [item], "shippingAddress": "12 Nile St", "phone": "0701234567"}
    )
    regular.ask("POST", f"/api/support/chats/{chat}/messages", {"message": "And is it blue?"})
    line.mend()
    expect(dashboard.locator("[data-console-state=live]")).to_be_visible(timeout=COMES_BACK)
    expect(dashboard.locator("[hx-get$='/orders']")).to_contain_text(placed["orderNumber"], timeout=SOON)
    expect(dashboard.locator("[hx-get$='/movements']")).to_contain_text("-38", timeout=SOON)
    expect(dashboard.locator("[hx-get$='/low']")).to_contain_text("Console Bowl", timeout=SOON)
    expect(orders).to_have_text(str(taken + 1), timeout=SOON)
    expect(inbox.locator("#line")).to_have_attribute("data-state", "live", timeout=COMES_BACK)
    expect(said).to_have_count(before + 1, timeout=SOON)
    expect(said.last).to_contain_text("And is it blue?")
    # What is heard from now on is heard in it, too.
    regular.ask("POST", f"/api/support/chats/{chat}/messages", {"message": "And is it there?"})
    expect(said).to_have_count(before + 2, timeout=SOON)
    for page in (dashboard, inbox):
        assert is_the_same(page)


def test_a_chat_that_is_chosen_without_a_line_is_there_when_it_is_back(
    shop: Shop, visitors: Visitors, line: Line, regular: Caller
) -> None:
    chat = regular.ask("POST", "/api/support/chats", {"issue": "A jar", "priority": "high"})["id"]
    regular.ask("POST", f"/api/support/chats/{chat}/messages", {"message": "Is it deep?"})
    inbox = shop.enter(OWNER).go_to("Inbox").page
    expect(inbox.locator("#line")).to_have_attribute("data-state", "live", timeout=SOON)
    visitors.expected = UNREACHABLE
    line.cut()
    expect(inbox.locator("#line")).to_have_attribute("data-state", "waiting", timeout=SOON)
    inbox.locator("#chats button").click()
    expect(inbox.locator("#talk")).to_be_visible()
    expect(inbox.locator(".message")).to_have_count(0)
    line.mend()
    expect(inbox.locator(".message").last).to_contain_text("Is it deep?", timeout=COMES_BACK)
    expect(inbox.locator("#beside")).to_contain_text(REGULAR.email, timeout=SOON)
