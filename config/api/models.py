"""The memory of idempotent requests. Nothing else of the kit needs a table."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """One answered request: written in the transaction of its effect, read when the key comes again.

    ``caller`` and ``endpoint`` scope the key; ``fingerprint`` is a digest of the request's body;
    ``body`` the first answer, byte for byte. Kept seven days.
    """

    caller = models.CharField(max_length=100)
    endpoint = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("caller", "endpoint", "key"), name="idempotency_key_once"),
        )
        indexes = (models.Index(fields=("created_at",), name="idempotency_created"),)

    def __str__(self) -> str:
        return f"{self.endpoint} {self.key}"
