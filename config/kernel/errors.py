"""What a service may refuse, and why.

Belongs here: the tree of refusals that every app extends. Does not belong here: HTTP statuses
and JSON (``config.api.errors`` maps this tree onto them), and any rule of a single app.

    StockwireError
    ├── InvalidInput          the request can never be right            (400)
    │   └── InvalidItems      several items, each with its own error    (400)
    ├── NotAuthenticated      no credentials, or wrong ones             (401)
    ├── NotPermitted          known, but may not                        (403)
    ├── NotFound              it is not there, or not for the caller    (404)
    ├── Conflict              right in itself, wrong just now           (409)
    │   ├── ConflictingItems  several items, each with its own error    (409)
    │   └── InProgress        the same request is still running         (409, Retry-After)
    ├── PreconditionFailed    If-Match names another version            (412)
    ├── PayloadTooLarge       the body is over the limit                (413)
    ├── KeyReused             one key, two different requests           (422)
    ├── RateLimited           too many, too fast                        (429, Retry-After)
    ├── Unreachable           somebody else's service does not answer   (502)
    └── Unavailable           something we stand on does not answer     (503)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class StockwireError(Exception):
    """A refusal that a client may read.

    ``message`` is a sentence for people, ``code`` one machine word, ``details`` names fields
    (``{"variants[1].sku": ["required"]}``), ``extra`` are further fields of the answer.
    """

    code = "error"
    message = "The request was refused"

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Mapping[str, Sequence[str]] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.code = code or type(self).code
        self.details = dict(details) if details else {}
        self.extra = dict(extra) if extra else {}
        super().__init__(self.message)


class InvalidInput(StockwireError):
    """The request can never be right as it stands."""

    code = "invalid"
    message = "The request is not valid"


class NotAuthenticated(StockwireError):
    """No credentials, or credentials that do not hold."""

    code = "not_authenticated"
    message = "Sign in first"


class NotPermitted(StockwireError):
    """The caller is known and may not do this."""

    code = "not_permitted"
    message = "You may not do this"


class NotFound(StockwireError):
    """It is not there, or it is not the caller's to see."""

    code = "not_found"
    message = "Not found"


class Conflict(StockwireError):
    """Right in itself, but not in the present state."""

    code = "conflict"
    message = "The present state does not allow this"


class InProgress(Conflict):
    """The same request is running at this moment; try again in ``retry_after`` seconds."""

    code = "in_progress"
    message = "The same request is still in progress"
    retry_after = 1


class SentBefore(Conflict):
    """A form that is good once came again."""

    code = "sent_before"
    message = "This form was sent before, and was done then: look at what there is now"


class PreconditionFailed(StockwireError):
    """The resource is no longer the version that the caller knows."""

    code = "precondition_failed"
    message = "The resource has changed since you read it"


class PayloadTooLarge(StockwireError):
    """The body is over the limit."""

    code = "payload_too_large"
    message = "The request body is too large"


class KeyReused(StockwireError):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"
    message = "This idempotency key was used with another request"


class RateLimited(StockwireError):
    """Too many requests; try again in ``retry_after`` seconds."""

    code = "rate_limited"
    message = "Too many requests"

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message, extra={"retryAfter": retry_after})
        self.retry_after = retry_after


class Unreachable(StockwireError):
    """Somebody else's service, which this request needs, does not answer or answers nonsense."""

    code = "unreachable"
    message = "A service that this needs can't be reached at the moment"


class Unavailable(StockwireError):
    """A service that this one stands on does not answer."""

    code = "unavailable"
    message = "The service is not available at the moment"


@dataclass(frozen=True, slots=True)
class ItemError:
    """What is wrong with one item of a request. ``item`` is the item as it was sent."""

    item: Any
    message: str
    code: str
    extra: Mapping[str, Any] = field(default_factory=dict)


class _ItemsRefused(StockwireError):
    def __init__(self, errors: Sequence[ItemError], message: str | None = None) -> None:
        if not errors:
            raise ValueError("a refusal of items names at least one item")
        self.errors = tuple(errors)
        super().__init__(message or errors[0].message, code=errors[0].code)


class InvalidItems(_ItemsRefused, InvalidInput):
    """Items that name nothing real, or not one thing. Its ``code`` is the first item's."""


class ConflictingItems(_ItemsRefused, Conflict):
    """Items that are right in themselves but cannot be had now. Its ``code`` is the first item's."""
