"""A real browser, a real server for all tests of a module, and a line between them that can be cut."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.customer import Customer
from tests.browser.line import Line
from tests.browser.seeing import Seeing
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.staff import Colleague, Desk, hire
from tests.server_process import ServerProcess, end_all, fresh_database_url

LOW_STOCK = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's tests stay in one process: they share a server, which would be started in each."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.stem}"))


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    """Give Playwright, to one test: while it is there its event loop runs, and no asynchronous test can."""
    with sync_playwright() as found:
        yield found


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Give the machine's Chromium, or the one that Playwright has installed."""
    path = os.environ.get("STOCKWIRE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """Give one server to all tests of a module, open to writes without credentials, with an empty shop."""
    with fresh_database_url() as make:
        started = ServerProcess(
            database_url=make(), env={"STOCKWIRE_OPEN_WRITES": "1", "STOCKWIRE_LOW_STOCK": str(LOW_STOCK)}
        )
        try:
            started.start()
            yield started
        finally:
            end_all([started])


@pytest.fixture
def shopkeeper(server: ServerProcess) -> Shopkeeper:
    """Give whoever sells and restocks, over REST."""
    return Shopkeeper(server.base_url)


@pytest.fixture
def line(server: ServerProcess) -> Iterator[Line]:
    """Give a line to the server that can be cut; browsers use it, the shopkeeper does not."""
    with Line(server.port) as line:
        yield line


class Visitors:
    """Opens pages, and remembers whatever they did that no page of ours may do."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._are_leaving = False
        # What the browser itself prints about a server that can't be reached is no fault of the page.
        self.expected: tuple[str, ...] = ()

    def open(self, address: str, *, beside: Page | None = None, **options: Any) -> Page:
        """Open a page in a browser profile of its own, or in a tab beside another."""
        if beside is None:
            context = self._browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            self._contexts.append(context)
        else:
            context = beside.context
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.type, f"{said.text} ({said.location['url']})"))
        page.on("dialog", lambda dialog: self._note("error", f"a dialog: {dialog.message}"))
        page.goto(address)
        return page

    def _note(self, kind: str, text: str) -> None:
        if self._are_leaving:
            return  # a fetch that ends with its page
        if kind in {"error", "warning"} and not any(part in text for part in self.expected):
            self.complaints.append(text)

    def close(self) -> None:
        """Close all pages."""
        self._are_leaving = True
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitors(browser: Browser, line: Line) -> Iterator[Visitors]:
    """Give the way to open pages; after the test nothing may have gone wrong in any of them.

    They are closed before the line is.
    """
    visitors = Visitors(browser)
    yield visitors
    visitors.close()
    assert visitors.complaints == []
    foreign = [address for address in visitors.requests if "//127.0.0.1:" not in address]
    assert foreign == []


@pytest.fixture
def visit(visitors: Visitors, line: Line) -> Callable[..., Page]:
    """Give a function that opens the shop over the line: `visit()`, `visit("/?category=Shoes")`.

    Newest first, unless the path says otherwise: what a test has just made is on the first page.
    """

    def open_page(path: str = "/?sort=newest", **options: Any) -> Page:
        return visitors.open(line.base_url + path, **options)

    return open_page


@pytest.fixture(scope="module")
def house(server: ServerProcess) -> ServerProcess:
    """Give the server of a house whose staff have been hired."""
    hire(server)
    return server


@dataclass(frozen=True, slots=True)
class Shop:
    """Whoever comes to the shop: staff, customers and guests, each in a browser profile of their own."""

    visit: Callable[..., Page]
    base_url: str

    def enter(self, who: Colleague) -> Desk:
        """Let a colleague into the console."""
        return Desk(self.visit("/admin/")).sign_in(who)

    def customer(self, email: str) -> Customer:
        """Let somebody register."""
        return Customer(self.visit("/register"), self.base_url).register(email)

    def guest(self) -> Customer:
        """Let somebody look around."""
        return Customer(self.visit(), self.base_url).hears()


@pytest.fixture
def shop(house: ServerProcess, visit: Callable[..., Page], line: Line) -> Shop:
    """Give the shop, to everybody who comes."""
    return Shop(visit, line.base_url)


@pytest.fixture
def seeing(record_property: Callable[[str, object], None]) -> Seeing:
    """Give the way to note how long it takes until something is seen elsewhere."""
    return Seeing(record_property)
