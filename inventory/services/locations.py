"""Describing locations. Stock opens them by itself; this is how they are called, and who sells first."""

from __future__ import annotations

from inventory.models import Location


def describe_location(*, code: str, name: str, priority: int) -> Location:
    """Name a location and say when sales draw on it (the lowest number first); made where it is not there.

    Locks: the location. Refuses: nothing. Announces: nothing: no figure changes.
    """
    location, _ = Location.objects.update_or_create(code=code, defaults={"name": name, "priority": priority})
    return location
