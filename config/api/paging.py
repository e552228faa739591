"""Keyset paging: a page begins after the last row of the one before, not after a number of rows.

So pages neither repeat nor miss a row that stays where it is, whatever is written meanwhile, and page
1000 costs what page 1 costs. Belongs here: cursors, limits, ``Link``. Does not belong here: filters.

Nulls stand where PostgreSQL puts them (last ascending, first descending), and are paged through like
any value. A row whose order values change while a client pages may be seen twice or not at all; an
order by something that stays (``created_at``, ``id``) has no such rows.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist
from django.db.models import Field, Model, Q, QuerySet
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from config.kernel.errors import InvalidInput
from config.kernel.statements import Bound, bound, rows

MAX_LIMIT = 500

_STREAMED_AT_ONCE = 500
_LONGEST_CURSOR = 8192
_SIGNATURE = 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A list of items, or an iterator over all; ``link`` is the ``Link`` header where there are more."""

    items: list[T] | Iterator[T]
    link: str | None = None


class InvalidCursor(InvalidInput):
    """The cursor was not given out by us, or for another list."""

    code = "invalid_cursor"
    message = "cursor: is not one of this list"


def paginate(
    request: Request, queryset: QuerySet[Any, T], *, order: Sequence[str], default_limit: int | None
) -> Page[T]:
    """The page of ``queryset`` that ``?limit=`` and ``?cursor=`` ask for, in one query.

    ``order`` is as for ``order_by``: names of fields or annotations, each ascending or with ``-``; the
    primary key is added where it is missing, so that the order is total. A float can't be ordered by
    (it does not come back from the client as it went): cast it to a decimal. Without ``default_limit``
    and ``limit`` the items are an iterator over all, read a few hundred at a time.

    Raises ``InvalidInput`` for a limit outside of 1…500, ``InvalidCursor``.
    """
    limit = _limit(request, default_limit)
    keys = _keys(queryset.model, order)
    place = _Place(keys, _listing(request.path, queryset.model, keys), limit or MAX_LIMIT)
    found = _from_cursor_on(queryset, place, request.query_params.get("cursor"))
    if limit is None:
        return Page(found.iterator(chunk_size=_STREAMED_AT_ONCE))
    return place.page(request, list(found[: limit + 1]))


def page_after(
    queryset: QuerySet[Any, T], *, order: Sequence[str], limit: int, cursor: str | None, path: str
) -> tuple[list[T], str | None]:
    """``limit`` rows after ``cursor``, and the cursor after which there are more, in one query.

    ``path`` is the list's own, whose cursors these are: two doors to one list may go on from each other's.
    Raises ``InvalidCursor``.
    """
    keys = _keys(queryset.model, order)
    place = _Place(keys, _listing(path, queryset.model, keys), limit)
    return place.cut(list(_from_cursor_on(queryset, place, cursor)[: limit + 1]))


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """A page whose SQL is made up: the same request again only has to execute it."""

    statement: Bound
    names: tuple[str, ...]
    place: _Place

    def read(self, request: Request) -> Page[dict[str, Any]]:
        """The page as it is now."""
        found = [dict(zip(self.names, row, strict=True)) for row in rows(self.statement)]
        return self.place.page(request, found)


def plan_page(
    request: Request, queryset: QuerySet[Any, dict[str, Any]], *, order: Sequence[str]
) -> PlannedPage | None:
    """As ``paginate``, of ``values()``, for later; ``None`` where there is no limit, or nothing to ask.

    It holds for whoever sends the same path and query. The values are as the database gives them: no field
    of the model has a say.
    """
    limit = _limit(request, None)
    if limit is None:
        return None
    keys = _keys(queryset.model, order)
    place = _Place(keys, _listing(request.path, queryset.model, keys), limit)
    page = _from_cursor_on(queryset, place, request.query_params.get("cursor"))[: limit + 1]
    try:
        statement = bound(*page.query.sql_with_params())
    except EmptyResultSet:
        return None
    # In the order in which ``values()`` gives them.
    return PlannedPage(statement, tuple(page.query.selected or ()), place)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a page is part of, and how long it is."""

    keys: tuple[_Key, ...]
    listing: str
    limit: int

    def page(self, request: Request, found: list[T]) -> Page[T]:
        """The page, of what was found: one item more than it has, if there are more."""
        items, further = self.cut(found)
        return Page(items, None if further is None else _link(request, self.limit, further))

    def cut(self, found: list[T]) -> tuple[list[T], str | None]:
        """The same, with the cursor after which there are more."""
        if len(found) <= self.limit:
            return found, None
        items = found[: self.limit]
        return items, _write_cursor(items[-1], self.keys, self.listing)


def _from_cursor_on(queryset: QuerySet[Any, T], place: _Place, cursor: str | None) -> QuerySet[Any, T]:
    ordered = queryset.order_by(*(key.ordering for key in place.keys))
    if cursor is None:
        return ordered
    return ordered.filter(_after(place.keys, _read_cursor(cursor, place.listing, len(place.keys))))


# ------------------------------------------------------------------------------------------- order


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    descending: bool
    nullable: bool

    @property
    def ordering(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value: Any) -> Q | None:
        """What comes after ``value`` in this key's direction; ``None``: nothing does."""
        if self.descending:
            return Q(**{f"{self.name}__isnull": False}) if value is None else Q(**{f"{self.name}__lt": value})
        if value is None:
            return None
        later = Q(**{f"{self.name}__gt": value})
        return later | Q(**{f"{self.name}__isnull": True}) if self.nullable else later


