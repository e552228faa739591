"""One figure for everything that the tables hold: after a refusal it is what it was before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from django.apps import apps
from django.db import connection

_OURS = ("api", "catalog", "identity", "inventory", "orders", "realtime")
#: How far the worker has read: it goes on by itself, a moment after whatever came before the refusal.
_MOVES_BY_ITSELF = "realtime_wishersplace"


def fingerprint() -> Mapping[str, tuple[int, str]]:
    """Of each of our tables how many rows it has, and a digest of them whatever their order."""
    tables = sorted(
        {model._meta.db_table for label in _OURS for model in apps.get_app_config(label).get_models()}
        - {_MOVES_BY_ITSELF}
    )
    rows = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "  # noqa: S608  ours
        f'FROM "{table}" t'
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(rows)
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


@contextmanager
def nothing_changes(*, but: Collection[str] = ()) -> Iterator[None]:
    """See that all tables (``but`` these) are afterwards as they were before; say which are not."""
    before = fingerprint()
    yield
    after = fingerprint()
    changed = [table for table, rows in after.items() if rows != before[table] and table not in but]
    assert changed == [], changed
