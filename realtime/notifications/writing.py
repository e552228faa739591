"""The only writer of notifications: they come with what they tell of, and are read afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Now

from config.kernel import clock
from config.kernel.clock import iso
from config.kernel.events import DomainEvent
from realtime import recorder
from realtime.errors import UnknownNotification
from realtime.events import NotificationCreated
from realtime.models import Notification
from realtime.notifications.reading import shop_notification
from realtime.notifications.wording import words_of


def record_and_notify(events: Sequence[DomainEvent]) -> None:
    """Record ``events``, and with them what they tell their customers: all of it or nothing of it.

    So no notification can be lost, whatever dies when, and none tells of what was undone. It is announced
    here and not by its signal: the log's order is then that of the events, each before what it told.

    Locks: nothing that another writer waits for. Refuses: nothing.
    Announces: ``notification.created`` for each.
    """
    told = [words for event in events if (words := words_of(event)) is not None]
    moment = clock.now()
    made = [
        Notification(
            user_id=words.user_id,
            type=words.type,
            title=words.title,
            message=words.message,
            related_order=words.order_id,
            created_at=moment,
        )
        for words in told
    ]
    recorder.record([*events, *map(_created, made)], notifications=made)


def mark_read(*, user_id: str, notification_id: str) -> Notification:
    """Note that a notification has been read; once it is, it stays so.

    Locks: the notification. Refuses: one that is not there, or another user's (``UnknownNotification``).
    Announces: nothing.
    """
    own = Notification.objects.filter(id=notification_id, user_id=user_id)
    own.filter(read_at=None).update(read_at=Now())
    notification = own.first()
    if notification is None:
        raise UnknownNotification
    return notification


def mark_all_read(*, user_id: str) -> int:
    """Note that all of a user's notifications have been read; how many had not been.

    Locks: those notifications. Refuses: nothing. Announces: nothing.
    """
    return Notification.objects.filter(user_id=user_id, read_at=None).update(read_at=Now())


def _created(notification: Notification) -> NotificationCreated:
    return NotificationCreated(
        notification_id=notification.id,
        user_id=notification.user_id,
        type=notification.type,
        title=notification.title,
        message=notification.message,
        order_id=notification.related_order,
        created_at=iso(notification.created_at),
        shop_notification=shop_notification(notification),
    )
