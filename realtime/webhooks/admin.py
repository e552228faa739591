"""Webhooks in the admin: made, changed, paused; what was delivered and what not. Every change goes through
``services``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from config.api.fixed_filters import fixed_filter, named
from config.api.own_search import OwnSearch
from config.api.read_only import ReadOnlyAdmin
from config.identity.admin_actions import asks_for
from config.kernel.errors import StockwireError
from realtime.registry import BY_NAME
from realtime.selectors import head
from realtime.webhooks import services
from realtime.webhooks.addresses import problem_of
from realtime.webhooks.models import WebhookDelivery, WebhookState, WebhookSubscription
from realtime.webhooks.topics import is_topic, unknown

_SECRET = "webhook_secret"  # noqa: S105  where a request carries it from saving to answering

_TONES = {"active": "success", "paused": "warning", "stopped": "danger"}


class WebhookForm(forms.ModelForm[WebhookSubscription]):
    """Where to, and what about. The secret is ours to make."""

    topics = forms.CharField(
        widget=UnfoldAdminTextInputWidget,
        initial="*",
        help_text="Types of events as /ws has them, with spaces between: order.placed order.* or * for all. "
        "Orders, carts and notifications have people's names, addresses and phone numbers in them.",
    )

    class Meta:
        model = WebhookSubscription
        fields = ("url", "topics", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.topics:
            self.initial["topics"] = " ".join(self.instance.topics)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if problem := problem_of(url, networks=settings.STOCKWIRE_WEBHOOK_NETWORKS):
            raise forms.ValidationError(problem)
        return url

    def clean_topics(self) -> list[str]:
        wanted = list(dict.fromkeys(self.cleaned_data["topics"].replace(",", " ").split()))
        if not wanted or not all(is_topic(topic) for topic in wanted):
            raise forms.ValidationError("Topics are written as order.placed, order.* or *")
        if meaningless := unknown(wanted):
            raise forms.ValidationError(f"There is no event that is called {', '.join(meaningless)}")
        return wanted


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Who is told, and how it stands."""

    form = WebhookForm
    list_display = (
        "__str__",
        "shown_topics",
        "standing_now",
        "reason",
        "behind",
        "failing_since",
        "last_delivered_at",
    )
    list_filter = ("state",)
    search_fields = ("url", "description")
    ordering = ("created_at",)
    fields = ("url", "topics", "description")
    standing = (
        "state", "reason", "notice", "behind", "waiting", "failing_since", "last_delivered_at", "created_at",
    )  # fmt: skip
    actions = ("pause", "resume")
    actions_detail = ("log", "rotate")

    @display(description="State", ordering="state", label=_TONES)  # type: ignore[untyped-decorator]  # unfold has no types
    def standing_now(self, webhook: WebhookSubscription) -> tuple[str, str]:
        return webhook.state, webhook.get_state_display()

    @admin.display(description="Topics")
    def shown_topics(self, webhook: WebhookSubscription) -> str:
        return " ".join(webhook.topics)

    @admin.display(description="Events of the log before it")
    def behind(self, webhook: WebhookSubscription) -> int | str:
        end = head()
        return end.top - webhook.seq if webhook.epoch == end.epoch else "another log"

    @admin.display(description="Deliveries that wait")
    def waiting(self, webhook: WebhookSubscription) -> int:
        return webhook.deliveries.filter(status="waiting").count()

    def get_fields(self, request: HttpRequest, obj: WebhookSubscription | None = None) -> tuple[str, ...]:  # noqa: ARG002  Django's signature
        return (*self.fields, *self.standing) if obj else self.fields

    def get_readonly_fields(
        self,
        request: HttpRequest,  # noqa: ARG002  as above
        obj: WebhookSubscription | None = None,
    ) -> tuple[str, ...]:
        return self.standing if obj else ()

    def save_model(
        self, request: HttpRequest, obj: WebhookSubscription, form: WebhookForm, change: bool
    ) -> None:
        given = {name: form.cleaned_data[name] for name in self.fields}
        if change:
            services.change(subscription_id=obj.pk, **given)
            return
        made = services.create(**given)
        obj.pk = made.pk
        vars(request)[_SECRET] = made.secret

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its deliveries go with it, though nobody deletes one by hand."""
        shown, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: WebhookSubscription) -> None:  # noqa: ARG002  as above
        services.delete(subscription_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:  # noqa: ARG002  as above
        for webhook in queryset:
            services.delete(subscription_id=webhook.pk)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal that no form sees coming (one too many) is said like any other."""
        try:
            answer: HttpResponse = super().add_view(request, *args, **kwargs)
        except StockwireError as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:realtime_webhooksubscription_changelist"))
        return answer

    def response_add(
        self,
        request: HttpRequest,
        obj: WebhookSubscription,
        *args: Any,  # noqa: ARG002  as above
        **kwargs: Any,  # noqa: ARG002  as above
    ) -> HttpResponse:
        return self._show_secret(request, obj, vars(request).pop(_SECRET))

    has_see_log_permission = asks_for("realtime.view_webhookdelivery")

    @action(description="Deliveries", url_path="log", permissions=["see_log"])  # type: ignore[untyped-decorator]
    def log(self, request: HttpRequest, object_id: str) -> HttpResponse:  # noqa: ARG002  unfold's signature
        """What was sent to it."""
        found = urlencode({"subscription__id__exact": unquote(object_id)})
        return HttpResponseRedirect(f"{reverse('admin:realtime_webhookdelivery_changelist')}?{found}")

    def has_rotate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:  # noqa: ARG002  unfold's
        return bool(self.has_change_permission(request))

    @action(description="New secret", url_path="rotate", permissions=["rotate"])  # type: ignore[untyped-decorator]
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = WebhookSubscription.objects.filter(pk=unquote(object_id)).first()
        if webhook is None:
            return HttpResponseRedirect(reverse("admin:realtime_webhooksubscription_changelist"))
        if request.method == "POST":
            secret = services.rotate_secret(subscription_id=webhook.pk)
            self.log_change(request, webhook, "A new secret.")
            return self._show_secret(request, webhook, secret)
        context = {
            **self.admin_site.each_context(request),
            "title": "New secret",
            "opts": self.opts,
            "original": webhook,
            "webhook": webhook,
        }
        return TemplateResponse(request, "admin/realtime/webhook/rotate.html", context)

    @admin.action(description="Pause the selected webhooks", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:
        for webhook in queryset.filter(state=WebhookState.ACTIVE):
            services.pause(subscription_id=webhook.pk)
            self.log_change(request, webhook, "Paused.")
        self.message_user(request, "Nothing is delivered to them from now on.", messages.SUCCESS)

    @admin.action(description="Resume the selected webhooks", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:
        for webhook in queryset.exclude(state=WebhookState.ACTIVE):
            services.resume(subscription_id=webhook.pk)
            self.log_change(request, webhook, "Resumed.")
        self.message_user(request, "They go on from where they stopped.", messages.SUCCESS)

    def _show_secret(self, request: HttpRequest, webhook: WebhookSubscription, secret: str) -> HttpResponse:
        """In this answer and nowhere else; a message would leave it in a cookie or a session."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The webhook's secret",
            "webhook": webhook,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/realtime/webhook/secret.html", context)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OwnSearch, ReadOnlyAdmin):
    """What was sent to whom, and what came back. Newest first."""

    list_display = (
        "type", "subscription", "subject", "state", "attempts", "answered", "problem", "last_attempt_at",
        "due_at",
    )  # fmt: skip
    list_filter = ("status", fixed_filter("type", lambda: named(*sorted(BY_NAME))), "subscription")
    search_fields = ("event_id", "subject")
    search_help_text = "The id of the event, or of what it is about, as a whole"
    ordering = ("-id",)
    list_select_related = ("subscription",)
    actions = ("send_again", "discard")

    has_act_permission = asks_for("realtime.change_webhooksubscription")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status",
        ordering="status",
        label={"waiting": "warning", "delivered": "success", "discarded": "danger"},
    )
    def state(self, row: WebhookDelivery) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.display(description="Answered")
    def answered(self, row: WebhookDelivery) -> str:
        return f"{row.status_code} in {row.duration_ms} ms" if row.status_code else "-"

    def found(self, queryset: QuerySet[WebhookDelivery], term: str) -> QuerySet[WebhookDelivery]:
        """As they are written."""
        return queryset.filter(Q(event_id=term) | Q(subject=term))

    @admin.action(description="Send the selected events again", permissions=["act"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        self._each(request, queryset, lambda row: services.send_again(delivery_id=row.pk), "Sent again.")

    @admin.action(description="Give up the selected events that wait", permissions=["act"])
    def discard(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        self._each(request, queryset, lambda row: services.discard(delivery_id=row.pk), "Given up.")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[WebhookDelivery],
        act: Callable[[WebhookDelivery], None],
        done: str,
    ) -> None:
        for row in queryset.order_by("seq"):
            try:
                act(row)
            except StockwireError as refusal:
                messages.error(request, f"{row.event_id}: {refusal.message}")
            else:
                self.log_change(request, row, done)
                messages.success(request, f"{row.event_id}: {done}")
