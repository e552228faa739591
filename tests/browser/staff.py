"""The staff of a small shop, and how each of them goes about the console: by links, forms and buttons.

Nothing here asks the server for anything beside the browser, except that the people are hired.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Locator, Page, expect

from tests.server_process import ServerProcess

PASSWORD = "Grey-heron-42"
#: A busy machine needs it to make a page; what is heard live has `LIVE`.
SOON = 10_000


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works in the house. ``duty`` says what staff do; others have a role of their own."""

    name: str
    duty: str = ""
    role: str = "admin"

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@house.example"

    @property
    def account(self) -> dict[str, str]:
        """What signing in takes, elsewhere than in a browser."""
        return {"email": self.email, "password": PASSWORD}


OWNER = Colleague("Mona", "owner")
EDITOR = Colleague("Ella", "catalog")
KEEPER = Colleague("Karim", "stock")
HELPER = Colleague("Sara", "support")
CASHIER = Colleague("Farid", "finance")
COURIER = Colleague("Dina", role="delivery")
#: No colleague, but whom the house knows: a customer.
REGULAR = Colleague("Nour", role="customer")
PEOPLE = (OWNER, EDITOR, KEEPER, HELPER, CASHIER, COURIER, REGULAR)

_HIRE = f"""
import json, sys
from config.identity.services import create_user
for name, email, role, duty in json.loads({{people!r}}):
    duties = [duty] if duty else ()
    create_user(email=email, password={PASSWORD!r}, role=role, name=name, duties=duties)
"""


def hire(server: ServerProcess) -> None:
    """Make all their accounts, as whoever runs the machine would."""
    people = json.dumps([[one.name, one.email, one.role, one.duty] for one in PEOPLE])
    made = server.manage("shell", "-c", _HIRE.format(people=people))
    assert made.returncode == 0, made.stderr


class Desk:
    """One colleague's browser in the console."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, who: Colleague) -> Self:
        """Sign in at the console's own door."""
        self.page.get_by_label("Email").fill(who.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator("#nav-sidebar")).to_be_attached(timeout=SOON)
        return self.has_come()

    # ------------------------------------------------------------------------------------- going about

    def go_to(self, title: str) -> Self:
        """Follow a link of the sidebar."""
        with self.page.expect_navigation():
            self.listed(title).click()
        return self.has_come()

    def listed(self, title: str) -> Locator:
        """The sidebar's link of this title."""
        return self.page.locator("#nav-sidebar-apps a", has_text=re.compile(rf"\b{re.escape(title)}\b"))

    def has_come(self) -> Self:
        """Wait until the page's own scripts have run: a click before that would do nothing."""
        self.page.wait_for_load_state("load")
        return self

    def look_for(self, text: str) -> Self:
        """Search in a list, which says so in its address."""
        box = self.page.locator("#searchbar")
        box.fill(text)
        box.press("Enter")
        self.page.wait_for_url(re.compile(r"[?&]q="))
        return self.has_come()

    def row(self, *texts: str) -> Locator:
        """The row of a list that says all of this."""
        rows = self.page.locator("#result_list tbody tr")
        for text in texts:
            rows = rows.filter(has_text=text)
        return rows

    def open(self, *texts: str) -> Self:
        """Open a row of a list."""
        self.row(*texts).locator("th a, td a").first.click()
        self.page.wait_for_url(re.compile("/change/"))
        return self.has_come()

    # ------------------------------------------------------------------------------------------- acting

    def offered(self) -> list[str]:
        """What the page of one record offers to do, in its order."""
        links = self.page.locator("#main a[href]")
        own = re.compile(r"/admin/\w+/\w+/[^/]+/(?!change|history|delete)\w+/$")
        return [
            str(link.text_content()).strip()
            for link in links.all()
            if own.search(str(link.get_attribute("href")))
        ]

    def choose(self, action: str) -> Self:
        """Follow the link of one thing to do with this record."""
        before = self.page.url
        self.page.locator("#main").get_by_role("link", name=action, exact=True).first.click()
        self.page.wait_for_url(lambda address: address != before)
        return self.has_come()

    def send(self, button: str, fields: Mapping[str, str | int]) -> Self:
        """Fill in fields by their names, and press the form's button."""
        form = self.page.locator("#main form").filter(has=self.page.get_by_role("button", name=button))
        for name, value in fields.items():
            field = form.locator(f"[name={name}]:not([type=hidden])")
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(label=str(value))
            else:
                field.fill(str(value))
        form.get_by_role("button", name=button, exact=True).click()
        return self

    def do_with_chosen(self, action: str) -> Self:
        """Choose every row of the list, and what is to become of them."""
        self.page.locator("#action-toggle").check()
        self.page.locator("select[name=action]").select_option(label=action)
        self.page.get_by_role("button", name="Run").click()
        return self

    def is_told(self, text: str | re.Pattern[str]) -> Self:
        """Wait for what the console says of what was done."""
        expect(self.page.locator("#main")).to_contain_text(text, timeout=SOON)
        return self
