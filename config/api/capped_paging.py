"""For the console's lists of tables that only grow: they count so far and no further.

Counting a million rows, or skipping over most of them, takes longer than anybody wants to wait for fifty of
them. Whoever looks for something older narrows the list.
"""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

MOST = 10_000


class CappedPaginator(Paginator[Any]):
    """The first ``MOST`` rows, in pages.

    A page's ids are found first, and what is shown of them then: what the list joins, or works out for each
    row, is not asked of all the others that were only sorted or passed over.
    """

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return min(MOST, len(rows))
        if len(self._first) <= self.per_page:
            return min(MOST, len(self._first))
        # Without the order and all else that the database would work out for nothing.
        return rows.order_by().values("pk")[:MOST].count()

    def page(self, number: int | str) -> Page[Any]:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return super().page(number)
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        end = min(start + self.per_page, self.count)
        ids = self._first[:end] if start == 0 else list(_ids(rows)[start:end])
        return Page(rows.filter(pk__in=ids), number, self)

    @cached_property
    def _first(self) -> list[Any]:
        """The first page's ids, and one more where there is one: a short list is counted by them."""
        assert isinstance(self.object_list, QuerySet)  # noqa: S101  as its callers have seen
        return list(_ids(self.object_list)[: self.per_page + 1])


def _ids(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.values_list("pk", flat=True)


class CappedChangeList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """A list of which nobody counts what was left out. Where nothing was, its head offers no more."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page:
            # Django would ask for the whole list once more, though its ids are known by now.
            self.result_list = self.paginator.page(1).object_list
        is_narrowed = bool(self.query or self.get_filters_params())
        self.full_result_count = None if is_narrowed else self.result_count
