"""Timers and jobs: done once, made up for, tried again, and seen."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import LiteralString

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import DjangoApp
from procrastinate.contrib.django import app as tasks_app
from procrastinate.contrib.django.models import ProcrastinateJob

from config.identity.models import Role, User
from config.jobs import running, services
from config.jobs.models import JobError, Timer
from config.jobs.retrying import UNTIL_DONE, pause_after
from config.kernel.clock import now
from tests.realtime.log import sql
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


class House:
    """An application of the test's own, whose timers leave a note each time that they run."""

    def __init__(self) -> None:
        self.app = DjangoApp(connector=tasks_app.connector)
        self.ran: list[str] = []
        self.rounds: list[tuple[str, int]] = []
        self.breaks: set[str] = set()

    def timer(self, name: str, cron: str, **options: object) -> None:
        def work(timestamp: int) -> None:
            self.ran.append(name)
            self.rounds.append((name, timestamp))
            if name in self.breaks:
                raise RuntimeError("the shelf has fallen")

        task = self.app.task(name=name, queueing_lock=name, **options)(work)  # type: ignore[call-overload]
        self.app.periodic(cron=cron)(task)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = House()
    monkeypatch.setattr(running, "tasks_app", house.app)
    return house


@asynccontextmanager
async def workers(number: int = 1) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(number):
            await stack.enter_async_context(running.worker())
        yield
    # Rounds are begun by a connection of Django's, in a thread of its own.
    await sync_to_async(lambda: connection.close())()  # noqa: PLW0108  the connection is that thread's, if asked for there


async def in_thread(work: Callable[[], object]) -> None:
    def do() -> None:
        try:
            work()
        finally:
            connection.close()

    await sync_to_async(do, thread_sensitive=False)()


def some_hours_ago(hours: int) -> str:
    """A timer that was due so long ago, and each day at that time."""
    moment = now() - dt.timedelta(hours=hours)
    return f"{moment.minute} {moment.hour} * * *"


async def jobs() -> int:
    return int((await sql("SELECT count(*) FROM procrastinate_jobs"))[0][0])


async def test_what_was_due_while_no_worker_ran_is_done_once_when_one_is_back(house: House) -> None:
    house.timer("nightly", some_hours_ago(5))
    house.timer("hourly", some_hours_ago(1))
    async with workers(2):
        await until(lambda: sorted(house.ran) == ["hourly", "nightly"])
    assert await jobs() == 0
    # Another start, an hour or a minute later: it was done.
    house.timer("each second", "* * * * * *")
    async with workers():
        await until(lambda: "each second" in house.ran)
    assert [name for name in sorted(house.ran) if name != "each second"] == ["hourly", "nightly"]
    ((runs, failures),) = await sql("SELECT runs, failures FROM jobs_timer WHERE name = 'nightly'")
    assert (runs, failures) == (1, 0)


async def test_without_looking_back_it_would_be_left_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CATCH_UP_SECONDS", 600.0)
    house.timer("nightly", some_hours_ago(5))
    house.timer("each second", "* * * * * *")
    async with workers():
        await until(lambda: "each second" in house.ran)
    assert "nightly" not in house.ran


async def test_two_workers_have_one_effect(house: House) -> None:
    house.timer("each second", "* * * * * *")
    async with workers(2):
        await until(lambda: len(house.ran) >= 3)
    assert len(house.rounds) == len(set(house.rounds))
    ((runs,),) = await sql("SELECT runs FROM jobs_timer")
    assert runs == len(house.ran)


