"""The same with several processes: each has a database connection of its own, and does whole batches.

A new process imports this module before Django is set up there; so what needs models is imported late.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from config.kernel.actors import Actor
from inventory.replay.parsing import Invoice

if TYPE_CHECKING:
    from inventory.replay.replaying import Tally

_places: Mapping[str, tuple[str, str]] = {}


def replay_with_workers(
    batches: Iterable[list[Invoice]],
    *,
    workers: int,
    places: Mapping[str, tuple[str, str]],
    actor: Actor,
    database: str,
) -> Iterator[Tally]:
    """The tallies of the batches, as they are done. ``database`` is the name of the one to write to."""
    pool = ProcessPoolExecutor(
        max_workers=workers,
        # Not fork: a forked child would share this process's connection, and its progress bar's thread.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(database, dict(places)),
    )
    with pool:
        running: list[Future[Tally]] = [pool.submit(_replay_batch, batch, actor) for batch in batches]
        for done in as_completed(running):
            yield done.result()


def _begin(database: str, places: Mapping[str, tuple[str, str]]) -> None:
    """In the new process, once."""
    import django
    from django.db import connection

    django.setup()
    # The same database as the parent's, which in a test run is not the one of the settings.
    connection.settings_dict["NAME"] = database
    global _places  # noqa: PLW0603  what an initializer leaves for its process's tasks
    _places = places


def _replay_batch(batch: list[Invoice], actor: Actor) -> Tally:
    from inventory.replay.replaying import replay

    return replay(batch, places=_places, actor=actor)
