"""A shopper's own pages in a real browser: they follow, on every device, whatever happens elsewhere."""

from __future__ import annotations

import datetime as dt
import json
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.seeing import MOST
from tests.browser.shopkeeper import TIMEOUT, Shopkeeper
from tests.browser.test_shop import is_live
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

Visit = Callable[..., Page]
PASSWORD = "Grey-heron-42"
SOON = 10_000
PUT_IN = """async (product) => {
  const said = new FormData();
  said.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  said.set("productId", product);
  return (await fetch("/cart/items", {method: "POST", body: said})).status;
}"""


@dataclass(frozen=True, slots=True)
class Staff:
    """Acts over REST, as the console of a shop would."""

    base_url: str
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.base_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def staff(server: ServerProcess) -> Staff:
    """Give somebody who moves orders and answers chats."""
    issued = server.manage("issue_token", "staff@example.com", "--create", "--role", "admin")
    assert issued.returncode == 0, issued.stderr
    return Staff(server.base_url, issued.stdout.strip())


def register(page: Page, email: str) -> None:
    page.get_by_label("Name").fill("Dora")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Phone").fill("0701234567")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main button.main").click()


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main button.main").click()


def ordered(page: Page, product: dict[str, Any]) -> str:
    """Order it on the checkout page, with a double click; the order's id."""
    assert page.evaluate(PUT_IN, product["id"]) == 200
    page.goto(re.sub(r"/[^/]*$", "/checkout", page.url))
    page.get_by_label("Delivery address").fill("12 Nile St, Cairo")
    page.get_by_role("button", name="Place the order").dblclick()
    expect(page.get_by_role("heading", name=re.compile("Order ORD-"))).to_be_visible(timeout=10_000)
    return page.url.rsplit("/", 1)[1]


def test_a_cart_follows_on_two_devices(visit: Visit, shopkeeper: Shopkeeper) -> None:
    mug = shopkeeper.create("Followed Mug", stock=20)
    here = visit("/register?next=/cart")
    register(here, "two@example.com")
    there = visit("/sign-in?next=/cart")
    sign_in(there, "two@example.com")
    for page in (here, there):
        expect(page.locator("main")).to_contain_text("Your cart is empty.")
        is_live(page)
    assert here.evaluate(PUT_IN, mug["id"]) == 200
    field = "Quantity of Followed Mug"
    for page in (here, there):
        expect(page.get_by_label(field)).to_have_value("1", timeout=MOST)
        expect(page.locator("[data-count=cart]")).to_have_text("1")
    here.get_by_role("button", name="One more of Followed Mug").click()
    expect(here.get_by_label(field)).to_have_value("2", timeout=SOON)
    expect(there.get_by_label(field)).to_have_value("2", timeout=MOST)
    # Who types is not interrupted, and sees it afterwards.
    there.get_by_label(field).fill("7")
    here.get_by_role("button", name="One more of Followed Mug").click()
    expect(here.get_by_label(field)).to_have_value("3", timeout=SOON)
    expect(there.locator("[data-count=cart]")).to_have_text("3", timeout=MOST)
    expect(there.get_by_label(field)).to_have_value("7")
    there.get_by_label(field).press("Enter")
    expect(there.locator("[data-count=cart]")).to_have_text("7", timeout=SOON)
    expect(here.get_by_label(field)).to_have_value("7", timeout=MOST)
    expect(here.locator("[data-announcer]")).to_contain_text("7 items in your cart")
    there.get_by_role("button", name="Remove Followed Mug").click()
    expect(there.locator("main")).to_contain_text("Your cart is empty.", timeout=SOON)
    expect(here.locator("main")).to_contain_text("Your cart is empty.", timeout=MOST)
    expect(there.get_by_role("heading", name="Cart")).to_be_focused()


def test_a_price_that_changes_is_shown_beside_what_it_was(visit: Visit, shopkeeper: Shopkeeper) -> None:
    mug = shopkeeper.create("Repriced Mug", stock=20)
    page = visit("/register?next=/cart")
    register(page, "prices@example.com")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")
    assert page.evaluate(PUT_IN, mug["id"]) == 200
    page.reload()
    is_live(page)
    shopkeeper.change(mug, price=75)
    expect(page.locator("[data-price]")).to_contain_text("75", timeout=MOST)
    expect(page.locator("[data-was]")).to_contain_text("100")
    shopkeeper.sell(mug, 20)
    expect(page.locator("main")).to_contain_text("Not available like this", timeout=MOST)


