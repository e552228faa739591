"""For how long the call backs of payment providers are kept."""

from __future__ import annotations

import datetime as dt

import pytest
from pytest_django.fixtures import Settings

from config.kernel import forgetting
from config.kernel.clock import now
from orders.models import ProviderEvent
from orders.services import forget_old_provider_events
from orders.tasks import forget_call_backs_of_long_ago

pytestmark = pytest.mark.django_db(transaction=True)


def call_back(days: int) -> str:
    name = f"evt_{ProviderEvent.objects.count()}_{days}"
    ProviderEvent.objects.create(
        provider="fake", event_id=name, kind="x", body="{}", received_at=now() - dt.timedelta(days=days)
    )
    return name


def test_they_go_after_so_many_days_as_are_set(settings: Settings) -> None:
    call_back(181)
    kept = call_back(179)
    forget_call_backs_of_long_ago(timestamp=0)
    assert list(ProviderEvent.objects.values_list("event_id", flat=True)) == [kept]
    settings.STOCKWIRE_KEEP_PROVIDER_EVENTS = 30
    assert forget_old_provider_events() == 1
    assert not ProviderEvent.objects.exists()


def test_many_go_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for _ in range(5):
        call_back(200)
    assert forget_old_provider_events() == 5
    assert not ProviderEvent.objects.exists()
