"""Filters of the console's lists whose choices are known. Django's own, for a field without choices, reads
the whole table to find which there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

Choices = Iterable[tuple[str, str]]


def fixed_filter(
    field: str, choices: Choices | Callable[[], Choices], *, title: str = ""
) -> type[admin.SimpleListFilter]:
    """A filter by ``field``, with these choices and no question to the database.

    They may be a function, for what is known only once all apps have started.
    """
    name = title or field.replace("_", " ")

    class FixedFilter(admin.SimpleListFilter):
        title = name
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django's signature
            return list(choices() if callable(choices) else choices)

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002  as above
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return FixedFilter


def named(*names: str) -> list[tuple[str, str]]:
    """Choices that are shown as they are written."""
    return [(name, name) for name in names]
