"""Webhooks in the admin, and for how long what came of them is kept."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.admin.utils import quote as quoted
from django.test import Client
from django.utils.html import escape
from pytest_django.fixtures import Settings

from config.identity.models import Role, User
from config.kernel.clock import now
from realtime import selectors
from realtime.models import Event, Notification
from realtime.tasks import forget_notifications, forget_webhook_deliveries
from realtime.webhooks import services
from realtime.webhooks.errors import BadTarget, BadTopics, NotActive, NotWaiting, TooManyWebhooks
from realtime.webhooks.models import WebhookDelivery, WebhookSubscription
from realtime.webhooks.services import subscriptions

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/realtime/webhooksubscription/"
DELIVERIES = "/admin/realtime/webhookdelivery/"


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(email=f"{role.value}@example.com", password="x", role=role))
    return client


@pytest.fixture
def admin() -> Client:
    return client_of(Role.ADMIN)


def act(client: Client, path: str, action: str, *ids: object) -> str:
    answer = client.post(path, {"action": action, "_selected_action": ids}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def delivery(subscription: WebhookSubscription, **fields: object) -> WebhookDelivery:
    number = WebhookDelivery.objects.count() + 1
    given = {
        "seq": number,
        "event_id": f"evt_{number}",
        "type": "order.placed",
        "subject": "ord_1",
        "status": "delivered",
    }
    return WebhookDelivery.objects.create(subscription=subscription, **{**given, **fields})


def test_the_secret_is_shown_once_and_never_again(admin: Client) -> None:
    page = admin.post(
        f"{LIST}add/",
        {"url": "https://shop.example/hook", "topics": "order.*, stock.low", "description": "ERP"},
    ).content.decode()
    made = WebhookSubscription.objects.get()
    assert (made.url, made.topics, made.description, made.state) == (
        "https://shop.example/hook", ["order.*", "stock.low"], "ERP", "active",
    )  # fmt: skip
    assert made.secret in page
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made.secret)
    for path in (LIST, f"{LIST}{made.pk}/change/"):
        shown = admin.get(path).content.decode()
        assert made.url in shown or made.description in shown
        assert made.secret not in shown


@pytest.mark.parametrize(
    ("url", "topics", "said"),
    [
        ("http://shop.example/", "*", None),
        ("https://user:pw@shop.example/", "*", "A URL with a user name or a password is not taken"),
        ("https://10.0.0.1/", "*", "10.0.0.1 is not a public address"),
        ("https://shop.example/", "order.paid", "There is no event that is called order.paid"),
        ("https://shop.example/", "ORDER", "Topics are written as"),
        ("https://shop.example/", "", "This field is required"),
    ],
)
def test_what_can_not_be_is_said_at_its_field_and_nothing_is_made(
    admin: Client, settings: Settings, url: str, topics: str, said: str | None
) -> None:
    settings.STOCKWIRE_WEBHOOK_NETWORKS = ()
    page = admin.post(f"{LIST}add/", {"url": url, "topics": topics, "description": ""}).content.decode()
    assert escape(said or "Enter a URL that begins with https://") in page
    assert not WebhookSubscription.objects.exists()


def test_it_is_changed_paused_resumed_and_deleted(admin: Client) -> None:
    made = services.create(url="https://shop.example/", topics=["*"])
    admin.post(
        f"{LIST}{made.pk}/change/", {"url": "https://new.example/", "topics": "stock.*", "description": "x"}
    )
    found = WebhookSubscription.objects.get()
    assert (found.url, found.topics, found.revision, found.secret) == (
        "https://new.example/", ["stock.*"], 1, made.secret,
    )  # fmt: skip
    act(admin, LIST, "pause", made.pk)
    assert WebhookSubscription.objects.get().state == "paused"
    waits = delivery(made, status="waiting", attempts=30, first_failed_at=now() - dt.timedelta(days=1))
    WebhookSubscription.objects.update(state="stopped", reason="It went on for a day")
    assert "It went on for a day" in admin.get(LIST).content.decode()
    act(admin, LIST, "resume", made.pk)
    found, waits = WebhookSubscription.objects.get(), WebhookDelivery.objects.get(pk=waits.pk)
    assert (found.state, found.reason, waits.attempts, waits.first_failed_at) == ("active", "", 1, None)
    admin.post(f"{LIST}{made.pk}/delete/", {"post": "yes"})
    assert not WebhookSubscription.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_a_new_secret_is_asked_for_by_a_form_and_shown_once(admin: Client) -> None:
    made = services.create(url="https://shop.example/", topics=["*"])
    path = f"{LIST}{quoted(made.pk)}/rotate/"
    assert admin.get(path).status_code == 200
    assert WebhookSubscription.objects.get().secret == made.secret
    page = admin.post(path).content.decode()
    found = WebhookSubscription.objects.get()
    assert found.secret in page
    assert (found.secret != made.secret, found.old_secret) == (True, made.secret)
    assert found.old_secret_until is not None
    assert dt.timedelta(hours=23) < found.old_secret_until - now() <= dt.timedelta(hours=24)


def test_deliveries_are_seen_sent_again_and_given_up(admin: Client) -> None:
    made = services.create(url="https://shop.example/", topics=["*"])
    end = selectors.head()
    Event.objects.create(public_id="evt_1", seq=1, type="order.placed", subject="ord_1", data="{}")
    there = delivery(made)
    gone = delivery(made)
    waits = delivery(
        made, status="waiting", attempts=3, due_at=now() + dt.timedelta(hours=1), problem="Answered <500>"
    )
    page = admin.get(DELIVERIES).content.decode()
    assert "Answered &lt;500&gt;" in page
    said = act(admin, DELIVERIES, "send_again", there.pk, gone.pk, waits.pk)
    assert "evt_1: Sent again." in said
    assert "evt_2: The event is no longer kept" in said
    rows = {row.pk: row for row in WebhookDelivery.objects.all()}
    assert rows[there.pk].resend_at is not None
    assert rows[gone.pk].resend_at is None
    due = rows[waits.pk].due_at
    assert due is not None
    assert due <= now()
    said = act(admin, DELIVERIES, "discard", there.pk, waits.pk)
    assert "evt_1: This delivery is not waiting any more" in said
    assert [row.status for row in WebhookDelivery.objects.order_by("id")] == [
        "delivered",
        "delivered",
        "discarded",
    ]
    assert end.top == 0


def test_services_refuse_what_forms_would(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STOCKWIRE_WEBHOOK_NETWORKS = ()
    with pytest.raises(BadTarget):
        services.create(url="http://shop.example/", topics=["*"])
    with pytest.raises(BadTopics):
        services.create(url="https://shop.example/", topics=[])
    monkeypatch.setattr(subscriptions, "MOST", 1)
    made = services.create(url="https://shop.example/", topics=["*"])
    with pytest.raises(TooManyWebhooks):
        services.create(url="https://shop.example/", topics=["*"])
    row = delivery(made)
    with pytest.raises(NotWaiting):
        services.discard(delivery_id=row.pk)
    services.pause(subscription_id=made.pk)
    with pytest.raises(NotActive):
        services.send_again(delivery_id=row.pk)
    assert (WebhookSubscription.objects.count(), WebhookDelivery.objects.get().resend_at) == (1, None)


@pytest.mark.parametrize("role", [None, Role.CUSTOMER, Role.TAILOR, Role.DELIVERY])
def test_nobody_else_comes_here(role: Role | None) -> None:
    made = services.create(url="https://shop.example/", topics=["*"])
    client = Client() if role is None else client_of(role)
    for path in (LIST, f"{LIST}add/", f"{LIST}{made.pk}/change/", f"{LIST}{made.pk}/rotate/", DELIVERIES):
        assert client.get(path).status_code == 302
    client.post(f"{LIST}{made.pk}/rotate/")
    client.post(LIST, {"action": "pause", "_selected_action": [made.pk]})
    found = WebhookSubscription.objects.get()
    assert (found.secret, found.state) == (made.secret, "active")


def test_deliveries_that_ended_are_kept_for_some_days_and_those_that_wait_for_ever(
    settings: Settings,
) -> None:
    made = services.create(url="https://shop.example/", topics=["*"])
    old, recent = now() - dt.timedelta(days=7, minutes=1), now() - dt.timedelta(days=6, hours=23)
    kept = [delivery(made, recorded_at=recent), delivery(made, recorded_at=old, status="waiting")]
    delivery(made, recorded_at=old)
    delivery(made, recorded_at=old, status="discarded")
    forget_webhook_deliveries(timestamp=0)
    assert list(WebhookDelivery.objects.order_by("id")) == kept
    settings.STOCKWIRE_KEEP_DELIVERIES = 1
    forget_webhook_deliveries(timestamp=0)
    assert list(WebhookDelivery.objects.all()) == kept[1:]


def test_notifications_are_forgotten_some_days_after_they_were_read(settings: Settings) -> None:
    user = User.objects.create_user(email="who@example.com", password="x")
    long_ago = now() - dt.timedelta(days=400)

    def notification(name: str, read_at: dt.datetime | None) -> None:
        Notification.objects.create(
            id=name, user=user, type="order", title="t", message="m", created_at=long_ago, read_at=read_at
        )

    notification("old", now() - dt.timedelta(days=91))
    notification("recent", now() - dt.timedelta(days=89))
    notification("unread", None)
    forget_notifications(timestamp=0)
    assert set(Notification.objects.values_list("id", flat=True)) == {"recent", "unread"}
    settings.STOCKWIRE_KEEP_NOTIFICATIONS = 30
    forget_notifications(timestamp=0)
    assert set(Notification.objects.values_list("id", flat=True)) == {"unread"}
