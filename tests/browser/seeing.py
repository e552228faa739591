"""How long it takes until what is done in one browser is seen in another.

The promise is a second. A machine that runs other tests beside is given more; what it took is kept with the
test's record (`--junit-xml`), and printed where the output is shown (`-s`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

#: In milliseconds: for what has to come by itself, and fails the test where it does not.
MOST = 5_000


_WRITE_DOWN = """([selector, within]) => {
  const shown = (globalThis.shown = []);
  const look = () => {
    for (const part of document.querySelectorAll(selector)) {
      if (within && !part.closest("article")?.textContent.includes(within)) continue;
      const text = part.textContent.trim();
      if (text && text !== shown.at(-1)) shown.push(text);
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def write_down(page: Page, selector: str, *, within: str = "") -> None:
    """Have the page write down each text that is shown there from now on (in the card of that title): what
    is to be seen for a second only may be gone when a test looks."""
    page.evaluate(_WRITE_DOWN, [selector, within])


def written_down(page: Page) -> list[str]:
    """Each text, once for each time that it came."""
    texts: list[str] = page.evaluate("globalThis.shown")
    return texts


class Seeing:
    """``with seeing("the tracker"): press; expect(…, timeout=MOST)`` notes how long the block took."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        took = round(time.monotonic() - began, 2)
        self._record(what, took)
        print(f"\n{what}: {took} s")  # noqa: T201  for whoever measures
