"""What the URLconf has, for tables that have to have all of it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")


def endpoints(beginnings: tuple[str, ...]) -> set[tuple[str, str]]:
    """The routes that begin so, with the methods that each takes."""
    found: set[tuple[str, str]] = set()

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif route.startswith(beginnings):
                view = pattern.callback
                whole = getattr(view, "view_class", None) or getattr(view, "cls", None)
                taken = getattr(view, "actions", None) or dir(whole)
                found.update((method, route) for method in METHODS if method in taken)

    walk(get_resolver("config.urls").url_patterns, "")
    return found
