"""The shop's page in a real browser: it shows what is there, and what changes, as it changes."""

import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from realtime.pages.home import PAGE_SIZE
from tests.browser.conftest import LOW_STOCK, Visitors
from tests.browser.seeing import MOST, Seeing
from tests.browser.shopkeeper import Shopkeeper

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

Visit = Callable[..., Page]


def card(page: Page, title: str) -> Locator:
    """Find the card of one product."""
    return page.locator("article.card", has=page.get_by_role("heading", name=title, exact=True))


def is_live(page: Page) -> None:
    """Wait until the page hears every change."""
    expect(page.locator(".status")).to_have_attribute("data-state", "live", timeout=10_000)


def shoe(shopkeeper: Shopkeeper, title: str, **fields: object) -> dict[str, object]:
    """Create a shoe in two colours and two sizes."""
    variants = [
        {"size": size, "colorVariants": [{"color": color, "stock": 10} for color in ("Black", "Navy")]}
        for size in ("41", "42")
    ]
    return shopkeeper.create(title, category="Shoes", sizeVariants=variants, **fields)


def test_it_shows_products_with_price_stock_and_variants(visit: Visit, shopkeeper: Shopkeeper) -> None:
    shoe(shopkeeper, "Shown Runner", price=1250.5)
    shopkeeper.create(
        "Shown Cake", category="Bakery", stock=30, flavors=[{"name": "Vanilla"}, {"name": "Fig"}]
    )
    page = visit()
    runner = card(page, "Shown Runner")
    expect(runner.locator(".price")).to_contain_text("1,250.50")
    expect(runner.locator(".stock")).to_contain_text("40 in stock")
    expect(runner.locator(".swatch")).to_have_count(2)
    expect(runner.locator(".chip .label")).to_have_text(["41", "42"])
    cake = card(page, "Shown Cake")
    expect(cake.locator(".stock")).to_contain_text("30 in stock")
    expect(cake.locator(".options")).to_contain_text("Vanilla, Fig")
    expect(cake.locator(".badge")).to_be_hidden()


def test_a_sale_shows_by_itself_in_two_browsers(visit: Visit, shopkeeper: Shopkeeper, seeing: Seeing) -> None:
    product = shoe(shopkeeper, "Sold Runner")
    pages = [visit(), visit()]
    for page in pages:
        is_live(page)
        expect(card(page, "Sold Runner").locator(".stock")).to_contain_text("40 in stock")
    with seeing("a sale on two shop pages"):
        shopkeeper.sell(product, 3, size="42", color="Navy")
        for page in pages:
            expect(card(page, "Sold Runner").locator(".stock")).to_contain_text("37 in stock", timeout=MOST)


def test_a_page_on_which_nothing_happens_stands_still(visit: Visit, shopkeeper: Shopkeeper) -> None:
    shopkeeper.create("Still Mug", stock=20)
    page = visit()
    is_live(page)
    expect(card(page, "Still Mug")).to_be_visible()
    repeats = page.evaluate("document.getAnimations().map((it) => it.effect.getComputedTiming().iterations)")
    assert all(math.isfinite(number) for number in repeats), "what moves for ever keeps a processor busy"


def test_badges_follow_the_stock(visit: Visit, shopkeeper: Shopkeeper) -> None:
    product = shopkeeper.create("Last Cake", stock=LOW_STOCK + 1)
    page = visit()
    is_live(page)
    badge = card(page, "Last Cake").locator(".badge")
    expect(badge).to_be_hidden()
    shopkeeper.sell(product, 1)
    expect(badge).to_have_text(f"Only {LOW_STOCK} left", timeout=MOST)
    shopkeeper.sell(product, LOW_STOCK)
    expect(badge).to_have_text("Sold out", timeout=MOST)
    expect(card(page, "Last Cake").locator(".stock")).to_contain_text("Sold out")
    expect(page.locator("[data-shop-part=spoken]")).to_contain_text("Last Cake: sold out")
    shopkeeper.count(product, 20)
    expect(badge).to_be_hidden(timeout=MOST)


