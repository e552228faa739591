"""How long the log is kept: days made ahead, dropped whole, and what that means for a cursor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection

from config.kernel.clock import now
from realtime import retention, selectors
from realtime.cursor import to_cursor
from realtime.errors import CursorExpired
from realtime.models import Event, EventHead
from realtime.tasks import maintain_event_log
from tests.realtime.log import publish, stock_reduced

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quiet_courier")]


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::text FROM pg_partition_tree('realtime_event') WHERE isleaf")
        return {row[0] for row in cursor.fetchall()}


def name_of(days: int) -> str:
    return f"realtime_event_{now().date() + dt.timedelta(days=days):%Y%m%d}"


@pytest.fixture(autouse=True)
def days_as_they_were() -> Iterator[None]:
    retention.maintain()
    before = partitions()
    yield
    with connection.cursor() as cursor:
        for table in partitions() - before:
            cursor.execute(f"DROP TABLE {table}")
    retention.maintain()
    assert partitions() >= before


def make_day(days: int, *seqs: int | None) -> str:
    """A partition of another day, with events."""
    name, day = name_of(days), now().date() + dt.timedelta(days=days)
    begin, end = f"{day} 00:00:00+00", f"{day + dt.timedelta(days=1)} 00:00:00+00"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF realtime_event"
            f" FOR VALUES FROM ('{begin}') TO ('{end}')"
        )
    for seq in seqs:
        put_event(f"{day} 12:00:00+00", seq)
    return name


def put_event(moment: str, seq: int | None) -> None:
    Event.objects.create(
        public_id=f"evt_{moment}_{seq}",
        seq=seq,
        type="stock.reduced",
        subject="p",
        data="{}",
        recorded_at=moment,
    )


def set_head(top: int) -> EventHead:
    selectors.head()
    EventHead.objects.update(top=top, floor=0)
    return EventHead.objects.get()


def test_the_coming_fourteen_days_are_there_and_making_them_again_does_nothing() -> None:
    assert {name_of(days) for days in range(15)} <= partitions()
    assert retention.maintain() == retention.Tidied()


def test_a_day_that_is_missing_is_made() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name_of(14)}")
    assert retention.maintain().made == [name_of(14)]
    assert name_of(14) in partitions()


def test_seven_days_are_kept_and_older_ones_dropped_whole() -> None:
    set_head(20)
    kept, gone = make_day(-7, 11, 12), make_day(-8, 8, 9, 10)
    assert retention.maintain().dropped == [gone]
    assert kept in partitions()
    assert EventHead.objects.get().floor == 10


def test_a_cursor_from_before_what_is_kept_is_expired_and_one_at_its_edge_is_not() -> None:
    head = set_head(12)
    make_day(-8, 9, 10)
    publish(stock_reduced())
    Event.objects.filter(seq=None).update(seq=11)
    publish(stock_reduced())
    Event.objects.filter(seq=None).update(seq=12)
    retention.maintain()
    with pytest.raises(CursorExpired):
        selectors.events_after(cursor=to_cursor(head.epoch, 9), limit=10)
    records, _epoch, seq = selectors.events_after(cursor=to_cursor(head.epoch, 10), limit=10)
    assert [record.seq for record in records] == [11, 12]
    assert seq == 12


def test_days_whose_numbers_overlap_are_not_taken_for_whole() -> None:
    head = set_head(6)
    make_day(-8, 1, 2, 4)
    make_day(-7, 3, 5, 6)
    retention.maintain()
    # 3 is still there, but what came between is not.
    assert EventHead.objects.get().floor == 4
    with pytest.raises(CursorExpired):
        selectors.events_after(cursor=to_cursor(head.epoch, 2), limit=10)


def test_a_day_with_events_that_nobody_was_told_of_stays() -> None:
    set_head(9)
    name = make_day(-8, 9, None)
    assert retention.maintain().dropped == []
    assert name in partitions()
    assert EventHead.objects.get().floor == 0


def test_an_event_of_a_day_without_a_partition_is_kept_too_and_for_as_long() -> None:
    set_head(9)
    far = now() + dt.timedelta(days=40)
    put_event(far.isoformat(), 8)
    put_event((now() - dt.timedelta(days=30)).isoformat(), 7)
    assert Event.objects.count() == 2
    retention.maintain()
    assert list(Event.objects.values_list("seq", flat=True)) == [8]
    assert EventHead.objects.get().floor == 7


def test_somebody_who_holds_the_log_is_not_waited_for_long() -> None:
    set_head(9)
    name = make_day(-8, 9)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM realtime_event LIMIT 1")
        assert retention.maintain().dropped == []
        assert name in partitions()
    finally:
        other.close()
    assert retention.maintain().dropped == [name]


def test_the_timer_calls_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name_of(14)}")
    maintain_event_log(timestamp=0)
    assert name_of(14) in partitions()
