"""A product's options as people write them: a line for each option, and below it one for each choice.

    flavors
    - Vanilla
    - Chocolate * 1.2 | servings: 10

What can't be written so (a name with a bar in it) is shown as JSON, and JSON is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.api.json import read_json
from config.kernel.errors import InvalidInput

_CHOICE, _TIMES, _BAR = "- ", " * ", " | "
_NAME, _MULTIPLIER = "name", "price_multiplier"


def as_text(options: Sequence[Mapping[str, Any]]) -> str:
    """The options of a product, for its form."""
    text = "\n".join(_lines(options))
    try:
        is_same = read_text(text) == list(options)
    except InvalidInput:
        is_same = False
    return text if is_same else json.dumps(options, ensure_ascii=False, indent=1)


def read_text(text: str) -> Any:
    """The same as a body of the catalog dialect has it. Raises ``InvalidInput``."""
    if text.lstrip().startswith("["):
        return read_json(text.encode())
    options: list[dict[str, Any]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith(_CHOICE.rstrip()):
            options.append({"name": line, "choices": []})
        elif options:
            options[-1]["choices"].append(_choice(line.removeprefix(_CHOICE.rstrip()).strip()))
        else:
            raise InvalidInput("Write the option's name above its choices")
    return options


def _lines(options: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for option in options:
        yield str(option[_NAME])
        for choice in option["choices"]:
            times = choice.get(_MULTIPLIER, 1)
            details = [f"{key}: {text}" for key, text in choice.items() if key not in (_NAME, _MULTIPLIER)]
            first = f"{choice[_NAME]}{_TIMES}{times:g}" if times != 1 else str(choice[_NAME])
            yield _CHOICE + _BAR.join([first, *details])


def _choice(text: str) -> dict[str, Any]:
    first, *details = text.split(_BAR)
    name, times, factor = first.rpartition(_TIMES)
    choice: dict[str, Any] = {_NAME: name if times else first, _MULTIPLIER: 1}
    if times:
        try:
            choice[_MULTIPLIER] = read_json(factor.strip().encode())
        except InvalidInput:
            raise InvalidInput(f"“{factor.strip()}” is no number to multiply a price by") from None
    for detail in details:
        key, colon, value = detail.partition(":")
        if not colon:
            raise InvalidInput(f"Write “{detail.strip()}” as a name and a text, such as “servings: 10”")
        choice[key.strip()] = value.strip()
    return choice
