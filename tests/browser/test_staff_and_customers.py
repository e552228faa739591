"""A day of the staff, with those who write to them: a chat that is answered, and a review that is judged."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Shop
from tests.browser.seeing import MOST, Seeing
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.staff import HELPER, OWNER, SOON, Desk

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

CANNED = "Thank you for asking. <b>We</b> look after it."


@pytest.fixture
def owner(shop: Shop) -> Desk:
    """Give the owner at the start page, who has written down what is said often."""
    owner = shop.enter(OWNER).go_to("Canned answers")
    owner.page.locator("#main a[href$='/cannedanswer/add/']").first.click()
    owner.page.get_by_label("Title").fill("Thanks")
    owner.page.get_by_label("Text").fill(CANNED)
    owner.page.get_by_role("button", name="Save", exact=True).click()
    return owner.is_told("added successfully").go_to("Dashboard")


def test_a_chat_from_the_bubble_is_claimed_answered_and_closed(
    shop: Shop, owner: Desk, seeing: Seeing
) -> None:
    chats = owner.page.locator("[data-metric=open_support_chats] strong")
    expect(chats).to_have_text("0")
    # Support has the inbox open; a customer asks, beside the page that they are on.
    helper = shop.enter(HELPER).go_to("Inbox")
    desk = helper.page
    expect(desk.locator("#line")).to_have_attribute("data-state", "live", timeout=SOON)
    customer = shop.customer("asks@example.com")
    panel = customer.open_bubble()
    panel.get_by_label("What is it about?").fill("My <i>parcel</i>")
    with seeing("a new chat, in the inbox"):
        panel.get_by_role("button", name="Open a chat").click()
        expect(desk.locator("#chats button")).to_contain_text("My <i>parcel</i>", timeout=MOST)
    expect(chats).to_have_text("1", timeout=MOST)
    customer.page.goto(customer.page.url.replace("/support", "/cart"))
    customer.hears()
    panel = customer.open_bubble()
    with seeing("a customer's message, in the inbox"):
        customer.say(panel, "Where is it?")
        expect(desk.locator("#chats .unread")).to_have_text("1", timeout=MOST)
    desk.locator("#chats button").click()
    expect(desk.locator(".message")).to_contain_text("Where is it?", timeout=SOON)
    expect(desk.locator("#beside")).to_contain_text("asks@example.com", timeout=SOON)

    # Claimed, answered with what is often said and with words of one's own, and closed.
    desk.get_by_role("button", name="Claim").click()
    expect(panel.locator("[data-chat=claimed]")).to_be_visible(timeout=MOST)
    expect(panel.locator(".chat-head")).to_contain_text(HELPER.name)
    desk.get_by_label("Canned answers").select_option("Thanks")
    with seeing("an answer, in the bubble"):
        desk.get_by_role("button", name="Send").click()
        expect(panel.locator(".messages li")).to_have_count(2, timeout=MOST)
    expect(panel.locator(".messages li").last).to_contain_text(CANNED)
    desk.get_by_label("Answer", exact=True).fill("It comes tomorrow.")
    desk.get_by_role("button", name="Send").click()
    expect(panel.locator(".messages li")).to_have_count(3, timeout=MOST)
    desk.get_by_role("button", name="Close", exact=True).click()
    expect(panel.locator("[data-chat=closed]")).to_be_visible(timeout=MOST)
    expect(chats).to_have_text("0", timeout=MOST)
    # The way on for who has another question; and nothing that was written has become markup.
    expect(panel.get_by_role("link", name="Open a new chat")).to_be_visible()
    expect(customer.page.locator(".messages b:text-is('We'), .chat-head i")).to_have_count(0)


def test_a_review_appears_when_it_was_approved_and_not_before(
    shop: Shop, shopkeeper: Shopkeeper, seeing: Seeing
) -> None:
    kettle = shopkeeper.create("Judged Kettle", stock=9)
    customer = shop.customer("reviews@example.com").look_at(kettle)
    onlooker = shop.guest().look_at(kettle)
    customer.review(4, "Boils <b>well</b>", "Twice a day, for a month.")
    expect(customer.page.locator(".own-review")).to_contain_text("waiting for approval", timeout=SOON)
    reviews = onlooker.page.locator("#reviews")
    expect(reviews).to_contain_text("No reviews yet.")
    beside_the_name = onlooker.page.locator(".facts .rating")
    expect(beside_the_name).to_be_hidden()
    helper = shop.enter(HELPER).go_to("Reviews")
    expect(helper.row("Judged Kettle", "Boils <b>well</b>")).to_contain_text("Pending")
    with seeing("an approved review, on the product's page"):
        helper.do_with_chosen("Approve the selected reviews")
        expect(reviews.locator(".review")).to_have_count(1, timeout=MOST)
    expect(reviews.locator(".review")).to_contain_text("Boils <b>well</b>")
    expect(reviews.locator(".rating")).to_contain_text("of 1 review")
    expect(beside_the_name).to_contain_text("4 Reviews: (1)")
    helper.is_told("1 approved")

    # Who judged it is in the trail, for the owner.
    owner = shop.enter(OWNER).go_to("Audit trail")
    expect(owner.row(HELPER.email, "review")).to_contain_text("approved")
    helper.do_with_chosen("Reject the selected reviews").is_told("1 rejected")
    customer.look_at(kettle)
    expect(customer.page.locator(".own-review")).to_contain_text("was not published")
