"""The support inbox in a real browser, and a customer with the published `socket.io-client`."""

from __future__ import annotations

import json
import os
import re
import shutil
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.clients.node_client import Node, NodeClient
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(180)]

PASSWORD = "Grey-heron-42"
EMAIL = "desk@example.com"
INBOX = "/admin/realtime/supportchat/inbox/"
WITHIN = 10_000
CANNED = "Thank you. <b>We</b> look after it."
_STAFF = f"""
from config.identity.services import create_user
from realtime.models import CannedAnswer

create_user(email="{EMAIL}", password="{PASSWORD}", role="admin", name="Sara", duties=["support"])
CannedAnswer.objects.create(title="Thanks", text="{CANNED}")
"""


@pytest.fixture
def token(server: ServerProcess) -> str:
    """Of a customer who has just registered."""
    body = {"name": "Carla", "email": "carla@example.com", "phone": "0100", "password": PASSWORD}
    request = urllib.request.Request(
        f"{server.base_url}/api/auth/register",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(json.loads(answer.read())["token"])


@pytest.fixture
async def customer(server: ServerProcess, token: str) -> AsyncIterator[NodeClient]:
    """Give the customer's live client."""
    node = Node()
    client = await node.client(server.base_url, auth={"token": token})
    await client.connected()
    yield client
    await node.forget_all()
    node.close()


@pytest.fixture
async def desk(server: ServerProcess) -> AsyncIterator[Page]:
    """The inbox of somebody of the staff who has support for a duty, and nothing else."""
    made = server.manage("shell", "-c", _STAFF)
    assert made.returncode == 0, made.stderr
    complaints: list[str] = []
    path = os.environ.get("STOCKWIRE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        await page.goto(f"{server.base_url}/sign-in")
        await page.fill("[name=email]", EMAIL)
        await page.fill("[name=password]", PASSWORD)
        await page.press("[name=password]", "Enter")
        await page.wait_for_url(re.compile(r"/$"))
        await page.goto(server.base_url + INBOX)
        await expect(page.locator("#line")).to_have_attribute("data-state", "live", timeout=WITHIN)
        yield page
        await browser.close()
    assert complaints == []


async def test_a_chat_is_answered_in_the_inbox_and_each_side_sees_the_other_at_once(
    desk: Page, customer: NodeClient
) -> None:
    opened: dict[str, Any] = await customer.emit(
        "join_support_chat", {"issue": "Too <i>small</i>", "priority": "high"}, ack=True
    )
    room = opened["chatRoom"]
    row = desk.locator("#chats button")
    await expect(row).to_contain_text("Too <i>small</i>", timeout=WITHIN)
    await expect(row).to_contain_text("high")
    assert (await customer.emit("support_message", {"message": "Hello <b>you</b>"}, ack=True))["ok"]
    await expect(row.locator(".unread")).to_have_text("1", timeout=WITHIN)
    await row.click()
    await expect(desk.locator(".message")).to_contain_text("Hello <b>you</b>", timeout=WITHIN)
    await expect(row.locator(".unread")).to_be_empty()
    await expect(desk.locator("#beside")).to_contain_text("carla@example.com", timeout=WITHIN)
    # The customer writes, and stops.
    await customer.emit("typing_start", {"room": room}, ack=True)
    await expect(desk.locator("#typing")).to_have_text("Carla is writing …", timeout=WITHIN)
    await customer.emit("typing_stop", {"room": room}, ack=True)
    await expect(desk.locator("#typing")).to_be_empty(timeout=WITHIN)
    # Staff claim, and answer with what they often say.
    await desk.get_by_role("button", name="Claim").click()
    await expect(desk.locator("#status")).to_have_text("claimed by you", timeout=WITHIN)
    await desk.get_by_label("Canned answers").select_option("Thanks")
    await expect(desk.locator("#text")).to_have_value(CANNED)
    await desk.locator("#text").press("End")
    await desk.locator("#text").press_sequentially(" ")
    await desk.locator("#text").press("Backspace")
    began = (await customer.heard("user_typing", count=1))[0]
    assert (began["isTyping"], began["room"], began["user"]["name"]) == (True, room, "Sara")
    await desk.locator("#text").press("Control+Enter")
    told = await customer.heard("support_message_received", count=2)
    stopped = (await customer.heard("user_typing", count=2))[1]
    assert (stopped["isTyping"], stopped["room"]) == (False, room)
    assert [(one["message"], one["isAdmin"]) for one in told] == [("Hello <b>you</b>", False), (CANNED, True)]
    await expect(desk.locator(".message[data-state=sent]")).to_have_count(2, timeout=WITHIN)
    await expect(desk.locator(".message b, .issue i:not(.dot)")).to_have_count(0)
    await desk.get_by_role("button", name="Close", exact=True).click()
    await expect(desk.locator("#status")).to_contain_text("closed", timeout=WITHIN)
    await expect(desk.locator("#text")).to_be_disabled()
