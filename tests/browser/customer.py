"""A customer in the storefront, by its links, forms and buttons: registers, buys, pays, asks, and reviews."""

from __future__ import annotations

import re
from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from tests.browser.staff import PASSWORD, SOON


class Customer:
    """One customer's browser. ``base_url`` is where it reaches the shop."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self._base_url = base_url

    def register(self, email: str) -> Self:
        """Become a customer; the page must be that of registering."""
        for label, text in (("Name", "Dora"), ("E-mail", email), ("Phone", "0701234567")):
            self.page.get_by_label(label).fill(text)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.locator("main button.main").click()
        self.page.wait_for_url(lambda address: "/register" not in address)
        return self.hears()

    def hears(self) -> Self:
        """Wait until the page hears what happens."""
        expect(self.page.locator(".status")).to_have_attribute("data-state", "live", timeout=SOON)
        return self

    def look_at(self, product: dict[str, Any]) -> Self:
        """Open a product's page."""
        self.page.goto(f"{self._base_url}/p/{product['id']}")
        return self.hears()

    def put_in_cart(self, product: dict[str, Any], quantity: int = 1) -> Self:
        """Put so many of a product without choices into the cart, on its page."""
        self.look_at(product)
        self.page.get_by_label("Quantity").fill(str(quantity))
        self.page.get_by_role("button", name="Add to cart").click()
        self.page.wait_for_url(re.compile("/cart$"))
        expect(self.page.get_by_label(f"Quantity of {product['title']}")).to_have_value(str(quantity))
        return self

    def check_out(self) -> Self:
        """Fill in the order's form, with the provider that only pretends; it is not sent yet."""
        self.page.get_by_role("link", name="Check out").click()
        self.page.get_by_label("Delivery address").fill("12 Nile St, Cairo")
        self.page.get_by_label("Pretend payment (demo)").check()
        return self

    def place(self) -> None:
        """Send it."""
        self.page.get_by_role("button", name="Place the order").click()

    def number(self) -> str:
        """The number of the order that was placed and is to be paid."""
        heading = self.page.get_by_role("heading", name=re.compile("Pay for ORD-"))
        expect(heading).to_be_visible(timeout=SOON)
        return heading.inner_text().removeprefix("Pay for ").strip()

    def pay(self) -> Self:
        """Pretend to pay, which leads to the order's own page."""
        self.page.get_by_role("button", name="Pretend to pay").click()
        self.page.wait_for_url(re.compile(r"/orders/[^/]+$"))
        return self.hears()

    def open_bubble(self) -> Locator:
        """Open the chat beside the page; its panel."""
        self.page.get_by_role("button", name="Help").click()
        panel = self.page.locator("#chat-panel")
        expect(panel.get_by_role("textbox").first).to_be_visible(timeout=SOON)
        return panel

    def say(self, panel: Locator, text: str) -> None:
        """Write in the open chat."""
        panel.get_by_role("textbox", name="Message").fill(text)
        panel.get_by_role("textbox", name="Message").press("Enter")

    def review(self, rating: int, title: str, comment: str) -> None:
        """Write what one thinks of the product on this page."""
        self.page.locator(f".review-form input[name=rating][value='{rating}']").check(force=True)
        self.page.get_by_label("In short").fill(title)
        self.page.get_by_label("Your review").fill(comment)
        self.page.get_by_role("button", name="Send the review").click()

    @property
    def step(self) -> Locator:
        """How far the order on this page is."""
        return self.page.locator(".stages:not(.small) li[aria-current=step]")

    @property
    def stock(self) -> Locator:
        """What a product's page says there is."""
        return self.page.locator(".facts .stock")

    @property
    def price(self) -> Locator:
        """What a product's page says it costs."""
        return self.page.locator("[data-buy-part=price]")
