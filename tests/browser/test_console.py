"""The staff console in a real browser: what is sold anywhere else shows on its start page by itself."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shopkeeper import Shopkeeper
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

SOON = 10_000
PASSWORD = "Grey-heron-42"


def make_staff(server: ServerProcess) -> str:
    """An owner with a password, made as whoever runs the machine would."""
    email = f"{secrets.token_hex(4)}@example.com"
    code = (
        "from config.identity.services import create_user;"
        f"create_user(email={email!r}, password={PASSWORD!r}, role='admin')"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code],
        env=server.env,
        check=True,
        capture_output=True,
    )
    return email


def order(server: ServerProcess, product: dict[str, Any], quantity: int) -> dict[str, Any]:
    """A new customer's order, over REST."""
    who = {"email": f"{secrets.token_hex(4)}@example.com", "password": PASSWORD, "name": "Nour", "phone": "1"}

    def send(path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(server.base_url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    token = send("/api/auth/register", who)["token"]
    item = {"productId": product["id"], "quantity": quantity}
    return send("/api/orders", {"items": [item], "shippingAddress": "12 Nile St", "phone": "1"}, token)


def signed_in(visit: Callable[..., Page], email: str, **options: Any) -> Page:
    page = visit("/admin/", **options)
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    expect(page.locator("[data-console-state=live]")).to_be_visible(timeout=SOON)
    return page


def figure(page: Page, name: str) -> Any:
    return page.locator(f"[data-metric={name}] strong")


def bars(page: Page, chart: str) -> list[int]:
    """How many orders a chart shows in all, and in its last bar."""
    found: list[int] = page.evaluate(
        """chart => {
            const canvas = document.querySelector(`[data-chart$="${chart}"] canvas`);
            const { data } = Chart.getChart(canvas).data.datasets[0];
            return [data.reduce((sum, one) => sum + one, 0), data.at(-1)];
        }""",
        chart,
    )
    return found


def test_a_sale_shows_on_the_start_page_by_itself(
    server: ServerProcess, shopkeeper: Shopkeeper, visit: Callable[..., Page]
) -> None:
    page = signed_in(visit, make_staff(server))
    mug = shopkeeper.create("Console mug", stock=7)
    expect(page.locator("[hx-get$='/movements']")).to_contain_text("+7", timeout=SOON)
    before = int(figure(page, "orders_today").inner_text())
    placed = order(server, mug, 4)
    expect(figure(page, "orders_today")).to_have_text(str(before + 1), timeout=SOON)
    expect(figure(page, "revenue_today")).to_contain_text("400", timeout=SOON)
    expect(page.locator("[hx-get$='/orders']")).to_contain_text(placed["orderNumber"], timeout=SOON)
    expect(page.locator("[hx-get$='/movements']")).to_contain_text("-4", timeout=SOON)
    expect(page.locator("[hx-get$='/low']")).to_contain_text("Console mug", timeout=SOON)
    page.wait_for_function(
        """count => Chart.getChart(document.querySelector('[data-chart$="/hours"] canvas'))
            .data.datasets[0].data.reduce((sum, one) => sum + one, 0) === count""",
        arg=before + 1,
        timeout=SOON,
    )
    assert bars(page, "/days")[1] == before + 1
    shopkeeper.count(mug, 50)
    expect(page.locator("[hx-get$='/low']")).not_to_contain_text("Console mug", timeout=SOON)
    expect(page.locator("[hx-get$='/machinery']")).to_contain_text("this one", timeout=SOON)


def test_a_long_title_makes_no_page_wider_than_a_telephone(
    server: ServerProcess, shopkeeper: Shopkeeper, visit: Callable[..., Page], line: Any
) -> None:
    shopkeeper.create("A very long title " * 12, stock=3)
    page = signed_in(visit, make_staff(server), viewport={"width": 390, "height": 800})
    pages = (
        "", "catalog/product/", "inventory/stocklevel/", "inventory/stocklevel/take/",
        "inventory/stockmovement/", "audit/auditentry/", "realtime/event/", "realtime/event/follow/",
        "realtime/supportchat/inbox/", "jobs/timer/",
    )  # fmt: skip
    for path in pages:
        page.goto(f"{line.base_url}/admin/{path}")
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, path
