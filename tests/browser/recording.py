"""The README's pictures, made of a fresh demo shop: `python -m tests.browser.recording [--only NAME …]`.

`SHOTS` says which pages, who is signed in, how large and in which colours; a new picture is one line there.
The moving one shows two browsers side by side, and what is sold in one change the other. They are written to
`docs/images/`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import embedded
from tests.browser.business import Day, do_business
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.sweeping import WHOLE
from tests.server_process import ROOT, ServerProcess, end_all, fresh_database_url

IMAGES = ROOT / "docs" / "images"
Who: TypeAlias = Literal["guest", "customer", "admin", "tailor", "delivery"]

MOVING = "sale.gif"
MOST_BYTES = 1_500_000
#: Of each of the two browsers in the moving picture.
HALF = (560, 720)
COLORS = 255
#: How long what happened is looked at, in milliseconds; and the pictures in between.
LOOK, STEP, STEPS, SALES = 1_400, 90, 6, 4
SETTLE = 400


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, taken after so many `sales`. `unfolded` is an event on the page of events; `opened` is
    clicked first; the path may name the `{product}` and the `{order}` of the day."""

    name: str
    path: str
    who: Who = "guest"
    size: tuple[int, int] = (1280, 800)
    dark: bool = False
    sales: int = 0
    unfolded: str = ""
    opened: str = ""


SHOTS: tuple[Shot, ...] = (
    Shot("shop", "/"),
    Shot("shop-dark", "/?category=Bakery", dark=True),
    Shot("shop-phone", "/", size=(390, 800)),
    Shot("product", "/p/{product}", who="customer"),
    Shot("cart", "/cart", who="customer", size=(390, 800), dark=True),
    Shot("tracker", "/orders/{order}", who="customer", size=(1120, 700)),
    Shot("dashboard", "/admin/", who="admin", size=(1440, 900)),
    Shot("inbox", "/admin/realtime/supportchat/inbox/", who="admin", dark=True, opened="#chats button"),
    Shot("rest", "/api/docs"),
    Shot("events", "/api/docs/events", who="admin", sales=3, unfolded="stock.reduced"),
)


class Studio:
    """The demo shop, and browsers in it."""

    def __init__(self, server: ServerProcess, browser: Browser, home: Path) -> None:
        self._server = server
        self._browser = browser
        self._accounts = {one["role"]: one for one in json.loads((home / "demo_accounts.json").read_text())}
        self.shopkeeper = Shopkeeper(server.base_url)
        customer, staff = self._accounts["customer"], self._accounts["admin"]
        self._day: Day = do_business(server.base_url, customer=customer, staff=staff)

    def visit(self, path: str, *, who: Who, size: tuple[int, int], dark: bool = False) -> Page:
        """Open a page as somebody, and wait until it is live, where it can be."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="en",
            reduced_motion="reduce",
        )
        page = context.new_page()
        if who != "guest":
            self._sign_in(page, who)
        page.goto(self._server.base_url + path)
        page.wait_for_function(WHOLE, timeout=20_000)
        page.wait_for_load_state("networkidle")
        return page

    def _sign_in(self, page: Page, who: Who) -> None:
        account = self._accounts[who]
        page.goto(self._server.base_url + "/sign-in")
        page.get_by_label("E-mail").fill(account["email"])
        page.get_by_label("Password").fill(account["password"])
        page.locator("main button.main").click()
        page.wait_for_url(lambda address: "/sign-in" not in address)

    # ------------------------------------------------------------------------------------- pictures

    def shoot(self, shot: Shot) -> Path:
        """Make one picture."""
        address = shot.path.format(product=self._day.product, order=self._day.order)
        page = self.visit(address, who=shot.who, size=shot.size, dark=shot.dark)
        if shot.opened:
            page.locator(shot.opened).first.click()
        for _ in range(shot.sales):
            self._sell_something()
        if shot.unfolded:
            page.locator(f"details[data-type='{shot.unfolded}'] summary").click()
        page.wait_for_timeout(SETTLE)
        path = IMAGES / f"{shot.name}.png"
        _few_colours(page.screenshot()).save(path, optimize=True)
        page.context.close()
        return path

    def film(self) -> Path:
        """Make the moving picture: what is sold is shown at both sides, in the same moment."""
        pages = [
            self.visit("/?category=Shoes", who="guest", size=HALF),
            self.visit("/?category=Shoes", who="guest", size=HALF, dark=True),
        ]
        frames: list[Image.Image] = [_side_by_side(pages)]
        durations = [LOOK]
        for _ in range(SALES):
            self._sell_what_is_seen(pages[0])
            for step in range(STEPS):
                pages[0].wait_for_timeout(STEP)
                frames.append(_side_by_side(pages))
                durations.append(LOOK if step == STEPS - 1 else STEP)
        contexts: list[BrowserContext] = [page.context for page in pages]
        for context in contexts:
            context.close()
        path = IMAGES / MOVING
        first, *others = frames
        first.save(path, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)
        if path.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {MOST_BYTES}")
        return path

    def _sell_something(self) -> None:
        self.shopkeeper.sell_some(self.shopkeeper.first_product(), 1)

    def _sell_what_is_seen(self, page: Page) -> None:
        """Sell of the first product that a visitor sees; a till does, until it can be done on the page."""
        first = page.locator("article.card[data-id]").first
        product_id = first.get_attribute("data-id")
        self.shopkeeper.sell_some(str(product_id), 3)


def _side_by_side(pages: Sequence[Page]) -> Image.Image:
    halves = [Image.open(io.BytesIO(page.screenshot())) for page in pages]
    whole = Image.new("RGB", (sum(half.width for half in halves), halves[0].height))
    left = 0
    for half in halves:
        whole.paste(half, (left, 0))
        left += half.width
    return whole.quantize(COLORS, dither=Image.Dither.NONE)


def _few_colours(picture: bytes) -> Image.Image:
    """The picture as a palette: a third of the bytes, and nobody sees it."""
    return Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE)


@contextmanager
def studio() -> Iterator[Studio]:
    """Open a demo shop of its own, and a browser; nothing of them is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="sw-rec-") as folder:
        home = Path(folder)
        services = embedded.attach(embedded.Home.at(home / "services"))
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = services.database_url, services.redis_url
        try:
            with fresh_database_url() as make, sync_playwright() as playwright:
                env = {"DEMO": "1", "STOCKWIRE_HOME": str(home), "STOCKWIRE_OPEN_WRITES": "1"}
                server = ServerProcess(database_url=make(), env=env)
                path = os.environ.get("STOCKWIRE_CHROMIUM") or next(
                    filter(None, map(shutil.which, CHROMIUM)), None
                )
                try:
                    server.start()
                    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                    yield Studio(server, browser, home)
                    browser.close()
                finally:
                    end_all([server])
        finally:
            embedded.detach(embedded.Home.at(home / "services"))


def main() -> None:
    """Make them all, or those that are named."""
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    names = [*(shot.name for shot in SHOTS), MOVING]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    wanted = parser.parse_args().only
    IMAGES.mkdir(parents=True, exist_ok=True)
    with studio() as at:
        made = [at.shoot(shot) for shot in SHOTS if shot.name in wanted]
        if MOVING in wanted:
            made.append(at.film())
    for path in made:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB")  # noqa: T201  a command


if __name__ == "__main__":
    main()
