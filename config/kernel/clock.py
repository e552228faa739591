"""Time as the contract writes it: ISO 8601, UTC, milliseconds, ``Z``."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def now() -> dt.datetime:
    """The present, aware, UTC."""
    return timezone.now()


def iso(moment: dt.datetime) -> str:
    """``2026-11-21T10:00:00.000Z``. ``moment`` must be aware."""
    # Not by strftime: where it is C's, it writes the year 1 with one digit.
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def iso_of(seconds: float) -> str:
    """As ``iso``, of seconds since 1970."""
    return iso(dt.datetime.fromtimestamp(seconds, tz=dt.UTC))


def start_of_day(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """When the day began, in UTC, that it is at ``moment`` in ``zone``.

    Where clocks are put on at midnight that is the moment at which they are, where they are put back over it
    the first midnight.
    """
    today = moment.astimezone(zone).date()
    return dt.datetime.combine(today, dt.time(), tzinfo=zone).astimezone(dt.UTC)


def end_of_day(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """When the next day begins, in UTC."""
    tomorrow = moment.astimezone(zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, dt.time(), tzinfo=zone).astimezone(dt.UTC)


def parse_iso(text: str) -> dt.datetime:
    """An aware moment from ISO 8601 with any offset; without one, UTC; a date alone is its midnight.

    Raises ``ValueError`` for anything else.
    """
    moment = parse_datetime(text)
    if moment is None:
        day = parse_date(text)
        if day is None:
            raise ValueError("not an ISO 8601 date and time")
        moment = dt.datetime.combine(day, dt.time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
