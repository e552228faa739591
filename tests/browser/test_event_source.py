"""A browser's own EventSource at `/events`: no code of ours in the page, and no event missed."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitors
from tests.browser.line import Line
from tests.browser.shopkeeper import Shopkeeper
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

#: Any page of the origin.
PAGE = "/api/health"
LISTEN = """address => {
    window.heard = []; window.opened = 0; window.resets = [];
    window.source = new EventSource(address);
    source.onopen = () => { opened += 1; };
    source.onmessage = (event) => { heard.push("a message without a type: " + event.data); };
    source.addEventListener("stock.reduced", (event) => {
        const { data, cursor } = JSON.parse(event.data);
        heard.push([data.reference, event.lastEventId === cursor]);
    });
    source.addEventListener("reset", (event) => { resets.push(JSON.parse(event.data).reason); });
}"""


@pytest.fixture
def page(visitors: Visitors, line: Line) -> Page:
    """Give a page of the origin without any code; the browser may complain of what it can't reach or read."""
    visitors.expected = ("Failed to load resource", "EventSource", "CORS")
    return visitors.open(line.base_url + PAGE)


def listen(page: Page, address: str) -> None:
    page.evaluate(LISTEN, address)
    page.wait_for_function("opened === 1 || source.readyState === EventSource.CLOSED")


def has_heard(page: Page, number: int) -> list[Any]:
    page.wait_for_function("number => heard.length >= number", arg=number)
    heard: list[Any] = page.evaluate("heard")
    return heard


def test_a_browser_comes_back_by_itself_to_its_place_also_when_it_has_heard_nothing_yet(
    page: Page, line: Line, shopkeeper: Shopkeeper
) -> None:
    product = shopkeeper.create("Followed Cake", stock=50)
    listen(page, f"/events?topics=product:{product['id']}")
    # Its place has come with the head of the stream, and calls nobody.
    page.wait_for_timeout(300)
    assert page.evaluate("heard") == []
    for number in range(1, 7, 2):
        line.cut()
        shopkeeper.sell(product, 1)
        line.mend()
        assert len(has_heard(page, number)) == number
        shopkeeper.sell(product, 1)
        assert len(has_heard(page, number + 1)) == number + 1
    heard = page.evaluate("heard")
    assert all(bears_its_cursor for _reference, bears_its_cursor in heard)
    assert page.evaluate("opened") == 4
    assert page.evaluate("resets") == []


def test_a_place_that_is_gone_is_told_to_the_page(page: Page, shopkeeper: Shopkeeper) -> None:
    product = shopkeeper.create("Reset Cake", stock=50)
    listen(page, "/events?topics=stock&last_event_id=0000aaaa-7")
    page.wait_for_function("resets.length === 1")
    assert page.evaluate("resets") == ["epoch_changed"]
    shopkeeper.sell(product, 1)
    assert len(has_heard(page, 1)) == 1


@pytest.mark.parametrize("query", ["?topics=admin", "?ticket=used"])
def test_a_page_that_is_refused_does_not_come_back(page: Page, query: str) -> None:
    listen(page, f"/events{query}")
    assert page.evaluate("source.readyState") == 2
    assert page.evaluate("opened") == 0


def test_a_page_of_another_origin_hears_nothing(page: Page, server: ServerProcess) -> None:
    # Another port is another origin.
    listen(page, f"{server.base_url}/events?topics=stock")
    assert page.evaluate("source.readyState") == 2
    assert page.evaluate("opened") == 0
