"""What is over is forgotten by the worker, and nothing else is."""

import datetime as dt

import pytest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from config.identity.models import AttemptCount, SignIn, User
from config.identity.services.forgetting import REMEMBERED
from config.identity.tasks import forget_sign_ins_that_are_over

pytestmark = pytest.mark.django_db

MOMENT = dt.timedelta(minutes=1)


def test_what_is_over_goes_and_the_rest_stays(customer: User) -> None:
    now = timezone.now()
    for name, expires_at, ended_at in (
        ("lasting", now + MOMENT, None),
        ("expired", now - REMEMBERED + MOMENT, None),
        ("ended", now + MOMENT, now),
        ("old", now - REMEMBERED - MOMENT, None),
        ("old and ended", now - REMEMBERED - MOMENT, now - REMEMBERED * 2),
    ):
        SignIn.objects.create(pk=name, user=customer, expires_at=expires_at, ended_at=ended_at)
    for jti, until in (("used", now + MOMENT), ("expired", now - MOMENT)):
        BlacklistedToken.objects.create(token=OutstandingToken.objects.create(jti=jti, expires_at=until))
    for key, until in (("counting", now + MOMENT), ("over", now - MOMENT)):
        AttemptCount.objects.create(key=key, count=1, until=until)
    forget_sign_ins_that_are_over(0)
    assert sorted(SignIn.objects.values_list("pk", flat=True)) == ["ended", "expired", "lasting"]
    assert list(OutstandingToken.objects.values_list("jti", flat=True)) == ["used"]
    assert list(BlacklistedToken.objects.values_list("token__jti", flat=True)) == ["used"]
    assert list(AttemptCount.objects.values_list("key", flat=True)) == ["counting"]


def test_the_worker_does_it_each_hour() -> None:
    from procrastinate.contrib.django import app

    tasks = {
        task.task.name: task.cron
        for task in app.periodic_registry.periodic_tasks.values()
        if task.task.name.startswith("config.identity")
    }
    assert tasks == {"config.identity.tasks.forget_sign_ins_that_are_over": "37 * * * *"}
