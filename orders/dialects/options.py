"""What the shop dialect calls a choice: `flavor` is one of `flavors`. Options of other names keep theirs."""

from __future__ import annotations

from collections.abc import Mapping

#: The shop dialect's name of a choice → the product's name of the option.
OPTION_OF = {"flavor": "flavors", "size": "sizes", "eggOption": "eggOptions"}
CHOICE_OF = {option: choice for choice, option in OPTION_OF.items()}


def stored_options(sent: Mapping[str, str | None]) -> dict[str, str]:
    """Choices by option; what is null or empty was not chosen."""
    return {OPTION_OF.get(name, name): choice for name, choice in sent.items() if choice}


def shown_options(options: Mapping[str, str]) -> dict[str, str]:
    """Choices as the shop dialect names them."""
    return {CHOICE_OF.get(option, option): choice for option, choice in options.items()}
