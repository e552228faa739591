"""Who acts on stock from the console."""

from __future__ import annotations

from django.http import HttpRequest

from config.kernel.actors import Actor


def console_actor(request: HttpRequest) -> Actor:
    """Whoever is signed in to the console."""
    return Actor(kind="user", id=str(request.user.pk), source="admin")
