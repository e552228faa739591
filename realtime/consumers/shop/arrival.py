"""What a handshake tells of whoever is at the door, and how credentials are found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from config.identity.errors import InvalidToken
from realtime.consumers.handshake import counted_address, is_allowed_origin, sign_in_cookie
from realtime.principals import GUEST, Principal, principal_of_header, principal_of_token
from realtime.socketio.requests import EngineRequest
from realtime.threads import threads

#: Longer credentials are none; of those no more is kept than shows it.
LONGEST_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is kept of the request that opened a connection: it may ask for the namespace again later.

    ``header`` is a whole ``Authorization`` header; ``token`` comes from the query or from the cookie.
    """

    origin_is_allowed: bool
    address: str
    header: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, request: EngineRequest) -> Arrival:
        """Read a request. Nothing in it is trusted, and nothing in it raises."""
        is_allowed = is_allowed_origin(request.origin, host=request.host)
        token = request.query.get("token", "") or sign_in_cookie(
            request.headers, is_allowed_origin=is_allowed
        )
        return cls(
            origin_is_allowed=is_allowed,
            address=counted_address(request.address, request.headers),
            header=request.headers.get("authorization", "")[:LONGEST_KEPT],
            token=token[:LONGEST_KEPT],
        )

    async def principal(self, auth: Mapping[str, Any]) -> Principal:
        """Whoever the first credential found names; without any, a guest.

        Raises ``NotAuthenticated`` for wrong ones, never a silent guest; ``DatabaseError`` where nobody can
        be asked.
        """
        # Clients that are not signed in send the token that they don't have: null, or an empty text.
        given = auth.get("token")
        if given is not None and not isinstance(given, str):
            raise InvalidToken
        if given:
            return await threads.run(partial(principal_of_token, given))
        if self.header:
            return await threads.run(partial(principal_of_header, self.header))
        if self.token:
            return await threads.run(partial(principal_of_token, self.token))
        return GUEST
