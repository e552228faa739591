"""What every error's answer looks like, for the tests to hold each one to it."""

from typing import Any

BASE = {"error", "message", "code", "timestamp"}


def refused(answer: Any, status: int, code: str, *further: str) -> dict[str, Any]:
    """The body of an error, after everything that holds for all of them."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body.get("code")) == (status, code), answer.content
    assert answer.headers["Content-Type"] == "application/json"
    assert set(body) == BASE | set(further)
    assert body["error"] == body["message"]
    assert body["timestamp"].endswith("Z")
    assert len(body["timestamp"]) == len("2026-11-21T10:00:00.000Z")
    return body
