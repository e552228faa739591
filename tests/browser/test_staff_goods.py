"""A day of the staff, at the goods: prices, deliveries, counts, transfers and sales, seen by all at once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Shop
from tests.browser.seeing import MOST, Seeing
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.staff import EDITOR, KEEPER, OWNER, SOON, Desk

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

PRICE = "EGP\u00a0{:.2f}"


def level_of(desk: Desk, title: str, place: str = "main") -> Desk:
    """Open the level of a product at a place, by the list and its search."""
    desk.go_to("Levels").look_for(title)
    return desk.open(title, place)


def test_an_editor_corrects_a_price_and_the_trail_says_so(
    shop: Shop, shopkeeper: Shopkeeper, seeing: Seeing
) -> None:
    pot = shopkeeper.create("Chalk Teapot", price=100, stock=9)
    onlooker = shop.guest().look_at(pot)
    expect(onlooker.price).to_have_text(PRICE.format(100))
    editor = shop.enter(EDITOR)
    editor.go_to("Products").look_for("Chalk Teapot").open("Chalk Teapot")
    # Each has what belongs to their work, and nothing else.
    expect(editor.listed("Users")).to_have_count(0)
    assert editor.offered() == ["Stock levels"]
    editor.page.get_by_role("link", name="Prices").click()
    editor.page.locator("[name=prices-0-amount]").fill("85.50")
    with seeing("a price, on the product's page"):
        editor.page.get_by_role("button", name="Save", exact=True).click()
        expect(onlooker.price).to_have_text(PRICE.format(85.5), timeout=MOST)
    editor.is_told("Chalk Teapot")

    # The owner reads who did it: in the product's history, and in the trail of all.
    owner = shop.enter(OWNER)
    owner.go_to("Products").look_for("Chalk Teapot").open("Chalk Teapot")
    owner.page.locator("#main a[href*='/history/']").click()
    entries = owner.page.locator("[data-entry]", has_text=EDITOR.email).filter(has_text="by admin")
    for amount in ("100", "85.5"):
        expect(entries.filter(has_text=amount)).to_have_count(1)
    owner.go_to("Audit trail")
    expect(owner.row(EDITOR.email, "85.5")).to_have_count(1)


def test_a_delivery_comes_in_and_a_count_of_the_past_is_refused(
    shop: Shop, shopkeeper: Shopkeeper, seeing: Seeing
) -> None:
    cup = shopkeeper.create("Counted Cup", stock=4)
    onlooker = shop.guest().look_at(cup)
    expect(onlooker.stock).to_have_text("Only 4 left")
    keeper = level_of(shop.enter(KEEPER), "Counted Cup")
    keeper.choose("Adjust")
    with seeing("a delivery, on the product's page"):
        keeper.send("Adjust", {"quantity": 24, "reason": "Delivery of Monday"})
        expect(onlooker.stock).to_have_text("24 in stock", timeout=MOST)
    keeper.is_told("at main: done")

    # One is sold while they count: the figure on their screen is no longer true, and nothing is changed.
    level_of(keeper, "Counted Cup").choose("Adjust")
    shopkeeper.sell(cup, 1)
    keeper.send("Adjust", {"quantity": 22, "reason": "Shelf count"})
    keeper.is_told("The figure has changed since it was read").is_told("on hand 23, of it held 0")
    expect(onlooker.stock).to_have_text("23 in stock")
    keeper.send("Adjust", {"quantity": 22, "reason": "Shelf count"}).is_told("at main: done")
    expect(onlooker.stock).to_have_text("22 in stock", timeout=MOST)

    # Every figure can be explained, entry by entry, with who and why.
    level_of(keeper, "Counted Cup").choose("Why this figure?")
    entries = keeper.page.get_by_role("region", name="Entries").locator("tbody tr")
    expect(entries).to_have_count(4)
    made_up = (("-1", "22", "Shelf count"), ("-1", "23"), ("+20", "24", "Delivery of Monday"), ("+4", "4"))
    for row, said in zip(entries.all(), made_up, strict=True):
        for text in said:
            expect(row).to_contain_text(text)


def test_a_stock_take_asks_again_for_what_has_moved(shop: Shop, shopkeeper: Shopkeeper) -> None:
    bowls = [shopkeeper.create(f"Taken Bowl {name}", stock=10) for name in ("Ash", "Oak")]
    keeper = shop.enter(KEEPER).go_to("Stock-take")
    keeper.page.locator("select[name=location]").select_option("main")
    keeper.page.get_by_label("SKU or title contains").fill("Taken Bowl")
    keeper.page.get_by_role("button", name="Show").click()
    lines = keeper.page.locator(".console-rows tbody tr")
    expect(lines).to_have_count(2, timeout=SOON)
    for name, counted in (("Ash", "8"), ("Oak", "9")):
        lines.filter(has_text=f"Taken Bowl {name}").get_by_label("Counted of").fill(counted)
    shopkeeper.sell(bowls[1], 3)
    keeper.page.get_by_role("button", name="Take what was counted").click()
    keeper.is_told("1 counted, 1 of them changed").is_told("1 to be counted again")
    # The one that moved stands there with its present figure; the other is done.
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Taken Bowl Oak")
    expect(lines.locator("td.number").first).to_have_text("7")
    expect(shop.guest().look_at(bowls[1]).stock).to_have_text("7 in stock")
    lines.get_by_label("Counted of").fill("6")
    keeper.page.get_by_role("button", name="Take what was counted").click()
    keeper.is_told("1 counted, 1 of them changed")
    for bowl, left in zip(bowls, (8, 6), strict=True):
        expect(shop.guest().look_at(bowl).stock).to_have_text(f"{left} in stock")


def test_goods_go_to_another_place_and_none_are_lost(shop: Shop, shopkeeper: Shopkeeper) -> None:
    tray = shopkeeper.create("Moved Tray", stock=12)
    onlooker = shop.guest().look_at(tray)
    keeper = shop.enter(KEEPER).go_to("Locations")
    keeper.page.locator("#main a[href$='/location/add/']").first.click()
    keeper.page.get_by_label("Code").fill("backroom")
    keeper.page.get_by_label("Name").fill("Back room")
    keeper.page.get_by_role("button", name="Save", exact=True).click()
    keeper.is_told("added successfully")
    level_of(keeper, "Moved Tray").choose("Transfer")
    keeper.send("Transfer", {"quantity": 13, "target": "backroom", "reason": "Too many"})
    keeper.is_told("on hand 12, of it held 0")
    keeper.send("Transfer", {"quantity": 5, "target": "backroom", "reason": "For the morning"})
    keeper.is_told("at main: done")
    keeper.go_to("Levels").look_for("Moved Tray")
    expect(keeper.row("Moved Tray", "main").locator(".field-on_hand")).to_have_text("7")
    expect(keeper.row("Moved Tray", "backroom").locator(".field-on_hand")).to_have_text("5")
    expect(onlooker.stock).to_have_text("12 in stock")


def test_a_flash_sale_is_planned_and_counts_down_before_the_customers_eyes(
    shop: Shop, shopkeeper: Shopkeeper, seeing: Seeing
) -> None:
    lamp = shopkeeper.create("Flash Lamp", price=200, stock=9)
    onlooker = shop.guest().look_at(lamp)
    expect(onlooker.price).to_have_text(PRICE.format(200))
    editor = shop.enter(EDITOR).go_to("Flash sales")
    editor.page.locator("#main a[href$='/flashsale/add/']").first.click()
    editor.page.get_by_label("Name").fill("Evening sale")
    editor.page.get_by_label("Discount percentage").fill("25")
    now = dt.datetime.now(dt.UTC)
    for name, moment in (
        ("starts_at", now - dt.timedelta(minutes=1)),
        ("ends_at", now + dt.timedelta(minutes=9)),
    ):
        editor.page.locator(f"[name={name}_0]").fill(f"{moment:%Y-%m-%d}")
        editor.page.locator(f"[name={name}_1]").fill(f"{moment:%H:%M:%S}")
    editor.page.locator(".select2-selection").click()
    editor.page.locator(".select2-search__field").fill("Flash Lamp")
    editor.page.locator(".select2-results__option", has_text="Flash Lamp").click()
    preview = editor.page.locator("#sale-preview")
    expect(preview.locator("tbody tr")).to_have_count(1, timeout=SOON)
    expect(preview).to_contain_text("150")
    with seeing("a flash sale, on the product's page"):
        editor.page.get_by_role("button", name="Save", exact=True).click()
        expect(onlooker.price).to_have_text(PRICE.format(150), timeout=MOST)
    expect(onlooker.page.locator("[data-buy-part=before]")).to_contain_text("200.00")
    clock = onlooker.page.locator("[data-buy-part=countdown]")
    expect(clock).to_have_text(re.compile(r"ends in [78]:\d\d"))
    shown = clock.inner_text()
    expect(clock).not_to_have_text(shown, timeout=MOST)
    editor.is_told("Evening sale")

    # Ended by hand, it is over there at once.
    editor.open("Evening sale")
    editor.page.locator("#main a[href*='/delete/']").click()
    with seeing("the end of a sale, on the product's page"):
        editor.page.locator("#main form [type=submit]").click()
        expect(onlooker.price).to_have_text(PRICE.format(200), timeout=MOST)
    expect(clock).to_have_count(0)
