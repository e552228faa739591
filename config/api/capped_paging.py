"""A paginator for the console's lists of tables that only grow: it counts so far and no further.

Counting a million rows, or skipping over most of them, takes longer than anybody wants to wait for fifty of
them. Whoever looks for something older narrows the list.
"""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 10_000


class CappedPaginator(Paginator[Any]):
    """The first ``MOST`` rows, in pages."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            # Without the order and all else that the database would work out for nothing.
            return rows.order_by().values("pk")[:MOST].count()
        return min(MOST, len(rows))
