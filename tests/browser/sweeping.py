"""Looks a page over for what no page may have: what keeps somebody out of it, what breaks it, what leaves it.

`axe-core` is put into every page before the page's own scripts, by the browser and not by the page, so that
the Content-Security-Policy stays as visitors have it, and what it refuses is among the faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from playwright.sync_api import Browser, Page, Response
from playwright.sync_api import TimeoutError as TooLateError

from tests.clients.packages import install

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
SOON = 10_000
#: What axe calls these keeps somebody from using the page; what is less is advice.
GRAVE = ("serious", "critical")
#: Everything is there, and the page hears what happens, where it wants to.
WHOLE = """() => {
  const lights = [...document.querySelectorAll(".status, [data-console-state], #line")];
  const light = lights.find((one) => one.checkVisibility());
  const said = light?.dataset.state ?? light?.dataset.consoleState ?? "live";
  return said === "live" && !document.querySelector(".htmx-request") && document.fonts.status === "loaded";
}"""
#: Colours that are on their way to others are neither: what moves is let arrive.
_LOOK = """async ([excluded, rules]) => {
  const ends = (one) => Number.isFinite(one.effect.getComputedTiming().endTime);
  document.getAnimations().filter(ends).forEach((one) => one.finish());
  const found = await axe.run(
    { exclude: excluded.map((one) => [one]) },
    { resultTypes: ["violations"], elementRef: false, ...(rules && { runOnly: rules }) },
  );
  return found.violations.map((one) => ({
    rule: one.id,
    impact: one.impact,
    nodes: one.nodes.map((node) => `${node.target.join(" ")}: ${node.any.concat(node.all, node.none)
      .map((check) => check.message).join("; ")}`),
  }));
}"""
#: The console's colours follow its own switch; the shop's pages follow the browser at once.
_SWITCH = """(dark) => {
  const console = document.documentElement.getAttribute("x-data");
  if (console) document.documentElement.classList.toggle("dark", dark);
}"""
_SHAPE = """() => ({
  lang: document.documentElement.lang,
  dir: document.documentElement.dir,
  titles: [...document.querySelectorAll("h1")].map((one) => one.textContent.trim()),
  wider: document.documentElement.scrollWidth - innerWidth,
})"""


class Sweep:
    """Goes from page to page as one visitor; `faults` is all that is wrong, each with its page."""

    def __init__(
        self,
        browser: Browser,
        base_url: str,
        *,
        locale: str = "en",
        direction: tuple[str, ...] = ("ltr",),
        not_ours: Mapping[str, str] | None = None,
    ) -> None:
        self._base_url = base_url
        self._lang = locale
        self._direction = direction
        self._excluded = list(not_ours or {})
        self._context = browser.new_context(locale=locale, reduced_motion="reduce")
        self._context.add_init_script(path=install() / "node_modules/axe-core/axe.min.js")
        self.faults: list[str] = []
        self.looked_at: list[str] = []
        self._expected = 200
        self.page = self._context.new_page()
        self._watch(self.page)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._context.close()

    def go(self, path: str, *, colors: str = "light", width: Mapping[str, int] = WIDE) -> Response:
        """Open a page, in these colours and at this width."""
        self.page.set_viewport_size({"width": width["width"], "height": width["height"]})
        self.page.emulate_media(color_scheme="dark" if colors == "dark" else "light", reduced_motion="reduce")
        answer = self.page.goto(self._base_url + path)
        assert answer is not None, path
        return answer

    def expect(self, status: int) -> None:
        """The next page is refused with this status, and the browser may say so."""
        self._expected = status

    def switch(self, colors: str, width: Mapping[str, int]) -> None:
        """Give the page that is open these colours and this width."""
        self.page.set_viewport_size({"width": width["width"], "height": width["height"]})
        self.page.emulate_media(color_scheme="dark" if colors == "dark" else "light", reduced_motion="reduce")
        self.page.evaluate(_SWITCH, colors == "dark")

    def look_all_ways(self, *, titles: int = 1) -> None:
        """Look at the page that is open, in both colours at both widths, without loading it again."""
        for colors, width in (("light", WIDE), ("dark", NARROW)):
            self.switch(colors, width)
            self.look(colors, titles=titles)
            self._look_at_the_others(colors, width)

    def _look_at_the_others(self, colors: str, width: Mapping[str, int]) -> None:
        """The other colours, at this width: nothing but the contrast can be another."""
        others = "light" if colors == "dark" else "dark"
        self.switch(others, width)
        self._judge(others, ["color-contrast"])

    def look_over(self, path: str, *, status: int = 200, titles: int = 1) -> None:
        """Look at one page: on a wide screen and on a telephone's, loaded for each, and in both colours."""
        self._expected = status
        for colors, width in (("light", WIDE), ("dark", NARROW)):
            self._load(path, status, colors, width)
            self.look(colors, titles=titles)
            self._look_at_the_others(colors, width)
        self._expected = 200

    def look_once(self, path: str) -> None:
        """Look at one page all ways, loaded once: for whoever has many to look at."""
        self._load(path, 200, "light", WIDE)
        self.look_all_ways()

    def _load(self, path: str, status: int, colors: str, width: Mapping[str, int]) -> None:
        self.looked_at.append(path)
        answer = self.go(path, colors=colors, width=width)
        if answer.status != status:
            self._say(f"answers {answer.status}")
        # What htmx and the line bring in is part of the page.
        try:
            self.page.wait_for_function(WHOLE, timeout=SOON)
        except TooLateError:
            self._say("it is not whole, or not live")

    def look(self, colors: str = "light", *, titles: int = 1) -> None:
        """Look at the page as it is now."""
        shape: dict[str, Any] = self.page.evaluate(_SHAPE)
        if not shape["lang"].startswith(self._lang):
            self._say(f"its language is {shape['lang']!r}")
        if shape["dir"] not in self._direction:
            self._say(f"its direction is {shape['dir']!r}")
        if len(shape["titles"]) != titles:
            self._say(f"its titles are {shape['titles']}")
        if shape["wider"] > 0:
            self._say(f"{shape['wider']} px wider than the screen")
        self._judge(colors, None)

    def _judge(self, colors: str, rules: list[str] | None) -> None:
        for violation in self.page.evaluate(_LOOK, [self._excluded, rules]):
            if violation["impact"] in GRAVE:
                nodes = "\n    ".join(violation["nodes"][:4])
                self._say(f"{colors}: {violation['rule']} ({violation['impact']})\n    {nodes}")

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._say(f"an error: {error}"))
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("request", lambda request: self._leaves(request.url))
        page.on("websocket", lambda socket: self._leaves(socket.url))

    def _note(self, kind: str, text: str) -> None:
        if kind != "error":
            return
        # What the browser says of a page that the test itself expects to be refused is no fault.
        if self._expected == 200 or f"the server responded with a status of {self._expected}" not in text:
            self._say(f"the console: {text}")

    def _leaves(self, url: str) -> None:
        _scheme, _colon, rest = url.partition("://")
        if not url.startswith(("data:", "blob:")) and rest.split("/")[0] != self._base_url.split("://")[1]:
            self._say(f"leaves the shop for {url}")

    def _say(self, fault: str) -> None:
        said = f"{self.page.url.removeprefix(self._base_url)}: {fault}"
        if said not in self.faults:
            self.faults.append(said)
