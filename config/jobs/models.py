"""What is remembered of jobs beside procrastinate's own tables, which keep neither errors nor past runs."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Timer(models.Model):
    """A task that runs by the clock, and how its last runs went. ``failures``: so many in a row."""

    name = models.CharField(primary_key=True, max_length=128)
    cron = models.CharField(max_length=64)
    runs = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_run_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class JobError(models.Model):
    """Why a job failed the last time. ``job_id`` is procrastinate's; no foreign key, since its rows come and
    go."""

    job_id = models.BigIntegerField(primary_key=True)
    task = models.CharField(max_length=128)
    error = models.TextField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.task} {self.job_id}"
