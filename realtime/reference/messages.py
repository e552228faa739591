"""What is said on the live doors besides events: what clients may say, and what one client alone is told.

Clients' lists are closed; a test holds them against the doors' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from config.api.openapi.shapes import Moment

# -------------------------------------------------------------------------------------- /ws, both ways


class _Asked(TypedDict):
    ref: NotRequired[Any]


class Auth(_Asked):
    """Credentials, or fresh ones, at any time."""

    type: Literal["auth"]
    token: str


class Subscribe(_Asked):
    """Hear these topics too."""

    type: Literal["subscribe"]
    topics: list[str]


class Unsubscribe(_Asked):
    """Hear these topics no more."""

    type: Literal["unsubscribe"]
    topics: list[str]


class Resume(_Asked):
    """What was missed since `cursor` of these topics (without any: of all that are heard)."""

    type: Literal["resume"]
    cursor: str
    topics: NotRequired[list[str]]


class Ping(_Asked):
    """Is the line there?"""

    type: Literal["ping"]


class Hello(TypedDict):
    """The first message. `cursor` is a place that this connection may go on from; `heartbeat` in seconds."""

    type: Literal["hello"]
    cursor: str
    heartbeat: int
    server_time: Moment


class _Me(TypedDict):
    id: str
    role: str


class AuthOk(_Asked):
    """`auth` was right. `expires_at`: fresh credentials are needed by then."""

    type: Literal["auth.ok"]
    user: _Me
    expires_at: Moment | None


class Refusal(TypedDict):
    """A topic that is not for this client, and why."""

    topic: str
    code: str


class Subscribed(_Asked):
    """Which topics are heard from now on, and which are not."""

    type: Literal["subscribed"]
    topics: list[str]
    refused: list[Refusal]
    cursor: str


class Unsubscribed(_Asked):
    type: Literal["unsubscribed"]
    topics: list[str]


class Resumed(_Asked):
    """`recovered`: what was missed has been sent. Else nothing was, `reason` says why, and state has to be
    fetched."""

    type: Literal["resumed"]
    recovered: bool
    replayed: NotRequired[int]
    reason: NotRequired[Literal["expired", "epoch_changed", "too_many", "malformed"]]
    cursor: str
    refused: NotRequired[list[Refusal]]


class Pong(_Asked):
    type: Literal["pong"]
    timestamp: Moment


class WsError(_Asked):
    """What was said could not be done; the connection stays, unless it is closed after this."""

    type: Literal["error"]
    code: str
    message: str


class Reset(TypedDict):
    """`Last-Event-ID` can't be gone on from: fetch state."""

    reason: Literal["expired", "epoch_changed", "too_many", "malformed"]


# ----------------------------------------------------------------------------------- Socket.IO, told


class Ready(TypedDict):
    """A place in the log, as last argument: with it a client recovers that has heard nothing else."""

    timestamp: Moment


class Joined(TypedDict):
    room: str
    timestamp: Moment


class NotJoined(TypedDict):
    room: str
    error: str
    code: str
    timestamp: Moment


class Problem(TypedDict):
    """What was said could not be done; `event` is its name, `retryAfter` in seconds where one is to wait."""

    message: str
    code: str
    event: NotRequired[str]
    retryAfter: NotRequired[float]
    timestamp: Moment


class Expired(TypedDict):
    """Send `authenticate` with a fresh token within 60 s."""

    timestamp: Moment


class ChatJoined(TypedDict):
    """The chat, and its newest 50 messages."""

    chatRoom: str
    chat: Mapping[str, Any]
    messages: list[Mapping[str, Any]]
    timestamp: Moment


# ----------------------------------------------------------------------------------- Socket.IO, said


class Room(TypedDict):
    """`userId` is never believed: the token is."""

    room: str
    userId: NotRequired[str]


class CartOf(TypedDict):
    """A guest's cart. A customer says nothing."""

    cartToken: NotRequired[str]


class CartItemOf(TypedDict):
    productId: str
    variant: NotRequired[Mapping[str, str]]
    options: NotRequired[Mapping[str, str]]
    quantity: NotRequired[int]


class CartChange(CartItemOf):
    action: Literal["add", "remove", "set"]


class View(TypedDict):
    """`duration` in milliseconds."""

    productId: str
    category: NotRequired[str]
    duration: int


class WishlistChange(TypedDict):
    action: Literal["item_added", "item_removed", "wishlist_created"]
    productId: NotRequired[str]
    wishlistId: NotRequired[str]


class Issue(TypedDict):
    issue: str
    priority: NotRequired[Literal["low", "normal", "high", "urgent"]]


class Said(TypedDict):
    """Staff name the room. The same `clientMessageId` again is the same message."""

    message: str
    chatRoom: NotRequired[str]
    clientMessageId: NotRequired[str]


class Token(TypedDict):
    token: str


FROM_CLIENTS: dict[str, dict[str, Any]] = {
    "ws": {
        "auth": Auth,
        "subscribe": Subscribe,
        "unsubscribe": Unsubscribe,
        "resume": Resume,
        "ping": Ping,
    },
    "socketio": {
        "join_room": Room,
        "leave_room": Room,
        "join_order_room": str,
        "leave_order_room": str,
        "join_cart": CartOf,
        "cart_add_item": CartItemOf,
        "cart_remove_item": CartItemOf,
        "cart_batch_update": list[CartChange],
        # Two arguments: a role and an id.
        "user_role": list[str],
        "authenticate": Token,
        "join_support_chat": Issue,
        "support_message": Said,
        "typing_start": Room,
        "typing_stop": Room,
        "product_view": View,
        "wishlist_updated": WishlistChange,
        "user_activity": None,
    },
}

#: What is no event of the shop, but told to one client.
TO_CLIENTS: dict[str, dict[str, Any]] = {
    "ws": {
        "hello": Hello,
        "auth.ok": AuthOk,
        "subscribed": Subscribed,
        "unsubscribed": Unsubscribed,
        "resumed": Resumed,
        "pong": Pong,
        "error": WsError,
    },
    "events": {"reset": Reset},
    "socketio": {
        "ready": Ready,
        "room_joined": Joined,
        "room_left": Joined,
        "room_join_error": NotJoined,
        "error": Problem,
        "token_expired": Expired,
        "support_chat_joined": ChatJoined,
    },
}
