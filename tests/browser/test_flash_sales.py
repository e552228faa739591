"""A flash sale on the shop's page: its price, the struck one, and a clock that runs down."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from config.kernel.clock import iso
from tests.browser.seeing import MOST, write_down, written_down
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.test_shop import card, is_live
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def manager(server: ServerProcess) -> Shopkeeper:
    """Give whoever plans sales: staff, signed in."""
    issued = server.manage("issue_token", "manager@example.com", "--create", "--role", "admin")
    assert issued.returncode == 0, issued.stderr
    return Shopkeeper(server.base_url, token=issued.stdout.strip())


def plan(manager: Shopkeeper, *products: dict[str, Any], starts: float, ends: float, **fields: Any) -> str:
    now = dt.datetime.now(dt.UTC)
    sale = {
        "name": "Midnight <b>sale</b>",
        "discountPercentage": 20,
        "startTime": iso(now + dt.timedelta(seconds=starts)),
        "endTime": iso(now + dt.timedelta(seconds=ends)),
        "products": [product["id"] for product in products],
        **fields,
    }
    return manager.plan_sale(sale)


def test_a_sale_begins_runs_down_and_ends_before_ones_eyes(visit: Visit, manager: Shopkeeper) -> None:
    cake, other = manager.create("Reduced Cake", stock=9), manager.create("Plain Cake", stock=9)
    page = visit()
    is_live(page)
    shown = card(page, "Reduced Cake")
    expect(shown.locator(".price")).to_have_text(re.compile(r"100\.00\s*$"))
    write_down(page, ".ends", within="Reduced Cake")
    plan(manager, cake, starts=3, ends=7)
    expect(shown.locator(".sale")).to_be_hidden()
    expect(shown.locator(".price [data-part=price]")).to_contain_text("80", timeout=MOST)
    expect(shown.locator(".price s")).to_contain_text("100")
    expect(shown.locator(".sale")).to_contain_text("\u221220% · Midnight <b>sale</b>")
    expect(shown.locator(".sale")).to_be_hidden(timeout=2 * MOST)
    runs_down = [f"ends in 0:0{seconds}" for seconds in (5, 4, 3, 2, 1, 0)]
    texts = written_down(page)
    assert len(texts) > 1
    assert texts == [text for text in runs_down if text in texts]
    expect(shown.locator(".price [data-part=price]")).to_contain_text("100")
    expect(shown.locator(".price s")).to_be_hidden()
    expect(card(page, "Plain Cake").locator(".price s")).to_be_hidden()
    assert other["id"] != cake["id"]


def test_a_visitor_who_comes_later_sees_it_too_and_staff_may_end_it(
    visit: Visit, manager: Shopkeeper
) -> None:
    cake = manager.create("Long Cake", stock=9)
    sale = plan(manager, cake, starts=-60, ends=3 * 86_400)
    page = visit()
    is_live(page)
    shown = card(page, "Long Cake")
    expect(shown.locator(".price [data-part=price]")).to_contain_text("80")
    expect(shown.locator(".ends")).to_have_text("ends in 2 days")
    manager.change_sale(sale, discountPercentage=50)
    expect(shown.locator(".price [data-part=price]")).to_contain_text("50", timeout=MOST)
    manager.end_sale(sale)
    expect(shown.locator(".sale")).to_be_hidden(timeout=MOST)
    expect(shown.locator(".price [data-part=price]")).to_contain_text("100")


def test_the_page_goes_by_the_servers_clock(visit: Visit, manager: Shopkeeper) -> None:
    cake = manager.create("Early Cake", stock=9)
    page = visit()
    is_live(page)
    # Its own is a day behind from now on.
    page.add_init_script("const real = Date.now; Date.now = () => real() - 86400000;")
    page.reload()
    is_live(page)
    plan(manager, cake, starts=-1, ends=600)
    shown = card(page, "Early Cake")
    expect(shown.locator(".price [data-part=price]")).to_contain_text("80", timeout=MOST)
    expect(shown.locator(".ends")).to_have_text(re.compile(r"ends in (10:00|9:5\d)"))
