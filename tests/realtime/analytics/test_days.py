"""Where a day begins and ends, in the shop's time zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from config.kernel.clock import end_of_day, iso, parse_iso, start_of_day
from config.settings import environment


@pytest.mark.parametrize(
    ("zone", "moment", "begins", "ends"),
    [
        ("UTC", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"),
        ("UTC", "2026-11-20T23:59:59.999Z", "2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"),
        ("Asia/Kolkata", "2026-11-20T18:30:00Z", "2026-11-20T18:30:00.000Z", "2026-11-21T18:30:00.000Z"),
        ("Asia/Kolkata", "2026-11-20T18:29:59Z", "2026-11-19T18:30:00.000Z", "2026-11-20T18:30:00.000Z"),
        # Clocks are put on at midnight: there is no such time, and the day is an hour short.
        ("Africa/Cairo", "2026-04-23T21:59:59Z", "2026-04-22T22:00:00.000Z", "2026-04-23T22:00:00.000Z"),
        ("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"),
        # Put back at midnight: the hour before it comes twice, and both are of the day that ends.
        ("Africa/Cairo", "2026-10-29T21:30:00Z", "2026-10-28T21:00:00.000Z", "2026-10-29T22:00:00.000Z"),
        # Put back over midnight, which comes twice: the day begins with the first.
        ("America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"),
    ],
)
def test_a_day_is_from_midnight_to_midnight(zone: str, moment: str, begins: str, ends: str) -> None:
    there = environment.TIME_ZONE.read({"STOCKWIRE_TIME_ZONE": zone})
    now = parse_iso(moment)
    assert (iso(start_of_day(now, there)), iso(end_of_day(now, there))) == (begins, ends)


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Havana", "Europe/Stockholm", "Asia/Kolkata"])
def test_days_follow_one_another_without_a_gap_for_years(zone: str) -> None:
    there = ZoneInfo(zone)
    moment = parse_iso("2026-01-01T00:00:00Z")
    for _day in range(3 * 366):
        ends = end_of_day(moment, there)
        assert start_of_day(moment, there) <= moment < ends
        assert start_of_day(ends, there) == ends
        assert start_of_day(ends - dt.timedelta(microseconds=1), there) == start_of_day(moment, there)
        moment = ends
