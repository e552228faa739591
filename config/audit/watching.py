"""Which tables are watched, and the triggers that watch them.

An app lists its tables in `audited.py`, hands the list to ``watch`` when it starts, and to ``triggers`` in a
migration. An update is watched by its columns: one that sets none of them fires nothing, and costs nothing.
That is how the hot rows (a level's `on_hand`, a sale's `units_taken`) stay as fast as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A table. ``columns`` are those whose change is noted; of the ``secret`` ones only that they changed.

    ``subject`` is what its rows belong to, with the column that says to which: (``catalog.product``,
    ``product_id``). ``rows``: whether it is noted that a row comes or goes; ``when`` narrows for which.
    """

    table: str
    kind: str
    subject: tuple[str, str]
    columns: tuple[str, ...]
    secret: tuple[str, ...] = ()
    key: str = "id"
    rows: bool = True
    when: str = "true"
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        table, columns = re.escape(self.table), "|".join(map(re.escape, self.columns))
        # A column that is set bears no alias; in conditions it does, or is quoted together with its table.
        update = rf'UPDATE\s+"?{table}"?\s[\s\S]*?(?<![\w.])"?(?:{columns})"?\s*='
        comes_or_goes = rf'|(?:INSERT\s+INTO|DELETE\s+FROM)\s+"?{table}"?[\s(]' if self.rows else ""
        object.__setattr__(self, "pattern", re.compile(update + comes_or_goes))


_watched: dict[str, Watched] = {}


def watch(*tables: Watched) -> None:
    """Know of these tables; when the app starts."""
    _watched.update({one.table: one for one in tables})
    writes_watched.cache_clear()


def watched() -> dict[str, Watched]:
    """All of them."""
    return dict(_watched)


@lru_cache(maxsize=4096)
def writes_watched(sql: str) -> bool:
    """Whether a statement may write what is watched."""
    return any(one.table in sql and one.pattern.search(sql) for one in _watched.values())


def triggers(*tables: Watched) -> Iterator[tuple[str, str]]:
    """The statements of a migration that watch these tables, each with what undoes it."""
    for one in tables:
        named = [one.kind, one.key, *one.subject, ",".join(one.columns), ",".join(one.secret)]
        told = ", ".join(f"'{text}'" for text in named)
        yield (
            (
                f"CREATE TRIGGER audited_change AFTER UPDATE OF {', '.join(one.columns)} ON {one.table}"
                f" FOR EACH ROW EXECUTE FUNCTION audit_change({told})"
            ),
            f"DROP TRIGGER audited_change ON {one.table}",
        )
        if not one.rows:
            continue
        for event, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
            when = one.when.replace("row.", f"{row}.")
            yield (
                (
                    f"CREATE TRIGGER audited_{event.lower()} AFTER {event} ON {one.table}"
                    f" FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION audit_change({told})"
                ),
                f"DROP TRIGGER audited_{event.lower()} ON {one.table}",
            )
