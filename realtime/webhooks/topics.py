"""Which events a subscription is about: ``*``, ``order.*``, or a type as ``/ws`` calls it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from realtime import registry

EVERYTHING = "*"
LONGEST = 64
_FORM = re.compile(r"\*|[a-z_]+(\.[a-z_]+)*(\.\*)?", re.ASCII)


def is_topic(text: str) -> bool:
    """Whether it is written as a topic is. Whether there is such an event is another question."""
    return len(text) <= LONGEST and _FORM.fullmatch(text) is not None


def matches(topics: Iterable[str], name: str) -> bool:
    """Whether one of the topics means events of this name."""
    return any(_means(topic, name) for topic in topics)


def unknown(topics: Iterable[str]) -> list[str]:
    """Those that mean no event that there is."""
    names = {name for entry in _told() for name in _names(entry)}
    return [topic for topic in topics if not any(_means(topic, name) for name in names)]


def log_types(topics: Sequence[str]) -> list[str] | None:
    """The types under which the log has what the topics mean; ``None``: any, known here or not, of which
    each is still to be told apart by ``is_told``."""
    if EVERYTHING in topics:
        return None
    return sorted(entry.name for entry in _told() if any(matches(topics, name) for name in _names(entry)))


def is_told(log_type: str) -> bool:
    """Whether what the log has under this type is anybody's business here. What only tells some users of an
    event that the log has already would be that event once more, and for thousands of them many times."""
    return log_type not in registry.REPEATING


def _told() -> Iterator[registry.EventType]:
    return (entry for entry in registry.TYPES if entry.durable and is_told(entry.name))


def _means(topic: str, name: str) -> bool:
    return topic in (EVERYTHING, name) or (topic.endswith(".*") and name.startswith(topic[:-1]))


def _names(entry: registry.EventType) -> Sequence[str]:
    """What it is called in the catalog dialect, by its first emission, as ``GET /api/events`` has it."""
    emissions = entry.emissions.get(registry.CATALOG, ())
    return emissions[0].names if emissions else (entry.name,)