async def test_a_timer_that_fails_is_tried_again_and_its_error_is_kept(house: House) -> None:
    house.timer("nightly", some_hours_ago(2), retry=UNTIL_DONE)
    house.breaks.add("nightly")
    async with workers():
        await until(lambda: len(house.ran) == 1)
        await until_row("SELECT status::text, attempts FROM procrastinate_jobs", ("todo", 1))
        assert await sql("SELECT task, error FROM jobs_joberror") == [
            ("nightly", "RuntimeError: the shelf has fallen")
        ]
        ((failures, error),) = await sql("SELECT failures, error FROM jobs_timer")
        assert (failures, error) == (1, "RuntimeError: the shelf has fallen")
        house.breaks.clear()
        ((job_id,),) = await sql("SELECT id FROM procrastinate_jobs")
        await in_thread(lambda: services.try_again(job_id=job_id))
        await until(lambda: len(house.ran) == 2)
        await until_row("SELECT failures, runs::int FROM jobs_timer", (0, 2))
        assert await sql("SELECT * FROM jobs_joberror") == []


async def until_row(question: LiteralString, row: tuple[object, ...]) -> None:
    """Until the database answers with this row alone."""
    async with asyncio.timeout(15):
        while True:
            if await sql(question) == [row]:
                return
            await asyncio.sleep(0.02)


async def test_of_a_timer_that_fails_each_time_one_job_stays_and_none_once_it_goes_well(
    house: House,
) -> None:
    house.timer("each second", "* * * * * *")
    house.breaks.add("each second")
    async with workers():
        await until(lambda: len(house.ran) >= 3)
        failed = "SELECT count(*)::int FROM procrastinate_jobs WHERE status = 'failed'"
        # The last one may just now have failed, or be about to.
        await until_row("SELECT count(*) IN (1, 2) FROM procrastinate_jobs WHERE status = 'failed'", (True,))
        house.breaks.clear()
        await until_row("SELECT failures FROM jobs_timer", (0,))
        assert await sql(failed) == [(0,)]
    ((failures, error),) = await sql("SELECT failures, error FROM jobs_timer")
    assert (failures, error) == (0, "RuntimeError: the shelf has fallen")


def stalled_job(name: str, heartbeat: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id",
            [heartbeat],
        )
        (worker,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts,"
            " queueing_lock, worker_id) VALUES ('default', %s, 0, '{\"timestamp\": 0}', 'doing', 0, %s, %s)"
            " RETURNING id",
            [name, name, worker],
        )
        (job_id,) = cursor.fetchone()
    return int(job_id)


def test_a_job_whose_worker_died_is_taken_up_and_one_of_a_living_one_is_not() -> None:
    dead, living = stalled_job("dead", "2 minutes"), stalled_job("living", "1 second")
    assert services.take_up_stalled_jobs() == 1
    statuses = dict(ProcrastinateJob.objects.values_list("id", "status"))
    assert statuses == {dead: "todo", living: "doing"}
    assert services.take_up_stalled_jobs() == 0


def test_a_stalled_timer_gives_way_to_its_next_round() -> None:
    stalled_job("timer", "2 minutes")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts,"
            " queueing_lock) VALUES ('default', 'timer', 0, '{}', 'todo', 0, 'timer')"
        )
    assert services.take_up_stalled_jobs() == 1
    assert list(ProcrastinateJob.objects.values_list("status", flat=True)) == ["todo"]


def failed_job(name: str = "orders.tasks.something") -> int:
    job_id = stalled_job(name, "1 second")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job_id])
    services.note_run(job_id=job_id, task=name, began=now(), duration=0.25, error="ValueError: <b>no</b>")
    return job_id


def test_jobs_that_ended_long_ago_are_forgotten_with_their_errors() -> None:
    job_id = failed_job()
    assert services.forget_ended_jobs() == 0
    assert JobError.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '31 days'")
    JobError.objects.update(at=now() - dt.timedelta(days=31))
    waiting = stalled_job("waits", "1 second")
    assert services.forget_ended_jobs() == 1
    assert not ProcrastinateJob.objects.filter(id=job_id).exists()
    assert ProcrastinateJob.objects.filter(id=waiting).exists()
    assert not JobError.objects.exists()


