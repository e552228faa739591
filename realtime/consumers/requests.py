"""What a client may say on `/ws`: a closed list, each read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

#: Longer messages are refused.
MOST_BYTES = 64 * 1024
#: Topics that one message may name.
MOST_TOPICS = 1_000
#: Arrays and objects inside each other in a `ref`. It is sent back, and far more can be read than written.
MOST_REF_DEPTH = 32

TYPES = ("auth", "subscribe", "unsubscribe", "resume", "ping")


class MalformedError(Exception):
    """A message that is not one of ours."""

    def __init__(self, code: str, message: str, ref: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ref = ref


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """One message, read. What its type does not use is empty; ``topics`` is ``None`` where a resume names
    none."""

    type: str
    ref: Any = None
    has_ref: bool = False
    token: str = ""
    topics: list[str] | None = None
    cursor: Any = None


def read_message(text: str | None) -> ClientMessage:
    """The message, or ``MalformedError``."""
    if text is None:
        raise MalformedError("malformed", "messages are text")
    if len(text) > MOST_BYTES or len(text.encode()) > MOST_BYTES:
        raise MalformedError("too_large", f"a message has at most {MOST_BYTES} bytes")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise MalformedError("malformed", "not JSON") from None
    if not isinstance(message, dict):
        raise MalformedError("malformed", "a message is a JSON object")
    ref = message.get("ref")
    # Most are a text or a number.
    if isinstance(ref, dict | list) and _is_deep(ref):
        raise MalformedError("malformed", f"ref: at most {MOST_REF_DEPTH} deep")
    kind = message.get("type")
    if kind not in TYPES:
        raise MalformedError("unknown_type", f"type: must be one of {', '.join(TYPES)}", ref)
    return ClientMessage(
        type=kind,
        ref=ref,
        has_ref="ref" in message,
        token=_token(message, ref) if kind == "auth" else "",
        topics=_topics(message, ref, optional=kind == "resume")
        if "subscribe" in kind or kind == "resume"
        else None,
        cursor=message.get("cursor"),
    )


def _is_deep(value: Any) -> bool:
    layer = [value]
    for _ in range(MOST_REF_DEPTH):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True


def _token(message: dict[str, Any], ref: Any) -> str:
    token = message.get("token")
    if not isinstance(token, str) or not token:
        raise MalformedError("malformed", "token: must be a text", ref)
    return token


def _topics(message: dict[str, Any], ref: Any, *, optional: bool) -> list[str] | None:
    topics = message.get("topics")
    if topics is None and optional:
        return None
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise MalformedError("malformed", "topics: must be an array of texts", ref)
    if len(topics) > MOST_TOPICS:
        raise MalformedError("malformed", f"topics: at most {MOST_TOPICS}", ref)
    return topics
