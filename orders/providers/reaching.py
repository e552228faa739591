"""What went wrong on the way to a provider: above all, whether it can have heard us."""

from __future__ import annotations

from collections.abc import Iterator

#: Seconds to wait for a connection, and then for each piece of an answer.
TIMEOUT = (5.0, 15.0)

#: By name, so that neither `requests` nor `urllib3` has to be there where no SDK is.
_NEVER_CONNECTED = frozenset(
    {"NewConnectionError", "ConnectTimeoutError", "ConnectTimeout", "NameResolutionError"}
)


def was_never_sent(error: BaseException) -> bool:
    """Whether there was no connection at all: what was asked for has then certainly not been done."""
    return any(type(one).__name__ in _NEVER_CONNECTED for one in _behind(error))


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, what it carries: SDKs wrap what they got in any of these ways."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
