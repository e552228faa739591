"""Long polling: a request in, an answer out. No ASGI here, so that a request which has come to another
process than its session's can be answered by the right one."""

from __future__ import annotations

from realtime.socketio.connection import Connection
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine_events import CloseReason, Transport
from realtime.socketio.requests import Answer, EngineRequest, Refusal, RefusedError


async def answer(endpoint: Endpoint, request: EngineRequest, body: bytes) -> Answer:
    """Answer a request; a GET waits until there is something to hear. When it is cancelled the poll is taken
    for lost."""
    try:
        return await _answer(endpoint, request, body)
    except RefusedError as error:
        return Answer.refusing(error.refusal)


def refuse_too_large(endpoint: Endpoint, request: EngineRequest) -> Answer:
    """The answer to a POST that brings too much. Its session ends: a part of what was said is missing."""
    connection = endpoint.connections.get(request.sid)
    if connection is not None:
        if connection.transport is Transport.POLLING:
            connection.lose(CloseReason.TOO_LARGE)
    elif endpoint.elsewhere is not None:
        endpoint.elsewhere.lose(request.sid, CloseReason.TOO_LARGE)
    return Answer.refusing(Refusal.TOO_LARGE)


async def _answer(endpoint: Endpoint, request: EngineRequest, body: bytes) -> Answer:
    request.check(Transport.POLLING)
    if not request.sid:
        return Answer(endpoint.open(request, Transport.POLLING).greeting())
    if request.sid not in endpoint.connections and endpoint.elsewhere is not None:
        return await endpoint.elsewhere.answer(request, body)
    connection = endpoint.find(request.sid)
    # One that has gone over to a WebSocket has no polls any more.
    if connection.transport is Transport.POLLING:
        if request.method == "GET":
            return await _get(connection)
        if request.method == "POST":
            return await _post(connection, body)
    raise RefusedError(Refusal.BAD_REQUEST)


async def _get(connection: Connection) -> Answer:
    payload = await connection.poll()
    if payload is None:
        raise RefusedError(Refusal.BAD_REQUEST)
    return Answer(payload)


async def _post(connection: Connection, body: bytes) -> Answer:
    if connection.is_posting:
        # Two at once could bring packets out of order.
        connection.lose(CloseReason.LOST)
        raise RefusedError(Refusal.BAD_REQUEST)
    connection.is_posting = True
    try:
        if not connection.post(body):
            raise RefusedError(Refusal.BAD_REQUEST)
        await connection.settled()
    finally:
        connection.is_posting = False
    return Answer(b"ok")
