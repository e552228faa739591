"""Headers and credentials, each described once."""

from __future__ import annotations

from config.api.errors import CHALLENGE
from config.api.openapi.shapes import Schema

#: Name → what it means, and an example. Of requests.
REQUEST: dict[str, tuple[str, str]] = {
    "Idempotency-Key": (
        "One effect for one key, however often the request comes; kept for 7 days",
        "order-1001",
    ),
    "If-Match": ("Only if it is still this version", '"3"'),
    "If-None-Match": ("304 if this `ETag` still holds", '"3"'),
    "If-Modified-Since": ("304 if nothing changed since then", "Sat, 21 Nov 2026 10:00:00 GMT"),
    "X-Cart-Token": ("A guest's cart; the first answer hands it out", "ct_3kq9V7"),
}
#: Of answers.
ANSWER: dict[str, tuple[str, str]] = {
    "ETag": ("The version, for `If-None-Match` and `If-Match`", '"3"'),
    "Last-Modified": ("When it last changed", "Sat, 21 Nov 2026 10:00:00 GMT"),
    "Link": ("Where the next page is, if there is one", '</products?limit=2&cursor=x>; rel="next"'),
    "Location": ("Where it is now", "/api/orders/ord_123"),
    "Idempotent-Replayed": ("`true` where it is the first answer again", "true"),
    "Retry-After": ("Seconds to wait", "1"),
    "WWW-Authenticate": ("Which credentials are taken", CHALLENGE),
    "X-Cart-Token": ("To a guest who came without one: the cart that was begun", "ct_3kq9V7"),
    "X-Event-Cursor": (
        "The place in the log before this was read: resume from it, and miss nothing",
        "AAAB1",
    ),
    "X-Stock-Timestamp": ("The newest stock change in the answer", "2026-11-21T10:00:00.000Z"),
    "X-Unread-Count": ("How many notifications are unread", "2"),
}

BEARER, API_KEY, SESSION, CSRF = "bearer", "apiKey", "session", "csrf"

SECURITY_SCHEMES: dict[str, Schema] = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "What `POST /api/auth/login` gives as `token`.",
    },
    API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Api-Key <key>`, for a shop's own server; staff make keys in the admin.",
    },
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The admin's own session, for staff; whatever changes something needs `csrf` too.",
    },
    CSRF: {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The value of the cookie `csrftoken`, beside a session.",
    },
}


def answer_headers() -> dict[str, Schema]:
    """The components of answers."""
    return {name: _described(text, example) for name, (text, example) in ANSWER.items()}


def request_headers() -> dict[str, Schema]:
    """The components of requests."""
    return {
        name: {"name": name, "in": "header", **_described(text, example)}
        for name, (text, example) in REQUEST.items()
    }


def _described(text: str, example: str) -> Schema:
    return {"description": text, "schema": {"type": "string"}, "example": example}
