"""What an action of the admin asks for. Unfold and Django call a method of the page, by its name."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest


def asks_for(permission: str) -> Callable[..., bool]:
    """A page's ``has_…_permission``: by the duties of whoever acts, whichever record it is.

    Unfold asks with an id where it has one, and without where it hasn't.
    """

    def has_permission(_page: object, request: HttpRequest, object_id: str | None = None) -> bool:  # noqa: ARG001
        return bool(request.user.has_perm(permission))

    return has_permission
