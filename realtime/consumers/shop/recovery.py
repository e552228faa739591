"""How a client that comes back is known: by its *pid*, the name of its connection for as long as it recovers.

A pid is random, and carries the place in the log at which the client first came in. With it a client recovers
that has heard nothing yet, and whoever is only in the rooms of everybody needs no row anywhere. Rooms that
were joined or left by hand are kept in the database, before the client is told that it is in them: so they
outlive this process. A pid is no credential: whoever brings one gets back what its own token allows.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.crypto import salted_hmac

from realtime import services
from realtime.cursor import Offset, parse_cursor, parse_offset, to_cursor
from realtime.records import KeptRooms, Position
from realtime.selectors import kept_rooms
from realtime.threads import threads

_FORM = re.compile(r"[A-Za-z0-9_-]{20}\.([0-9a-z-]{6,40})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Return:
    """A client that comes back. ``began`` is the place at which it first came in; ``after`` what it has
    heard."""

    pid: str
    began: Position
    after: Offset


def new_pid(place: Position) -> str:
    """A name for a connection that begins at ``place``."""
    return f"{secrets.token_urlsafe(15)}.{to_cursor(place.epoch, place.seq)}"


def socket_id_of(pid: str) -> str:
    """The public id of the socket, the same for as long as it recovers. It does not tell the pid."""
    return salted_hmac("realtime.socket_id", pid).hexdigest()[:20]


def returning(auth: Mapping[str, Any]) -> Return | None:
    """What a CONNECT says of a connection before it; nothing where it says none that we can have made."""
    pid = auth.get("pid")
    if not isinstance(pid, str) or (match := _FORM.fullmatch(pid)) is None:
        return None
    began = parse_cursor(match[1])
    if began is None:
        return None
    after = parse_offset(auth.get("offset"))
    # A client keeps the offset of the connection before, until it hears the first event of this one.
    if after is None or after.position.epoch != began.epoch or after.position.seq < began.seq:
        after = Offset(began)
    return Return(pid, began, after)


async def rooms_kept(pid: str) -> KeptRooms | None:
    """What was remembered of the connection; nothing where it is in the rooms of everybody like it."""
    return await threads.run(partial(kept_rooms, pid=pid))


async def keep_rooms(pid: str, kept: KeptRooms) -> None:
    """Remember the rooms of a connection, for whichever process it comes back to."""
    await threads.run(partial(services.keep_rooms, pid=pid, kept=kept))