def _keys(model: type[Model], order: Sequence[str]) -> tuple[_Key, ...]:
    keys = [_key(model, spelled) for spelled in order]
    primary = model._meta.pk.attname
    if all(key.name not in {primary, "pk"} for key in keys):
        # In the direction of the key before it, as an index over both is read.
        keys.append(_Key(primary, descending=bool(keys) and keys[-1].descending, nullable=False))
    return tuple(keys)


def _key(model: type[Model], spelled: str) -> _Key:
    name = spelled.removeprefix("-")
    field = _field(model, name)
    if field is not None and field.is_relation:
        name = field.attname  # by the id, not by whatever order the related model likes
    nullable = field is None or field.null
    return _Key(name, descending=spelled.startswith("-"), nullable=nullable)


def _field(model: type[Model], name: str) -> Field[Any, Any] | None:
    """The model's own field; ``None`` for annotations and what lies behind a relation."""
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) else None


def _after(keys: Sequence[_Key], values: Sequence[Any]) -> Q:
    after = Q()
    same_so_far = Q()
    for key, value in zip(keys, values, strict=True):
        beyond = key.beyond(value)
        if beyond is not None:
            after |= same_so_far & beyond
        same_so_far &= key.equal(value)
    first, value = keys[0], values[0]
    if first.nullable:
        return after
    # Says nothing new, but to the planner: the index can begin here.
    return Q(**{f"{first.name}__{'lte' if first.descending else 'gte'}": value}) & after


# ----------------------------------------------------------------------------------------- cursors


def _listing(path: str, model: type[Model], keys: Sequence[_Key]) -> str:
    """Which list it is: a cursor of another one would name a place that means nothing here."""
    return "\0".join((path, model._meta.label, *(key.ordering for key in keys)))


def _write_cursor(row: Any, keys: Sequence[_Key], listing: str) -> str:
    payload = orjson.dumps([_written(_value(row, key.name)) for key in keys])
    return base64.urlsafe_b64encode(_signature(payload, listing) + payload).decode().rstrip("=")


def _read_cursor(cursor: str, listing: str, length: int) -> list[Any]:
    if len(cursor) > _LONGEST_CURSOR or not cursor.isascii():
        raise InvalidCursor
    padded = cursor.encode() + b"=" * (-len(cursor) % 4)
    try:
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except binascii.Error:
        raise InvalidCursor from None
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    # Signed, so that what is inside needs no further doubt: it is what we wrote, for this list.
    if not hmac.compare_digest(signature, _signature(payload, listing)):
        raise InvalidCursor
    values = [_read(text) for text in orjson.loads(payload)]
    if len(values) != length:
        raise InvalidCursor
    return values


def _signature(payload: bytes, listing: str) -> bytes:
    signed = listing.encode() + b"\0" + payload
    return salted_hmac("stockwire.api.cursor", signed, algorithm="sha256").digest()[:_SIGNATURE]


def _value(row: Any, name: str) -> Any:
    if isinstance(row, Mapping):
        return row[name]
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _written(value: Any) -> str | None:
    """A value with its type in front, to the last microsecond and decimal."""
    match value:
        case None:
            return None
        case bool():
            return f"b{int(value)}"
        case str():
            return f"s{value}"
        case int():
            return f"i{value}"
        case Decimal():
            return f"n{value}"
        case dt.datetime():
            return f"t{value.isoformat()}"
        case dt.date():
            return f"d{value.isoformat()}"
    raise TypeError(f"a page can't be ordered by a {type(value).__name__}")


def _read(text: str | None) -> Any:
    if text is None:
        return None
    kind, value = text[0], text[1:]
    match kind:
        case "b":
            return value == "1"
        case "i":
            return int(value)
        case "n":
            return Decimal(value)
        case "t":
            return dt.datetime.fromisoformat(value)
        case "d":
            return dt.date.fromisoformat(value)
    return value


# ----------------------------------------------------------------------------------- the request


def _limit(request: Request, default: int | None) -> int | None:
    text = request.query_params.get("limit")
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    what = f"must be a whole number from 1 to {MAX_LIMIT}"
    raise InvalidInput(f"limit: {what}", details={"limit": [what]})


def _link(request: Request, limit: int, cursor: str) -> str:
    query = request.query_params.copy()
    query["limit"] = str(limit)
    query["cursor"] = cursor
    return f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
