"""The documents' pages in a browser: nothing is fetched from elsewhere, and what happens is seen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.line import Line
from tests.browser.shopkeeper import Shopkeeper
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

Visit = Callable[..., Page]
PASSWORD = "five plain words and more"


@pytest.fixture
def staff_page(visit: Visit, server: ServerProcess) -> Page:
    """Give a browser in which staff are signed in, at the events' page."""
    made = server.manage(
        "shell",
        "-c",
        "from config.identity.models import Role, User; from config.identity.services import create_user; "
        "User.objects.filter(email='boss@example.com').exists() or create_user(email='boss@example.com', "
        f"password='{PASSWORD}', role=Role.ADMIN, name='Boss')",
    )
    assert made.returncode == 0, made.stderr
    page = visit("/sign-in?next=/api/docs/events")
    page.get_by_label("E-mail").fill("boss@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main button").click()
    return page


def test_an_operation_is_tried_out_on_the_page(visit: Visit, shopkeeper: Shopkeeper) -> None:
    shopkeeper.create("Tried Cake", stock=3)
    page = visit("/api/docs")
    operation = page.locator("#operations-Stock-post_stock_validate")
    page.locator("#operations-tag-Stock").click()
    operation.locator("button.opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    # The product of the example is not there: the finding says so.
    expect(operation.locator(".live-responses-table").first).to_contain_text("unknown_product")


def test_what_happens_is_shown_as_it_happens(visit: Visit, shopkeeper: Shopkeeper) -> None:
    page = visit("/api/docs/events")
    expect(page.locator(".status")).to_have_attribute("data-state", "live")
    product = shopkeeper.create("Told Cake", stock=9)
    shopkeeper.sell(product, 2)
    expect(page.locator("[data-heard] li code").first).to_have_text("stock.reduced")
    expect(page.locator("[data-type='product.created'] [data-count]")).to_have_text("1")
    assert page.locator("[data-heard] li code").all_inner_texts().count("stock.reduced") == 1


def test_staff_hear_what_is_for_staff(staff_page: Page, shopkeeper: Shopkeeper) -> None:
    expect(staff_page.locator(".status")).to_have_attribute("data-state", "live")
    product = shopkeeper.create("Low Cake", stock=6)
    shopkeeper.sell(product, 3)
    expect(staff_page.locator("[data-type='stock.low'] [data-count]")).to_have_text("1")


def test_guests_are_told_that_there_is_more(visit: Visit) -> None:
    page = visit("/api/docs/events")
    expect(page.get_by_role("link", name="sign in", exact=True)).to_have_attribute(
        "href", re.compile("/sign-in.next=/api/docs/events")
    )


# ------------------------------------------------------------------------------------ the client alone

#: A page of the origin without code of its own loads the client, and starts it without a snapshot.
START = """async (topics) => {
    const { LiveClient } = await import("/static/stockwire/client.js");
    window.heard = []; window.states = [];
    window.client = new LiveClient({
        topics,
        onEvent: ({ type, data }) => heard.push([type, data.stock]),
        onState: ({ state }) => states.push(state),
        onLost: (lost) => heard.push(["lost", lost.reason]),
    });
    client.start();
}"""


@pytest.fixture
def bare(visitors: Visitors, line: Line) -> Page:
    visitors.expected = ("Failed to load resource", "WebSocket connection to")
    return visitors.open(line.base_url + "/api/health")


def _is_live(page: Page) -> None:
    page.wait_for_function("client.state.state === 'live'", timeout=20_000)


def test_over_a_cut_line_the_client_misses_nothing(bare: Page, line: Line, shopkeeper: Shopkeeper) -> None:
    product, later = shopkeeper.create("Wired Cake", stock=99), shopkeeper.create("Later Cake", stock=99)
    bare.evaluate(START, [f"product:{product['id']}"])
    _is_live(bare)
    shopkeeper.sell(product, 1)
    bare.wait_for_function("heard.length === 1")
    line.cut()
    bare.wait_for_function("client.state.state === 'waiting'")
    for _ in range(5):
        shopkeeper.sell(product, 1)
    line.mend()
    bare.wait_for_function("heard.length === 6", timeout=20_000)
    # A topic that comes later, from the place up to which all is heard.
    bare.evaluate("topic => client.subscribe(topic, {cursor: client.cursor})", f"product:{later['id']}")
    shopkeeper.sell(later, 1)
    bare.wait_for_function("heard.length === 7")
    shopkeeper.sell(product, 1)
    bare.wait_for_function("heard.length === 8")
    heard = [98, 97, 96, 95, 94, 93, 98, 92]
    assert bare.evaluate("heard") == [["stock.reduced", stock] for stock in heard]


def test_a_tab_that_was_frozen_catches_up_when_it_wakes(bare: Page, shopkeeper: Shopkeeper) -> None:
    product = shopkeeper.create("Slept Cake", stock=99)
    bare.evaluate(START, [f"product:{product['id']}"])
    _is_live(bare)
    tab = bare.context.new_cdp_session(bare)
    tab.send("Page.setWebLifecycleState", {"state": "frozen"})
    for _ in range(4):
        shopkeeper.sell(product, 1)
    tab.send("Page.setWebLifecycleState", {"state": "active"})
    bare.wait_for_function("heard.length === 4", timeout=20_000)
    assert bare.evaluate("heard") == [["stock.reduced", stock] for stock in (98, 97, 96, 95)]
    assert bare.evaluate("client.state.state") == "live"