def test_pauses_double_up_to_half_an_hour() -> None:
    assert [pause_after(attempts) for attempts in (0, 1, 2, 5, 6, 7, 500)] == [
        30, 60, 120, 960, 1800, 1800, 1800,
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------- admin


def client_of(role: Role) -> Client:
    user = User.objects.create_user(email=f"{role.value}@example.com", password="x", role=role)
    client = Client()
    client.force_login(user)
    return client


def test_staff_see_why_a_job_failed_and_have_it_tried_again() -> None:
    admin = client_of(Role.ADMIN)
    job_id = failed_job()
    page = admin.get("/admin/procrastinate/procrastinatejob/").content.decode()
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page
    assert "orders.tasks.something" in page
    page = admin.get(f"/admin/procrastinate/procrastinatejob/{job_id}/change/").content.decode()
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page
    answer = admin.post(
        "/admin/procrastinate/procrastinatejob/",
        {"action": "try_again", "_selected_action": [job_id]},
        follow=True,
    )
    assert "runs at once" in answer.content.decode()
    job = ProcrastinateJob.objects.get(id=job_id)
    assert (job.status, job.attempts) == ("todo", 1)


def test_what_has_not_failed_is_not_tried_again() -> None:
    admin = client_of(Role.ADMIN)
    job_id = stalled_job("runs", "1 second")
    answer = admin.post(
        "/admin/procrastinate/procrastinatejob/",
        {"action": "try_again", "_selected_action": [job_id]},
        follow=True,
    )
    assert "This job has not failed" in answer.content.decode()
    assert ProcrastinateJob.objects.get(id=job_id).status == "doing"


def test_staff_see_when_each_timer_ran_and_will() -> None:
    services.note_timers(crons={"orders.tasks.nightly": "41 3 * * *", "never": "* * * * * */5"})
    services.note_run(
        job_id=1, task="orders.tasks.nightly", began=now(), duration=0.25, error="ValueError: no"
    )
    admin = client_of(Role.ADMIN)
    page = admin.get("/admin/jobs/timer/").content.decode()
    assert "41 3 * * *" in page
    assert "03:41" in page
    page = admin.get("/admin/jobs/timer/orders.tasks.nightly/change/").content.decode()
    assert "ValueError: no" in page
    timer = Timer.objects.get(name="orders.tasks.nightly")
    assert (timer.runs, timer.failures, timer.duration_ms) == (1, 1, 250)
    services.note_timers(crons={"never": "* * * * * */5"})
    assert list(Timer.objects.values_list("name", flat=True)) == ["never"]


@pytest.mark.parametrize("path", ["/admin/jobs/timer/", "/admin/procrastinate/procrastinatejob/"])
def test_nobody_else_sees_any_of_it(path: str) -> None:
    job_id = failed_job()
    for client in (Client(), client_of(Role.CUSTOMER), client_of(Role.TAILOR), client_of(Role.DELIVERY)):
        assert client.get(path).status_code == 302
        client.post(path, {"action": "try_again", "_selected_action": [job_id]})
    assert ProcrastinateJob.objects.get(id=job_id).status == "failed"


def test_every_timer_of_the_shop_is_registered_and_each_has_its_own_lock() -> None:
    timers = running.crons(tasks_app)
    assert {
        "orders.tasks.forget_call_backs_of_long_ago",
        "realtime.tasks.forget_notifications",
        "realtime.tasks.forget_webhook_deliveries",
        "config.jobs.tasks.take_up_jobs_of_workers_that_died",
        "inventory.tasks.sweep_expired_reservations",
    } <= timers.keys()
    locks = [tasks_app.tasks[name].queueing_lock for name in timers]
    assert None not in locks
    assert len(set(locks)) == len(locks)
    # What comes round less often than each minute is tried again before its next round.
    for name, cron in timers.items():
        assert (tasks_app.tasks[name].retry_strategy is None) == cron.startswith("* * * * *"), name


def test_the_list_of_jobs_asks_as_much_for_many_that_failed_as_for_one() -> None:
    admin = client_of(Role.ADMIN)
    path = "/admin/procrastinate/procrastinatejob/"

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = admin.get(path).content.decode()
        assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page
        return len(asked)

    failed_job()
    admin.get(path)
    few = questions()
    for number in range(4):
        failed_job(f"orders.tasks.other_{number}")
    assert questions() == few