def test_an_order_is_followed_through_its_four_steps(
    visit: Visit, shopkeeper: Shopkeeper, staff: Staff
) -> None:
    mug = shopkeeper.create("Tracked Mug", stock=20)
    page = visit("/register?next=/cart")
    register(page, "tracks@example.com")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")
    order_id = ordered(page, mug)
    is_live(page)
    assert len(staff.ask("GET", "/api/orders?search=tracks@example.com")) == 1
    here = page.locator(".stages li[aria-current=step]")
    expect(here).to_contain_text("Received")
    expect(page.get_by_text("Cancel the order")).to_be_visible()
    for status, words in (
        ("processing", "In the making"),
        ("shipped", "On its way"),
        ("delivered", "Delivered"),
    ):
        staff.ask("PUT", f"/api/orders/{order_id}/status", {"status": status})
        expect(here).to_contain_text(words, timeout=SOON)
        expect(page.locator("[data-announcer]")).to_contain_text(f"Order: {words}.")
    expect(page.locator("[data-payment]")).to_have_text("Paid")
    expect(page.get_by_text("Cancel the order")).to_have_count(0)
    expect(page.locator(".toast").last).to_contain_text("Payment received", timeout=SOON)
    page.get_by_role("button", name="Dismiss").first.click()


def test_a_chat_is_answered_live_and_the_bubble_says_so(visit: Visit, staff: Staff) -> None:
    page = visit("/register?next=/support")
    register(page, "chats@example.com")
    page.get_by_label("What is it about?").fill("My parcel")
    page.get_by_role("button", name="Open a chat").click()
    is_live(page)
    page.get_by_role("textbox", name="Message").fill("Where is it?")
    page.get_by_role("textbox", name="Message").press("Enter")
    said = page.locator(".messages li")
    expect(said).to_have_count(1, timeout=SOON)
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    chat = staff.ask("GET", "/api/support/chats?status=open")[0]["id"]
    staff.ask("POST", f"/api/support/chats/{chat}/messages", {"message": "On its <b>way</b>"})
    expect(said).to_have_count(2, timeout=SOON)
    expect(said.last).to_contain_text("On its <b>way</b>")
    staff.ask("PUT", f"/api/support/chats/{chat}/status", {"status": "claimed"})
    expect(page.locator("[data-chat=claimed]")).to_be_visible(timeout=SOON)
    page.goto(page.url.replace("/support", "/account"))
    is_live(page)
    staff.ask("POST", f"/api/support/chats/{chat}/messages", {"message": "Anything else?"})
    expect(page.locator(".toast")).to_contain_text("Anything else?", timeout=SOON)
    expect(page.locator("[data-count=chat]")).to_have_text("1", timeout=SOON)
    page.get_by_role("button", name="Help").click()
    expect(said).to_have_count(3, timeout=SOON)
    expect(page.locator("[data-count=chat]")).to_have_count(0)
    expect(page.locator(".toast")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Help")).to_be_focused()
    expect(page.locator(".chat-panel")).to_be_hidden()


def test_what_is_said_without_a_connection_is_sent_once_when_there_is_one(
    visit: Visit, visitors: Visitors, staff: Staff
) -> None:
    visitors.expected = ("ERR_INTERNET_DISCONNECTED", "htmx:")  # it prints what could not be sent
    page = visit("/register?next=/support")
    register(page, "offline@example.com")
    page.get_by_label("What is it about?").fill("My parcel")
    page.get_by_role("button", name="Open a chat").click()
    field = page.locator("[data-composer] textarea")
    expect(field).to_be_visible(timeout=10_000)
    page.context.set_offline(True)
    field.fill("Are you there?")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("It will be sent when there is one again")
    expect(field).to_have_value("Are you there?")
    page.context.set_offline(False)
    expect(page.locator(".messages li")).to_have_count(1, timeout=SOON)
    expect(field).to_have_value("")
    chat = staff.ask("GET", "/api/support/chats?status=open")[0]["id"]
    assert len(staff.ask("GET", f"/api/support/chats/{chat}/messages")) == 1


def test_a_guests_cart_follows_in_all_tabs(visit: Visit, shopkeeper: Shopkeeper) -> None:
    mug = shopkeeper.create("Tabbed Mug", stock=20)
    here = visit("/cart")
    there, start = here.context.new_page(), here.context.new_page()
    there.goto(here.url)
    start.goto(here.url.replace("/cart", "/"))
    # By a form that leads to another page, as without scripts.
    here.goto(here.url.replace("/cart", f"/p/{mug['id']}"))
    here.get_by_role("button", name="Add to cart").click()
    field = "Quantity of Tabbed Mug"
    for page in (here, there):
        expect(page.get_by_label(field)).to_have_value("1", timeout=SOON)
    expect(start.locator("[data-count=cart]")).to_have_text("1", timeout=SOON)
    # And by what is fetched.
    there.get_by_role("button", name="One more of Tabbed Mug").click()
    expect(here.get_by_label(field)).to_have_value("2", timeout=SOON)
    expect(start.locator("[data-count=cart]")).to_have_text("2", timeout=SOON)
    here.get_by_role("button", name="Remove Tabbed Mug").click()
    expect(there.locator("main")).to_contain_text("Your cart is empty.", timeout=SOON)
    expect(start.locator("[data-count=cart]")).to_have_count(0, timeout=SOON)


SEEN = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""


def reach(page: Page, name: str, *, most: int = 40) -> None:
    """Go by the keyboard to the button, link or field of this name, which shows that it has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """(name) => {
              const { activeElement: at } = document;
              const said = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.innerText;
              return said.trim() === name;
            }""",
            name,
        )
        if found:
            assert page.evaluate(SEEN), f"{name} does not show that it is focused"
            return
    raise AssertionError(f"{name} was not reached on {page.url}")


def test_all_the_way_to_an_order_by_the_keyboard_alone(visit: Visit, shopkeeper: Shopkeeper) -> None:
    mug = shopkeeper.create("Typed Mug", stock=20)
    page = visit("/?search=Typed+Mug")
    reach(page, "Skip to the content", most=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    # The card shows the focus of its link.
    page.get_by_role("link", name="Typed Mug").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/{mug['id']}")
    reach(page, "Add to cart")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart")
    reach(page, "Check out")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in"))
    reach(page, "Create an account")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/register"))
    reach(page, "Name")
    for number, said in enumerate(("Dora", "keys@example.com", "0701234567", PASSWORD)):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(said)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"//[^/]+/checkout$"))
    reach(page, "Delivery address")
    page.keyboard.type("12 Nile St, Cairo")
    reach(page, "Place the order")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Order ORD-"))).to_be_visible(timeout=10_000)
    # Until its module has come it is a link to a page.
    expect(page.get_by_role("button", name="Help")).to_be_visible(timeout=10_000)
    reach(page, "Help")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What is it about?")).to_be_focused(timeout=10_000)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Help")).to_be_focused()


def test_help_covers_nothing_that_is_pressed_to_buy(visit: Visit, shopkeeper: Shopkeeper) -> None:
    mug = shopkeeper.create("Covered Mug", stock=20)
    page = visit("/register?next=/cart", viewport={"width": 390, "height": 844}, timezone_id="Africa/Cairo")
    register(page, "covered@example.com")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")
    assert page.evaluate(PUT_IN, mug["id"]) == 200
    for path, name in (
        (f"/p/{mug['id']}", "Add to cart"),
        ("/cart", "Check out"),
        ("/checkout", "Place the order"),
    ):
        page.goto(re.sub(r"(//[^/]+)/.*", rf"\1{path}", page.url))
        pressed = page.locator("main .main", has_text=name)
        for _ in range(40):
            covered = pressed.evaluate(
                """(one) => {
                  const { left, right, top, bottom } = one.getBoundingClientRect();
                  const y = (top + bottom) / 2;
                  return [left + 4, right - 4].some((x) => {
                    const there = document.elementFromPoint(x, y);
                    return there !== null && there.closest("[data-bubble]") !== null;
                  });
                }"""
            )
            assert not covered, path
            page.mouse.wheel(0, 40)
    # Moments are the visitor's own.
    order_id = ordered(page, mug)
    moment = page.locator(".stages time").first
    ours = dt.datetime.fromisoformat(str(moment.get_attribute("datetime"))).astimezone(
        ZoneInfo("Africa/Cairo")
    )
    expect(moment).to_have_text(f"{ours.day} {ours:%b %Y, %H:%M}")
    assert order_id in page.url
