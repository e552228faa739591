"""For the console's lists that are searched in a way of their own, not by Django's ``icontains`` joins."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest


class OwnSearch:
    """Before the admin's class. ``found`` is asked with what is looked for, and not where nothing is."""

    def found(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Those of the rows that are meant by ``term``, each once."""
        raise NotImplementedError

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django's signature
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        """As Django wants it; no row comes twice."""
        term = search_term.strip()
        return (self.found(queryset, term) if term else queryset), False
