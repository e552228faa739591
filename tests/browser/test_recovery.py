"""The page and a line that breaks: it says so, comes back by itself, and has missed nothing."""

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.line import Line
from tests.browser.seeing import MOST
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.test_shop import card, is_live
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

Visit = Callable[..., Page]
# The browser's own words about a server that it can't reach.
UNREACHABLE = ("WebSocket connection to", "Failed to load resource")
COMES_BACK = 20_000


@pytest.fixture
def rough_visit(visit: Visit, visitors: Visitors) -> Visit:
    """Visit, and take it that the browser complains about the line."""
    visitors.expected = UNREACHABLE
    return visit


def test_what_was_sold_while_the_line_was_cut_is_there_after_it(
    rough_visit: Visit, visitors: Visitors, line: Line, shopkeeper: Shopkeeper
) -> None:
    product = shopkeeper.create("Cut Cake", stock=50)
    page = rough_visit()
    is_live(page)
    lists = sum("/api/products" in address for address in visitors.requests)
    line.cut()
    status = page.locator(".status")
    expect(status).to_have_text(re.compile("Reconnecting in [1-3] s"))
    for _ in range(5):
        shopkeeper.sell(product, 2)
    shopkeeper.change(product, price=64)
    line.mend()
    is_live(page)
    expect(card(page, "Cut Cake").locator(".stock")).to_contain_text("40 in stock")
    expect(card(page, "Cut Cake").locator(".price")).to_contain_text("64")
    # Caught up from the log, not by fetching everything again.
    assert sum("/api/products" in address for address in visitors.requests) == lists


def test_nobody_has_to_wait_who_presses(rough_visit: Visit, line: Line, shopkeeper: Shopkeeper) -> None:
    shopkeeper.create("Pressed Cake", stock=50)
    page = rough_visit()
    is_live(page)
    line.cut()
    # Let it come to the longer waits.
    expect(page.locator(".status")).to_have_text(
        re.compile("Reconnecting in ([6-9]|10) s"), timeout=COMES_BACK
    )
    line.mend()
    page.locator(".status").click()
    # Before it would have by itself.
    expect(page.locator(".status")).to_have_attribute("data-state", "live", timeout=MOST)


def test_a_killed_server_comes_back_and_nothing_was_missed(
    rough_visit: Visit, server: ServerProcess, shopkeeper: Shopkeeper
) -> None:
    product = shopkeeper.create("Killed Cake", stock=50)
    page = rough_visit()
    is_live(page)
    shopkeeper.sell(product, 1)
    server.kill()
    expect(page.locator(".status")).to_have_text(re.compile("Reconnecting"))
    server.start()
    shopkeeper.sell(product, 9)
    expect(card(page, "Killed Cake").locator(".stock")).to_contain_text("40 in stock", timeout=COMES_BACK)
    is_live(page)
    shopkeeper.sell(product, 5)
    expect(card(page, "Killed Cake").locator(".stock")).to_contain_text("35 in stock", timeout=MOST)


def test_where_the_log_began_anew_everything_is_fetched_afresh(
    rough_visit: Visit, visitors: Visitors, server: ServerProcess, shopkeeper: Shopkeeper
) -> None:
    product = shopkeeper.create("Restored Cake", stock=50)
    page = rough_visit()
    is_live(page)
    lists = sum("/api/products" in address for address in visitors.requests)
    server.kill()
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        connection.execute("UPDATE realtime_eventhead SET epoch = 'restored'")
    server.start()
    shopkeeper.sell(product, 10)
    expect(card(page, "Restored Cake").locator(".stock")).to_contain_text("40 in stock", timeout=COMES_BACK)
    is_live(page)
    assert sum("/api/products" in address for address in visitors.requests) > lists


def test_a_shop_that_can_t_be_loaded_says_so_and_is_loaded_later(
    rough_visit: Visit, shopkeeper: Shopkeeper, visitors: Visitors
) -> None:
    shopkeeper.create("Late Cake", stock=50)
    page = rough_visit("/?search=nothing+has+this+name+at+all+456")
    is_live(page)
    page.route("**/api/products*", lambda route: route.abort())
    page.get_by_role("link", name="Show everything").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    expect(page.locator(".skeleton")).to_have_count(0)
    page.unroute("**/api/products*")
    page.get_by_role("button", name="Try again").click()
    expect(card(page, "Late Cake")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
