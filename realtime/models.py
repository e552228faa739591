"""The event log's two tables, what is remembered of connections that may come back, product views,
notifications, how far those who wish for something were told, and support chats.

``Event`` is partitioned by the day of ``recorded_at`` (the migration says how; ``realtime.retention`` makes
and drops the days), so its primary key in the database is ``(id, recorded_at)``. Rows are written by the
recorder and numbered by the relay; nothing else touches them, and nothing ever changes one that has its
number.
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from config.kernel.ids import MAX_ID_LENGTH, new_id
from realtime.webhooks.models import WebhookDelivery, WebhookSubscription

__all__ = [
    "ConnectionRooms",
    "Event",
    "EventHead",
    "Notification",
    "ProductView",
    "WebhookDelivery",
    "WebhookSubscription",
]


class Event(models.Model):
    """One event: what happened, once, however many names it goes out under.

    ``id`` is the order of insertion, not of commits; ``seq`` is the place in the log, dense, given by the
    relay after the commit. ``data`` is the event as the catalog dialect sends it, ``extra`` what only other
    dialects need; both are JSON text, kept to the letter, since they are passed on unread.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.CharField(max_length=64)
    seq = models.BigIntegerField(null=True, editable=False)
    type = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    version = models.BigIntegerField(null=True)
    data = models.TextField()
    extra = models.TextField(blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            # A unique key of a partitioned table holds the partition key; the ids themselves are random.
            models.UniqueConstraint(fields=("public_id", "recorded_at"), name="event_public_id"),
        )
        indexes = (
            models.Index(fields=("seq",), name="event_by_seq"),
            models.Index(fields=("id",), condition=models.Q(seq__isnull=True), name="event_unsequenced"),
            BrinIndex(fields=("recorded_at",), name="event_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class EventHead(models.Model):
    """The log's end, one row: ``top`` is the newest ``seq``; what is at or below ``floor`` may be gone.

    ``epoch`` names this log. It changes when the log is cut or restored, since numbers then mean other
    events.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=16)
    top = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="event_head_once"),)

    def __str__(self) -> str:
        return f"{self.epoch}-{self.top}"


class ConnectionRooms(models.Model):
    """The rooms of a Socket.IO connection that has joined or left any by hand.

    ``rooms`` maps each to the ``seq`` from which its events are wanted. Whose rooms they are decides nothing:
    rights are asked anew when the connection comes back.
    """

    pid = models.CharField(max_length=80, primary_key=True)
    holder = models.CharField(max_length=120, blank=True)
    rooms = models.JSONField()
    kept_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = (models.Index(fields=("kept_at",), name="connection_rooms_by_age"),)

    def __str__(self) -> str:
        return self.pid[:8]


class ProductView(models.Model):
    """Somebody looked at a product for ``duration_ms``; ``user_id`` of who was signed in.

    A figure for statistics, kept for some days: no foreign keys, and no promise that each view is there.
    ``category`` is what the client called it.
    """

    product_id = models.CharField(max_length=MAX_ID_LENGTH)
    category = models.CharField(max_length=100, blank=True)
    user_id = models.CharField(max_length=MAX_ID_LENGTH, null=True, blank=True)  # noqa: DJ001  nobody is not ""
    duration_ms = models.PositiveIntegerField()
    viewed_at = models.DateTimeField()

    class Meta:
        indexes = (
            # How many in the last hour, and of which products, without the table.
            models.Index(fields=("viewed_at",), include=("product_id",), name="product_view_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.product_id} at {self.viewed_at:%H:%M:%S}"


class Notification(models.Model):
    """Something that a user was told, in words that stay. ``related_order`` is the order that it is about."""

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "ntf"), editable=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    message = models.CharField(max_length=1000)
    related_order = models.CharField(max_length=MAX_ID_LENGTH, blank=True)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("user", "-created_at", "-id"), name="notification_newest"),
            models.Index(
                fields=("user",), condition=models.Q(read_at__isnull=True), name="notification_unread"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} for {self.user_id}"


class WishersPlace(models.Model):
    """Up to where in the log everybody was told of what they wished for, one row: all of ``seq``, and of the
    next event to tell of the wishlists up to ``after``."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    after = models.CharField(max_length=MAX_ID_LENGTH, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="wishers_place_once"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.after}".strip()


class ChatStatus(models.TextChoices):
    """``OPEN``: nobody of the staff looks after it yet."""

    OPEN = "open", "Open"
    CLAIMED = "claimed", "Claimed"
    CLOSED = "closed", "Closed"


class ChatPriority(models.TextChoices):
    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    URGENT = "urgent", "Urgent"


class SupportChat(models.Model):
    """A customer's conversation with the shop's staff; ``claimed_by`` is who looks after it.

    ``message_count`` is the number of its newest message as well. ``customer_read`` and ``staff_read`` are
    the numbers up to which each side has read. ``version`` grows with each message and each status.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "chat"), editable=False
    )
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issue = models.TextField()
    priority = models.CharField(max_length=10, choices=ChatPriority.choices)
    status = models.CharField(max_length=10, choices=ChatStatus.choices, default=ChatStatus.OPEN)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    message_count = models.PositiveIntegerField(default=0)
    customer_read = models.PositiveIntegerField(default=0)
    staff_read = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("customer",), condition=~models.Q(status="closed"), name="support_chat_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", claimed_by__isnull=True)
                | models.Q(status="claimed", claimed_by__isnull=False)
                | models.Q(status="closed"),
                name="support_chat_claimed_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(customer_read__lte=models.F("message_count"))
                & models.Q(staff_read__lte=models.F("message_count")),
                name="support_chat_read_what_is_there",
            ),
        )
        indexes = (
            models.Index(fields=("customer", "-created_at", "-id"), name="support_chat_of_customer"),
            models.Index(fields=("-created_at", "-id"), name="support_chat_newest"),
        )

    def __str__(self) -> str:
        return self.id


class CannedAnswer(models.Model):
    """What staff say often, to be put into an answer by a press and changed there."""

    title = models.CharField(max_length=60, unique=True)
    text = models.TextField(max_length=4_000)
    position = models.PositiveIntegerField(default=0, help_text="Low numbers come first.")

    class Meta:
        ordering = ("position", "title")

    def __str__(self) -> str:
        return self.title


class SupportMessage(models.Model):
    """What somebody said in a chat, as it was sent. ``number`` counts within the chat, without a gap.

    ``key`` is the author's name for it, for whoever may send it again. ``connection`` is the Socket.IO
    connection that brought it, under its public id; ``event_id`` the event by which it is told of;
    ``asked_again_at`` when it last came a second time without a name.
    """

    chat = models.ForeignKey(SupportChat, on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_staff = models.BooleanField()
    text = models.TextField()
    key = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001  no name is not ""
    connection = models.CharField(max_length=20, blank=True, editable=False)
    event_id = models.CharField(max_length=MAX_ID_LENGTH, editable=False)
    asked_again_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("chat", "number"), name="support_message_number_once"),
            models.UniqueConstraint(fields=("author", "key"), name="support_message_key_once"),
        )

    def __str__(self) -> str:
        return f"{self.number} of {self.chat_id}"
