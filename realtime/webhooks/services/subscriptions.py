"""Subscriptions as staff make, change, pause and resume them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from realtime import selectors
from realtime.webhooks.addresses import problem_of
from realtime.webhooks.errors import BadTarget, BadTopics, TooManyWebhooks, UnknownWebhook
from realtime.webhooks.models import DeliveryStatus, WebhookDelivery, WebhookState, WebhookSubscription
from realtime.webhooks.signing import new_secret
from realtime.webhooks.topics import is_topic, unknown

#: Each reads the log by itself, and may have its requests under way at the same time as all others.
MOST = 100
#: So long what was signed with the secret before is good too.
OLD_SECRET_FOR = dt.timedelta(hours=24)

#: Any number that no other advisory lock of ours has.
_LOCK = 7_153_005


def create(*, url: str, topics: Sequence[str], description: str = "") -> WebhookSubscription:
    """Begin to tell a server, from the next event on; its ``secret`` is in what is returned.

    Locks: the making of others. Refuses: a URL that nothing may be posted to (``BadTarget``), topics that
    mean nothing (``BadTopics``), one too many (``TooManyWebhooks``). Announces: nothing.
    """
    _check(url, topics)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if WebhookSubscription.objects.count() >= MOST:
            raise TooManyWebhooks
        end = selectors.head()
        return WebhookSubscription.objects.create(
            url=url,
            topics=list(topics),
            description=description,
            secret=new_secret(),
            epoch=end.epoch,
            seq=end.top,
        )


def change(*, subscription_id: str, url: str, topics: Sequence[str], description: str = "") -> None:
    """Have it go elsewhere, or be about something else. What is held for it stays so.

    Locks: its row. Refuses: as ``create``; one that is not there (``UnknownWebhook``). Announces: nothing.
    """
    _check(url, topics)
    _update(subscription_id, url=url, topics=list(topics), description=description)


def pause(*, subscription_id: str) -> None:
    """Deliver nothing, within seconds. Its place in the log stays, as long as the log goes back.

    Locks: its row. Refuses: one that is not there (``UnknownWebhook``). Announces: nothing.
    """
    _update(subscription_id, state=WebhookState.PAUSED, reason="")


def resume(*, subscription_id: str) -> None:
    """Go on from where it stopped. What is held is tried at once, and has a whole day again.

    Locks: its row, then its deliveries that wait. Refuses: one that is not there (``UnknownWebhook``).
    Announces: nothing.
    """
    with transaction.atomic():
        _update(subscription_id, state=WebhookState.ACTIVE, reason="", notice="", failing_since=None)
        WebhookDelivery.objects.filter(
            subscription_id=subscription_id, status=DeliveryStatus.WAITING, attempts__gt=0
        ).update(due_at=Now(), attempts=1, first_failed_at=None)


def rotate_secret(*, subscription_id: str) -> str:
    """Sign with a new secret, and for a day with the present one too; returns the new one.

    Locks: its row. Refuses: one that is not there (``UnknownWebhook``). Announces: nothing.
    """
    secret = new_secret()
    _update(subscription_id, old_secret=F("secret"), secret=secret, old_secret_until=Now() + OLD_SECRET_FOR)
    return secret


def delete(*, subscription_id: str) -> None:
    """Forget it, and its deliveries.

    Locks: its rows. Refuses: one that is not there (``UnknownWebhook``). Announces: nothing.
    """
    deleted, _ = WebhookSubscription.objects.filter(id=subscription_id).delete()
    if not deleted:
        raise UnknownWebhook


def _update(subscription_id: str, **fields: object) -> None:
    found = WebhookSubscription.objects.filter(id=subscription_id)
    if not found.update(revision=F("revision") + 1, **fields):
        raise UnknownWebhook


def _check(url: str, topics: Sequence[str]) -> None:
    problem = problem_of(url, networks=settings.STOCKWIRE_WEBHOOK_NETWORKS)
    if problem is not None:
        raise BadTarget(problem)
    malformed = [topic for topic in topics if not is_topic(topic)]
    if malformed or not topics:
        raise BadTopics("Topics are written as order.placed, order.* or *")
    if meaningless := unknown(topics):
        raise BadTopics(f"There is no event that is called {', '.join(meaningless)}")
