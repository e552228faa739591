"""Who is to be told of which events, and what came of it. Only the services of this package write here."""

from __future__ import annotations

from functools import partial

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from config.kernel.ids import MAX_ID_LENGTH, new_id
from realtime.webhooks.addresses import LONGEST_URL
from realtime.webhooks.topics import LONGEST

#: As much of an answer is kept.
ANSWER_LENGTH = 500


class WebhookState(models.TextChoices):
    """``stopped``: by us, for the reason that it gives; ``paused``: by staff."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


class DeliveryStatus(models.TextChoices):
    """``waiting``: for its next attempt, or for an earlier event of its subject; ``discarded``: it will never
    be delivered, and why is said."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DISCARDED = "discarded"


class WebhookSubscription(models.Model):
    """A server that is told. Everything up to ``seq`` of the log ``epoch`` is delivered, or has a row of its
    own that says how far it is.

    Until ``owned_until`` the worker ``owner`` delivers, and nobody else. ``revision`` grows with whatever
    staff change, so that it notices. ``old_secret`` signs too until ``old_secret_until``. ``failing_since``:
    since then nothing at all was delivered. ``notice`` says what can't be made good any more.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "whs"), editable=False
    )
    url = models.CharField(max_length=LONGEST_URL)
    description = models.CharField(max_length=200, blank=True)
    topics = ArrayField(models.CharField(max_length=LONGEST))
    state = models.CharField(max_length=10, choices=WebhookState.choices, default=WebhookState.ACTIVE)
    reason = models.CharField(max_length=500, blank=True)
    notice = models.CharField(max_length=500, blank=True)
    secret = models.CharField(max_length=120)
    old_secret = models.CharField(max_length=120, blank=True)
    old_secret_until = models.DateTimeField(null=True)
    epoch = models.CharField(max_length=16)
    seq = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=32, blank=True)
    owned_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    last_delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.description or self.url


class WebhookDelivery(models.Model):
    """An event on its way to one subscription, once, however many attempts it takes.

    The columns from ``status_code`` on are the last attempt's; ``history`` has those before it. What is to be
    sent is not here: it is in the log, under ``seq``. At ``resend_at`` staff asked for it once more.
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, related_name="deliveries")
    seq = models.BigIntegerField()
    event_id = models.CharField(max_length=64)
    type = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    first_failed_at = models.DateTimeField(null=True)
    resend_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=ANSWER_LENGTH, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    history = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(fields=("subscription", "event_id"), name="webhook_delivery_once"),
        )
        indexes = (
            models.Index(
                fields=("subscription", "seq"),
                condition=models.Q(status=DeliveryStatus.WAITING.value),
                name="webhook_delivery_waiting",
            ),
            models.Index(
                fields=("subscription",),
                condition=models.Q(resend_at__isnull=False),
                name="webhook_delivery_again",
            ),
            models.Index(fields=("recorded_at",), name="webhook_delivery_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"
