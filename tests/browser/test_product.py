"""A product's page in a real browser: what is chosen, what it costs, and how much there is at this second."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from config.kernel.clock import iso
from tests.browser.conftest import Visitors
from tests.browser.customer import Customer
from tests.browser.line import Line
from tests.browser.seeing import MOST, Seeing, write_down, written_down
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.test_shop import card, is_live, shoe
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

Visit = Callable[..., Page]


def path_of(product: dict[str, Any]) -> str:
    return f"/p/{product['id']}"


def test_a_sale_shows_by_itself_in_two_browsers(visit: Visit, shopkeeper: Shopkeeper, seeing: Seeing) -> None:
    product = shoe(shopkeeper, "Paged Runner")
    pages = [visit(path_of(product)), visit(path_of(product))]
    for page in pages:
        is_live(page)
        expect(page.locator(".facts .stock")).to_have_text("40 in stock")
    # One has chosen what is sold, the other has not.
    pages[0].locator(".swatch[title=Navy]").click()
    pages[0].locator(".variants .chip:visible", has_text="42").click()
    expect(pages[0].locator(".facts .stock")).to_have_text("10 in stock")
    with seeing("a sale on two product pages"):
        shopkeeper.sell(product, 8, size="42", color="Navy")
        expect(pages[0].locator(".facts .stock")).to_have_text("Only 2 left", timeout=MOST)
        expect(pages[1].locator(".facts .stock")).to_have_text("32 in stock", timeout=MOST)
    expect(pages[0].locator(".variants .chip:visible", has_text="42")).to_have_attribute("data-level", "low")
    shopkeeper.sell(product, 2, size="42", color="Navy")
    add = pages[0].get_by_role("button", name="Add to cart")
    expect(pages[0].locator(".facts .stock")).to_have_text("Sold out", timeout=MOST)
    expect(add).to_be_disabled()
    expect(pages[0].locator("[data-buy-part=spoken]")).to_contain_text("Paged Runner: sold out")
    shopkeeper.count(product, 30, size="42", color="Navy")
    expect(pages[0].locator(".facts .stock")).to_have_text("30 in stock", timeout=MOST)
    expect(add).to_be_enabled()


def test_a_guests_page_fills_the_cart_after_a_sign_in_in_another_tab(
    visit: Visit, shopkeeper: Shopkeeper, server: ServerProcess
) -> None:
    product = shopkeeper.create("Two Tabs Mug", price=10, stock=3)
    page = visit(path_of(product))
    is_live(page)
    other = page.context.new_page()
    other.goto(f"{server.base_url}/register")
    Customer(other, server.base_url).register("two-tabs@example.com")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart")
    expect(page.locator("main")).to_contain_text("Two Tabs Mug")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(1)


def test_choices_are_picked_with_the_keyboard_and_make_the_price(
    visit: Visit, shopkeeper: Shopkeeper
) -> None:
    cake = shopkeeper.create(
        "Picked Cake",
        price=420,
        stock=9,
        flavors=[{"name": "Vanilla"}, {"name": "Hazelnut", "priceMultiplier": 1.15}],
        sizes=[{"name": "1/2 kg"}, {"name": "1 kg", "servings": "8-10", "priceMultiplier": 1.8}],
    )
    page = visit(path_of(cake))
    is_live(page)
    price = page.locator("[data-buy-part=price]")
    expect(price).to_have_text("EGP\u00a0420.00")
    page.get_by_role("radio", name="Vanilla").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Hazelnut")).to_be_checked()
    expect(price).to_have_text("EGP\u00a0483.00")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(price).to_have_text("EGP\u00a0869.40")
    # What is fetched afresh keeps what was chosen, and where the keyboard is.
    page.get_by_label("Quantity").fill("3")
    page.get_by_role("radio", name="1 kg").focus()
    shopkeeper.change(cake, price=400)
    expect(price).to_have_text("EGP\u00a0828.00", timeout=MOST)
    expect(page.get_by_role("radio", name="1 kg")).to_be_focused()
    expect(page.get_by_label("Quantity")).to_have_value("3")


def test_another_colour_takes_back_the_size_of_the_first(visit: Visit, shopkeeper: Shopkeeper) -> None:
    product = shoe(shopkeeper, "Two-colour Runner")
    page = visit(path_of(product))
    is_live(page)
    page.locator(".variants .chip:visible", has_text="41").click()
    expect(page.locator("[name=variantId]:checked")).to_have_count(1)
    assert "variantId=" in page.url
    page.locator(".swatch[title=Navy]").click()
    expect(page.locator("[name=variantId]:checked")).to_have_count(0)
    expect(page.locator(".facts .stock")).to_have_text("40 in stock")
    # The browser itself asks for a size, and nothing is sent without.
    page.get_by_role("button", name="Add to cart").click()
    assert page.locator("form.buy").evaluate("form => form.matches(':invalid')")
    page.locator(".variants .chip:visible", has_text="42").click()
    page.reload()
    expect(page.locator(".swatch:has(:checked)")).to_have_attribute("title", "Navy")
    expect(page.locator(".facts .stock")).to_have_text("10 in stock")


def test_a_flash_sale_counts_down_and_is_over_by_itself(
    visit: Visit, shopkeeper: Shopkeeper, server: ServerProcess
) -> None:
    made = server.manage("issue_token", "staff@example.com", "--create", "--role", "admin")
    cake = shopkeeper.create("Timed Cake", price=100, stock=9)
    page, grid = visit(path_of(cake)), visit("/?search=Timed+Cake")
    is_live(page)
    is_live(grid)
    price = page.locator("[data-buy-part=price]")
    expect(price).to_have_text("EGP\u00a0100.00")
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=6)
    sale = {
        "name": "Flash",
        "discountPercentage": 25,
        "startTime": iso(dt.datetime.now(dt.UTC)),
        "endTime": iso(ends),
        "products": [cake["id"]],
    }
    write_down(page, "[data-buy-part=countdown]")
    Shopkeeper(server.base_url, token=made.stdout.strip()).plan_sale(sale)
    expect(price).to_have_text("EGP\u00a075.00", timeout=MOST)
    expect(page.locator("[data-buy-part=before]")).to_contain_text("100.00")
    expect(card(grid, "Timed Cake").locator(".price")).to_contain_text("75.00")
    expect(price).to_have_text("EGP\u00a0100.00", timeout=2 * MOST)
    expect(page.locator("[data-buy-part=countdown]")).to_have_count(0)
    runs_down = [f"ends in 0:0{seconds}" for seconds in (6, 5, 4, 3, 2, 1, 0)]
    texts = written_down(page)
    assert len(texts) > 1
    assert texts == [text for text in runs_down if text in texts]
    expect(card(grid, "Timed Cake").locator("[data-part=before]")).to_be_hidden()


def test_what_it_is_called_and_said_to_be_follows_too(visit: Visit, shopkeeper: Shopkeeper) -> None:
    cake = shopkeeper.create("Plain Cake", stock=9)
    page = visit(path_of(cake))
    is_live(page)
    expect(page.locator(".description")).to_be_hidden()
    shopkeeper.change(cake, title="Fancy <b>Cake", description="With a cherry.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fancy <b>Cake", timeout=MOST)
    expect(page.locator(".description")).to_have_text("With a cherry.")
    expect(page).to_have_title("Fancy <b>Cake · Stockwire")


def test_a_product_that_goes_says_so(visit: Visit, shopkeeper: Shopkeeper, visitors: Visitors) -> None:
    visitors.expected = ("404",)
    cake = shopkeeper.create("Going Cake", stock=9)
    page = visit(path_of(cake))
    is_live(page)
    shopkeeper.delete(cake)
    expect(page.get_by_text("This product is no longer sold.")).to_be_visible(timeout=MOST)
    expect(page.locator("form.buy")).to_have_count(0)


def test_the_way_from_the_grid_leads_there_without_javascript_too(
    visit: Visit, visitors: Visitors, line: Line, shopkeeper: Shopkeeper
) -> None:
    product = shoe(shopkeeper, "Plain Runner", description="Runs.\n\nFar.")
    page = visit("/?search=Plain+Runner", java_script_enabled=False)
    page.get_by_role("link", name="Plain Runner").click()
    assert page.url == line.base_url + path_of(product)
    expect(page.get_by_role("radio")).to_have_count(4)
    page.get_by_role("radio", name="42").last.check(force=True)
    assert page.locator("form.buy").evaluate("form => new FormData(form).get('variantId')") in {
        variant["id"]
        for variant in product["variants"]  # type: ignore[attr-defined]  # JSON
    }


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["en-GB", "ar-EG"])
def test_nothing_is_wider_than_the_screen(
    visit: Visit, shopkeeper: Shopkeeper, width: int, language: str
) -> None:
    title = f"Unbreakablynamedrunnerwithoutanyspaceinit{width}"
    product = shoe(shopkeeper, title, description="W" * 200, flavors=[{"name": "F" * 60}])
    page = visit(path_of(product), viewport={"width": width, "height": 800}, locale=language)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
