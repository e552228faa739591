"""Jobs and timers in the admin: how they stand, why one failed, and trying it again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from croniter import croniter
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from config.jobs import services
from config.jobs.models import JobError, Timer
from config.kernel.clock import now
from config.kernel.errors import StockwireError

# It comes with one of its own, which knows no errors.
admin.site.unregister(ProcrastinateJob)


class _ToLookAt:
    """Nothing here is edited by hand."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  as above
        return False


class EventInline(_ToLookAt, TabularInline):  # type: ignore[misc]  # unfold has no types
    model = ProcrastinateEvent
    fields = ("type", "at")
    readonly_fields = fields
    ordering = ("at", "id")
    extra = 0
    hide_title = True


_ERROR = "error_of_job"  # where a job on a list's page carries it


class JobChangeList(ChangeList):  # type: ignore[misc]  # as above
    """A page of jobs with what went wrong with each: one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = [job.pk for job in self.result_list]
        errors = dict(JobError.objects.filter(job_id__in=ids).values_list("job_id", "error"))
        for job in self.result_list:
            vars(job)[_ERROR] = errors.get(job.pk, "")


@admin.register(ProcrastinateJob)
class JobAdmin(_ToLookAt, ModelAdmin):  # type: ignore[misc]  # as above
    """What waits, what runs, what failed. What went well is gone; the timers say when."""

    list_display = ("id", "task_name", "standing", "attempts", "scheduled_at", "last_error")
    list_filter = ("status", "task_name")
    ordering = ("-id",)
    fields = (
        "id", "task_name", "args", "standing", "attempts", "scheduled_at", "queue_name", "queueing_lock",
        "lock", "last_error",
    )  # fmt: skip
    readonly_fields = ("standing", "last_error")
    inlines = (EventInline,)
    actions = ("try_again",)

    @admin.display(description="Status")
    def standing(self, job: ProcrastinateJob) -> str:
        return "failing, to be tried again" if job.status == "todo" and job.attempts else str(job.status)

    @admin.display(description="Last error")
    def last_error(self, job: ProcrastinateJob) -> str:
        if _ERROR not in vars(job):
            found = JobError.objects.filter(job_id=job.pk).values_list("error", flat=True)
            vars(job)[_ERROR] = found.first() or ""
        return str(vars(job)[_ERROR])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[JobChangeList]:  # noqa: ARG002  as above
        return JobChangeList

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("procrastinate.change_procrastinatejob"))

    @admin.action(description="Try the selected jobs again now", permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        for job in queryset.order_by("id"):
            try:
                services.try_again(job_id=job.pk)
            except StockwireError as refusal:
                messages.error(request, f"{job.task_name} {job.pk}: {refusal.message}")
            else:
                messages.success(request, f"{job.task_name} {job.pk} runs at once.")


@admin.register(Timer)
class TimerAdmin(_ToLookAt, ModelAdmin):  # type: ignore[misc]  # as above
    """What runs by the clock: when it did, when it will, and how it went."""

    list_display = (
        "name", "cron", "went_well", "last_run_at", "next_run", "duration_ms", "runs", "failures",
        "last_failure_at",
    )  # fmt: skip
    fields = (*list_display, "last_success_at", "error")

    @admin.display(description="Went well", boolean=True)
    def went_well(self, timer: Timer) -> bool | None:
        return None if timer.last_run_at is None else not timer.failures

    @admin.display(description="Next run")
    def next_run(self, timer: Timer) -> str:
        moment: dt.datetime = croniter(timer.cron, now()).get_next(dt.datetime)
        return date_format(moment, "DATETIME_FORMAT")