def test_each_size_shows_its_own_stock(visit: Visit, shopkeeper: Shopkeeper) -> None:
    product = shoe(shopkeeper, "Dotted Runner")
    page = visit()
    is_live(page)
    runner = card(page, "Dotted Runner")
    chip = runner.locator(".chip", has_text="42")
    expect(chip).to_have_attribute("data-level", "ok")
    shopkeeper.sell(product, 10, size="42", color="Black")
    expect(chip).to_have_attribute("data-level", "out", timeout=MOST)
    runner.locator(".swatch[title=Navy]").click()
    expect(runner.locator(".chip", has_text="42")).to_have_attribute("data-level", "ok")
    runner.locator(".chip", has_text="42").click()
    expect(runner.locator(".stock")).to_contain_text("10 in stock")
    shopkeeper.sell(product, 4, size="42", color="Navy")
    expect(runner.locator(".stock")).to_contain_text("6 in stock", timeout=MOST)
    runner.locator(".chip", has_text="42").click()
    expect(runner.locator(".stock")).to_contain_text("26 in stock")


def test_prices_titles_and_deletions_follow_too(visit: Visit, shopkeeper: Shopkeeper) -> None:
    product = shopkeeper.create("Changing Cake", stock=9)
    page = visit()
    is_live(page)
    shopkeeper.change(product, price=75)
    expect(card(page, "Changing Cake").locator(".price")).to_contain_text("75", timeout=MOST)
    shopkeeper.change(product, title="Changed Cake")
    expect(card(page, "Changed Cake").locator(".stock")).to_contain_text("9 in stock", timeout=MOST)
    shopkeeper.delete(product)
    expect(card(page, "Changed Cake")).to_have_count(0, timeout=MOST)


def test_a_new_product_is_offered_and_comes_at_a_press(visit: Visit, shopkeeper: Shopkeeper) -> None:
    page = visit()
    is_live(page)
    shopkeeper.create("Brand-new Cake", stock=3)
    news = page.get_by_role("button", name="1 new product")
    expect(news).to_be_visible(timeout=MOST)
    expect(card(page, "Brand-new Cake")).to_have_count(0)
    news.click()
    expect(card(page, "Brand-new Cake")).to_be_visible()
    expect(news).to_be_hidden()


def test_what_has_the_focus_keeps_it_when_the_cards_are_drawn_again(
    visit: Visit, shopkeeper: Shopkeeper
) -> None:
    shopkeeper.create("Held Mug")
    page = visit()
    is_live(page)
    held: list[Route] = []
    page.route("**/api/flash-sales?*", lambda route: held.append(route))  # noqa: PLW0108  it is marked
    with page.expect_request("**/api/flash-sales?*"):
        page.reload()
    link = card(page, "Held Mug").get_by_role("link", name="Held Mug")
    link.focus()
    shopkeeper.create("Mug on top")
    held[0].continue_()
    is_live(page)
    expect(link).to_be_focused()
    # And when another comes before it.
    news = page.get_by_role("button", name="1 new product")
    expect(news).to_be_visible()
    news.evaluate("button => button.click()")
    expect(card(page, "Mug on top")).to_be_visible()
    expect(link).to_be_focused()


def test_markup_in_data_is_text(visit: Visit, shopkeeper: Shopkeeper) -> None:
    title = '<img src=x onerror="alert(1)"><b>Bold</b>'
    attributes = {"size": "<i>XL</i>", "color": '"><script>alert(2)</script>'}
    shopkeeper.create(
        title,
        category="<u>Odd</u>",
        image="javascript:alert(3)",
        variants=[{"sku": "odd-1", "attributes": attributes, "stock": 2}],
        flavors=[{"name": "<s>Plain</s>"}],
    )
    page = visit("/?search=onerror")
    odd = card(page, title)
    expect(odd.get_by_role("heading")).to_have_text(title)
    expect(odd.locator(".category")).to_have_text("<u>Odd</u>")
    expect(odd.locator(".chip .label")).to_have_text("<i>XL</i>")
    assert (
        page.locator(
            "article b:not([data-part]), article u, article script, article s:not([data-part])"
        ).count()
        == 0
    )


