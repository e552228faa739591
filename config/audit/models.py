"""The trail's table. Only the triggers write it (`config.audit.watching`)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Action(models.TextChoices):
    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    REMOVED = "removed", "Removed"


class AuditEntry(models.Model):
    """One row that was changed. ``subject`` is what it belongs to, whose page shows it: a price's product.

    ``before`` and ``after`` have what differs; of what is secret only that it does. ``actor`` is the doer as
    the ledger names one (``user:usr_1``), ``source`` the door.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    action = models.CharField(max_length=10, choices=Action.choices)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    actor = models.CharField(max_length=100)
    source = models.CharField(max_length=20)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit trail"
        indexes = (
            models.Index(fields=("subject", "-id"), name="audit_by_subject"),
            models.Index(fields=("actor", "-id"), name="audit_by_actor"),
            models.Index(fields=("kind", "-id"), name="audit_by_kind"),
            models.Index(fields=("at",), name="audit_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.action}"
