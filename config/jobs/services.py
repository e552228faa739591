"""The only writers of what is remembered of jobs, and what staff may do about one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from config.jobs.models import JobError, Timer
from config.kernel.errors import Conflict, NotFound

#: A worker says every five seconds that it lives.
SILENT = dt.timedelta(seconds=60)
#: What has failed for good, or was cancelled, is kept so long.
KEEP_ENDED = dt.timedelta(days=30)

_LONGEST_ERROR = 4000

_STALLED = """
SELECT job.id FROM procrastinate_jobs AS job
LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
WHERE job.status = 'doing'
    AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
FOR UPDATE OF job SKIP LOCKED
"""
_AGAIN = "SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)"
_FORGET = "DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'doing'"
_SOONER = (
    "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE id = %s AND status = 'todo' AND attempts > 0"
)
_FORGET_FAILED = "DELETE FROM procrastinate_jobs WHERE task_name = %s AND status = 'failed' AND id < %s"
_FORGET_ENDED = """
DELETE FROM procrastinate_jobs AS job
WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND NOT EXISTS (
    SELECT 1 FROM procrastinate_events AS event
    WHERE event.job_id = job.id AND event.at > now() - make_interval(secs => %s)
)
"""


class UnknownJob(NotFound):
    """No such job; it may have ended well meanwhile."""

    code = "unknown_job"
    message = "Job not found"


class NotFailed(Conflict):
    """Only what failed can be tried again."""

    code = "job_not_failed"
    message = "This job has not failed"


class AlreadyWaiting(Conflict):
    """The same is about to run anyway."""

    code = "job_already_waiting"
    message = "The next run of the same is waiting already"


def note_timers(*, crons: Mapping[str, str]) -> None:
    """Have a row for each timer that there is, and none for those that there were.

    Locks: the rows. Refuses: nothing. Announces: nothing.
    """
    with transaction.atomic():
        Timer.objects.bulk_create(
            [Timer(name=name, cron=crons[name]) for name in sorted(crons)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["cron"],
        )
        Timer.objects.exclude(name__in=crons).delete()


def note_run(*, job_id: int, task: str, began: dt.datetime, duration: float, error: str | None) -> None:
    """Remember how a run went. Of a timer that fails again and again one failed job stays to be seen, and
    none once it has gone well.

    Locks: the rows of the task. Refuses: nothing. Announces: nothing.
    """
    with transaction.atomic():
        went: dict[str, object] = {
            "runs": F("runs") + 1,
            "last_run_at": began,
            "duration_ms": round(duration * 1000),
        }
        if error is None:
            went.update(failures=0, last_success_at=Now())
            JobError.objects.filter(job_id=job_id).delete()
        else:
            went.update(failures=F("failures") + 1, last_failure_at=Now(), error=error[:_LONGEST_ERROR])
            JobError.objects.bulk_create(
                [JobError(job_id=job_id, task=task, error=error[:_LONGEST_ERROR], at=Now())],
                update_conflicts=True,
                unique_fields=["job_id"],
                update_fields=["task", "error", "at"],
            )
        if Timer.objects.filter(name=task).update(**went):
            with connection.cursor() as cursor:
                cursor.execute(_FORGET_FAILED, [task, job_id])


def take_up_stalled_jobs(*, silent: dt.timedelta = SILENT) -> int:
    """Have jobs run again whose worker has died; how many there were.

    Locks: those jobs, passing over those that another worker takes up. Refuses: nothing. Announces: nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STALLED, [silent.total_seconds()])
        stalled = [job_id for (job_id,) in cursor.fetchall()]
        for job_id in stalled:
            try:
                with transaction.atomic():
                    cursor.execute(_AGAIN, [job_id])
            except IntegrityError:
                # The timer's next round is waiting already, and does the same.
                cursor.execute(_FORGET, [job_id])
    return len(stalled)


def try_again(*, job_id: int) -> None:
    """Have a job that failed run at once, or one that waits for its next attempt.

    Locks: its row. Refuses: one that is not there (``UnknownJob``), one that has not failed (``NotFailed``),
    one of which the next run is waiting (``AlreadyWaiting``). Announces: nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT status, attempts FROM procrastinate_jobs WHERE id = %s FOR UPDATE", [job_id])
        row = cursor.fetchone()
        if row is None:
            raise UnknownJob
        status, attempts = row
        if status == "todo" and attempts:
            cursor.execute(_SOONER, [job_id])
            return
        if status != "failed":
            raise NotFailed
        try:
            with transaction.atomic():
                cursor.execute(_AGAIN, [job_id])
        except IntegrityError:
            raise AlreadyWaiting from None


def forget_ended_jobs(*, keep: dt.timedelta = KEEP_ENDED) -> int:
    """Delete jobs that ended long ago, and what is known of their errors; returns how many jobs.

    Locks: the rows that go. Refuses: nothing. Announces: nothing.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_FORGET_ENDED, [keep.total_seconds()])
            forgotten: int = cursor.rowcount
        JobError.objects.filter(at__lt=Now() - keep).delete()
    return forgotten
