"""How a client is put into a room and out of it, and told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime.consumers.shop.arguments import RefusedError
from realtime.consumers.shop.visitor import ROOM_JOIN_ERROR, Visitor
from realtime.rooms import Refusal, room_of_name

_WHY: Mapping[Refusal, str] = {
    "not_authenticated": "sign in first",
    "not_permitted": "this room is not for you",
    "unknown_room": "there is no such room",
}


async def join(visitor: Visitor, name: str) -> Mapping[str, Any]:
    """Put it into the room of that name, and tell it; what stands in the acknowledgement."""
    grant = await visitor.join(name)
    if grant.refusal is not None:
        raise not_joined(name, grant.refusal)
    visitor.emit("room_joined", room=name)
    return {"room": name}


async def leave(visitor: Visitor, name: str) -> Mapping[str, Any]:
    """Put it out of the room of that name, and tell it; what stands in the acknowledgement."""
    room = room_of_name(name)
    if room is None:
        raise RefusedError("unknown_room", "there is no such room", room=name)
    await visitor.leave(room)
    visitor.emit("room_left", room=name)
    return {"room": name}


def not_joined(name: str, refusal: Refusal) -> RefusedError:
    """What is raised for a room that it may not be in."""
    return RefusedError(refusal, _WHY.get(refusal, refusal), told_as=ROOM_JOIN_ERROR, room=name)
