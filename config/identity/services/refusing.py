"""How a service says which field is wrong."""

from __future__ import annotations

from config.kernel.errors import InvalidInput


def invalid(place: str, *what: str) -> InvalidInput:
    """The refusal of what was given at ``place``."""
    return InvalidInput(f"{place}: {what[0]}", details={place: list(what)})
