"""The same with several processes: each has a database connection of its own, and does whole batches."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from django.db import connection

from config.kernel.actors import Actor
from inventory.replay.parsing import Invoice
from inventory.replay.replaying import Places, Tally, replay

_places: Places = {}


def replay_with_workers(
    batches: Iterable[list[Invoice]], *, workers: int, places: Places, actor: Actor
) -> Iterator[Tally]:
    """The tallies of the batches, as they are done."""
    pool = ProcessPoolExecutor(
        max_workers=workers,
        # Not fork: a forked child would share this process's connection, and its progress bar's thread.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(str(connection.settings_dict["NAME"]), dict(places)),
    )
    with pool:
        running: list[Future[Tally]] = [pool.submit(_replay_batch, batch, actor) for batch in batches]
        for done in as_completed(running):
            yield done.result()


def _begin(database: str, places: Places) -> None:
    """In the new process, once."""
    import django  # not before: this module is imported by the parent too, where it is set up

    django.setup()
    # The same database as the parent's, which in a test run is not the one of the settings.
    connection.settings_dict["NAME"] = database
    global _places  # noqa: PLW0603  what an initializer leaves for its process's tasks
    _places = places


def _replay_batch(batch: list[Invoice], actor: Actor) -> Tally:
    return replay(batch, places=_places, actor=actor)