def test_images_of_other_servers_are_not_loaded(
    visit: Visit, visitors: Visitors, shopkeeper: Shopkeeper
) -> None:
    shopkeeper.create("Foreign Shirt", image="https://images.example/shirt.jpg", stock=1)
    shopkeeper.create("Own Shirt", image="/static/stockwire/icon.svg", stock=1)
    page = visit("/?search=Shirt")
    expect(card(page, "Foreign Shirt").locator(".initials")).to_have_text("FS")
    expect(card(page, "Foreign Shirt").locator("img")).to_be_hidden()
    expect(card(page, "Own Shirt").locator("img")).to_be_visible()
    assert not any("images.example" in address for address in visitors.requests)


def test_search_category_and_order(visit: Visit, shopkeeper: Shopkeeper) -> None:
    for number, price in enumerate((30, 10, 20)):
        shopkeeper.create(f"Sorted Scarf {number}", category="Scarves", price=price, stock=9)
    page = visit()
    is_live(page)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("Sorted Scarf")
    titles = page.locator("article.card h2")
    expect(titles).to_have_count(3)
    page.get_by_label("Sort by").select_option("price")
    expect(titles).to_have_text(["Sorted Scarf 1", "Sorted Scarf 2", "Sorted Scarf 0"])
    assert "search=Sorted+Scarf" in page.url
    page.get_by_role("searchbox").fill("nothing has this name at all 123")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("link", name="Show everything").click()
    expect(page.get_by_text("Nothing found")).to_be_hidden()
    page.goto(page.url.split("?", maxsplit=1)[0] + "?category=Scarves")
    expect(titles).to_have_count(3)
    expect(page.get_by_role("link", name="Scarves")).to_have_attribute("aria-current", "true")


def test_more_than_a_page_comes_by_pages(visit: Visit, shopkeeper: Shopkeeper) -> None:
    shopkeeper.create_many(2 * PAGE_SIZE + 4, title="Paged Mug")
    page = visit("/?search=Paged+Mug")
    cards = page.locator("article.card")
    expect(cards).to_have_count(PAGE_SIZE)
    page.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(2 * PAGE_SIZE)
    page.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(2 * PAGE_SIZE + 4)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    titles = page.locator("article.card h2").all_text_contents()
    assert len(set(titles)) == 2 * PAGE_SIZE + 4


def test_a_burst_of_sales_ends_in_the_right_figures(visit: Visit, shopkeeper: Shopkeeper) -> None:
    products = [shopkeeper.create(f"Burst Bun {number}", stock=1000) for number in range(4)]
    page = visit()
    is_live(page)
    for turn in range(50):
        for product in products:
            shopkeeper.sell(product, 1 + turn % 3)
    sold = sum(1 + turn % 3 for turn in range(50))
    for number in range(4):
        stock = card(page, f"Burst Bun {number}").locator(".stock")
        expect(stock).to_contain_text(f"{1000 - sold} in stock", timeout=MOST)


WEIGHT = """() => ["navigation", "resource"]
  .flatMap((kind) => performance.getEntriesByType(kind))
  .reduce((sum, { transferSize }) => sum + transferSize, 0)"""


def test_a_first_visit_is_150_kilobytes_at_most(visit: Visit, shopkeeper: Shopkeeper) -> None:
    kinds = [
        {"size": str(size), "colorVariants": [{"color": color, "stock": 9} for color in ("Blue", "White")]}
        for size in range(40, 46)
    ]
    for number in range(PAGE_SIZE):
        shopkeeper.create(f"Weighed Runner {number}", category="Shoes", sizeVariants=kinds)
    page = visit("/?search=Weighed+Runner")
    is_live(page)
    expect(page.locator("article.card")).to_have_count(PAGE_SIZE)
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(WEIGHT)
    # Something was weighed, all of it as it was sent, the pictures of the goods alone not.
    assert 50_000 < weight < 140_000


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(visit: Visit, shopkeeper: Shopkeeper, width: int) -> None:
    shoe(shopkeeper, f"Unbreakablynamedrunnerwithoutanyspaceinit{width}")
    page = visit(viewport={"width": width, "height": 800})
    expect(page.locator("article.card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
