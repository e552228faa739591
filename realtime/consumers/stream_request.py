"""What a request for `/events` asks for, and what it is refused for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from django.db import DatabaseError, InterfaceError

from config.kernel.errors import InvalidInput, NotPermitted, Unavailable
from realtime.consumers.handshake import Handshake
from realtime.errors import TopicsRefused
from realtime.principals import Principal, principal_of_ticket
from realtime.rooms import agrant_topics
from realtime.threads import threads
from realtime.transport.event_stream import MEDIA_TYPE

DEFAULT_TOPICS = ("products",)
#: As on a connection of `/ws`.
MOST_TOPICS = 1_000


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A request, read. ``last_event_id`` is empty where none is named."""

    method: str
    handshake: Handshake
    origin: str | None
    #: The headers that a page's own code wants to send; ``None`` where this is no browser's preflight.
    preflight: str | None
    #: Whether it asks for a stream of events by name, as a browser's ``EventSource`` does.
    wants_stream: bool
    ticket: str | None
    last_event_id: str

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> StreamRequest:
        """Read an ASGI scope. Nothing in it is trusted, and nothing in it raises."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        is_preflight = scope["method"] == "OPTIONS" and b"access-control-request-method" in headers
        return cls(
            method=scope["method"],
            handshake=Handshake.of(scope),
            origin=headers.get(b"origin"),
            preflight=headers.get(b"access-control-request-headers", "") if is_preflight else None,
            wants_stream=MEDIA_TYPE in headers.get(b"accept", ""),
            ticket=query["ticket"][-1] if "ticket" in query else None,
            # A browser that comes back sends the header, while its address still says where it once began.
            # An empty one is none: so it is in the standard.
            last_event_id=headers.get(b"last-event-id") or query.get("last_event_id", [""])[-1],
        )

    def check(self) -> None:
        """Raise what the request is refused for whoever it comes from."""
        if not self.handshake.origin_is_allowed:
            raise NotPermitted("Pages of this origin may not listen", code="origin_not_allowed")
        if self.handshake.has_token_in_url:
            raise InvalidInput(
                "A token in the URL is not read: it would end up in logs. Bring a ticket", code="token_in_url"
            )
        if self.handshake.topics == []:
            what = "must name at least one topic"
            raise InvalidInput(f"topics: {what}", details={"topics": [what]})

    async def principal(self) -> Principal:
        """Whoever the credentials name; a ticket is used up by it. Raises ``NotAuthenticated``,
        ``Unavailable``."""
        try:
            if self.ticket is not None and self.handshake.authorization is None:
                return await threads.run(partial(principal_of_ticket, self.ticket))
            return await self.handshake.principal()
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable from error

    async def rooms(self, principal: Principal) -> list[str]:
        """The rooms of all that was asked for. Raises ``TopicsRefused`` where one of them is refused: a
        stream has no other place to say that it brings less."""
        asked = DEFAULT_TOPICS if self.handshake.topics is None else self.handshake.topics
        grants = await agrant_topics(principal, asked)
        refused = [(grant.name, grant.refusal) for grant in grants[:MOST_TOPICS] if grant.refusal is not None]
        refused += [(grant.name, "too_many_topics") for grant in grants[MOST_TOPICS:]]
        if refused:
            raise TopicsRefused(refused)
        return [grant.room for grant in grants]
