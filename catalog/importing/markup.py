"""Markup into plain text. Descriptions are shown as text everywhere: no tag of a file reaches a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What ends a line, what ends a paragraph, and whose content isn't text at all.
_LINES = frozenset({"br", "li", "tr", "dt", "dd"})
_PARAGRAPHS = frozenset({
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre",
    "section", "article", "header", "footer", "figure", "hr", "form",
})  # fmt: skip
_HIDDEN = frozenset({
    "script", "style", "template", "noscript", "iframe", "object", "svg", "title", "head",
})  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def text_of(markup: str) -> str:
    """The text of ``markup``: paragraphs a blank line apart, list items marked, entities resolved."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the base's
        if tag in _HIDDEN:
            self._hidden.append(tag)
        self._break(tag)
        if tag == "li":
            self._parts.append("• ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the base's
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag not in _LINES:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._parts.append("\n\n")
        elif tag in _LINES:
            self._parts.append("\n")

    def text(self) -> str:
        lines = [line.strip() for line in _CONTROL.sub("", "".join(self._parts)).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
