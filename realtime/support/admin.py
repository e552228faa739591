"""The staff's door to chats: read whole, claimed, answered and closed through the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from config.api.plain_lines import PlainModelForm
from config.api.read_only import ReadOnlyAdmin, ReadOnlyInline
from config.identity.admin_actions import asks_for
from config.identity.models import Role, User
from config.kernel.errors import StockwireError
from realtime.models import CannedAnswer, ChatStatus, SupportChat, SupportMessage
from realtime.support import chats
from realtime.support.following import change_status
from realtime.support.inbox import beside_facts, inbox_facts, tell_typing
from realtime.support.parties import Speaker
from realtime.support.reading import mark_read
from realtime.support.writing import LONGEST_MESSAGE, write_message

Act = Callable[[], str]
#: The actions that lead somewhere, by how the chat stands.
_OFFERED: Mapping[ChatStatus, tuple[str, ...]] = {
    ChatStatus.OPEN: ("answer", "claim", "close"),
    ChatStatus.CLAIMED: ("answer", "release", "close"),
    ChatStatus.CLOSED: ("release",),
}


class StepForm(forms.Form):
    """Asks for nothing."""


class AnswerForm(forms.Form):
    """What is written is kept to the letter. ``shown`` is the newest message that the page had."""

    shown = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    message = forms.CharField(
        max_length=LONGEST_MESSAGE, strip=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )

    def clean_message(self) -> str:
        # A browser sends each line's end as two characters.
        text: str = self.cleaned_data["message"].replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError("Write something")
        return text


class MessageInline(ReadOnlyInline):
    model = SupportMessage
    related = ("author",)
    fields = ("number", "created_at", "author", "is_staff", "text")
    readonly_fields = fields
    ordering = ("number",)


@admin.register(SupportChat)
class SupportChatAdmin(ReadOnlyAdmin):
    """Nothing of a chat is edited."""

    list_display = (
        "customer_name", "created_at", "in_short", "urgency", "state", "with_whom", "message_count", "unread",
    )  # fmt: skip
    list_filter = ("status", "priority")
    search_fields = ("=id", "customer__email", "customer__name", "issue")
    ordering = ("-created_at", "-id")
    fields = (
        "id", "customer", "issue", "priority", "status", "claimed_by", "message_count", "created_at",
        "updated_at",
    )  # fmt: skip
    inlines = (MessageInline,)
    actions = ("claim_all", "close_all")
    list_before_template = "admin/realtime/supportchat/link.html"
    actions_detail = ("answer", "claim", "release", "close")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("inbox/", view(self.inbox), name="realtime_supportchat_inbox"),
            path("inbox/<str:chat_id>/beside/", view(self.beside), name="realtime_supportchat_beside"),
            path("inbox/<str:chat_id>/typing/", view(self.typing), name="realtime_supportchat_typing"),
        ]
        return [*own, *super().get_urls()]

    def inbox(self, request: HttpRequest) -> HttpResponse:
        """All open chats on one page, live."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Support inbox",
            **inbox_facts(request.user),
        }
        return TemplateResponse(request, "admin/realtime/supportchat/inbox.html", context)

    def beside(self, request: HttpRequest, chat_id: str) -> HttpResponse:
        """Whom one talks to: a part of the inbox."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = beside_facts(_chat(request, chat_id), request.user)
        return TemplateResponse(request, "admin/realtime/supportchat/beside.html", shown)

    @method_decorator(require_POST)
    def typing(self, request: HttpRequest, chat_id: str) -> HttpResponse:
        """That staff write, or have stopped: told to whoever is in the chat, and kept nowhere."""
        if not self.has_answer_permission(request):
            raise PermissionDenied
        chat = _chat(request, chat_id)
        if chat.status != ChatStatus.CLOSED and isinstance(request.user, User):
            tell_typing(chat, request.user, is_typing=request.POST.get("is_typing") == "true")
        return HttpResponse(status=204)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupportChat]:
        return chats.chats_of(_speaker(request))

    @admin.display(description="Customer", ordering="customer__name")
    def customer_name(self, chat: SupportChat) -> str:
        return chat.customer.name or chat.customer.email

    @admin.display(description="Issue")
    def in_short(self, chat: SupportChat) -> str:
        return chat.issue[:80]

    @display(description="Priority", ordering="priority", label={"urgent": "danger", "high": "warning"})  # type: ignore[untyped-decorator]  # unfold has no types
    def urgency(self, chat: SupportChat) -> tuple[str, str]:
        return chat.priority, chat.get_priority_display()

    @display(description="Status", ordering="status", label={"open": "warning", "claimed": "info"})  # type: ignore[untyped-decorator]  # as above
    def state(self, chat: SupportChat) -> tuple[str, str]:
        return chat.status, chat.get_status_display()

    @admin.display(description="Claimed by")
    def with_whom(self, chat: SupportChat) -> str:
        return (chat.claimed_by.name or chat.claimed_by.email) if chat.claimed_by else "-"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Of the steps only those that there are from here."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        chat = SupportChat.objects.filter(pk=unquote(object_id)).first()
        there_are = _OFFERED[ChatStatus(chat.status)] if chat else ()
        return [one for one in offered if one.action_name.removeprefix("realtime_supportchat_") in there_are]

    @admin.display(description="Unread")
    def unread(self, chat: Any) -> int:
        """By staff."""
        return int(chat.unread_by_staff)

    has_answer_permission = asks_for("realtime.answer_supportchat")

    # -------------------------------------------------------------------------------------- actions

    @admin.action(description="Claim the selected chats", permissions=["answer"])
    def claim_all(self, request: HttpRequest, queryset: QuerySet[SupportChat]) -> None:
        _step_all(request, queryset, ChatStatus.CLAIMED)

    @admin.action(description="Close the selected chats", permissions=["answer"])
    def close_all(self, request: HttpRequest, queryset: QuerySet[SupportChat]) -> None:
        _step_all(request, queryset, ChatStatus.CLOSED)

    @action(description="Answer", url_path="answer", permissions=["answer"])  # type: ignore[untyped-decorator]
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Whoever answers has read what the page showed."""
        chat, by = _chat(request, object_id), _speaker(request)
        given = request.POST if request.method == "POST" else None
        form = AnswerForm(given, initial={"shown": chat.message_count})

        def act() -> str:
            write_message(by=by, text=form.cleaned_data["message"], chat_id=chat.pk)
            if form.cleaned_data["shown"] is not None:
                mark_read(chat_id=chat.pk, by=by, upto=form.cleaned_data["shown"])
            return "Answered"

        return self._ask(request, chat, form, act, title="Answer")

    @action(description="Claim", url_path="claim", permissions=["answer"])  # type: ignore[untyped-decorator]
    def claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._step(request, object_id, ChatStatus.CLAIMED, title="Claim")

    @action(description="Open again", url_path="release", permissions=["answer"])  # type: ignore[untyped-decorator]
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._step(request, object_id, ChatStatus.OPEN, title="Open again")

    @action(description="Close", url_path="close", permissions=["answer"])  # type: ignore[untyped-decorator]
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._step(request, object_id, ChatStatus.CLOSED, title="Close")

    def _step(self, request: HttpRequest, chat_id: str, to: ChatStatus, *, title: str) -> HttpResponse:
        chat = _chat(request, chat_id)

        def act() -> str:
            change_status(chat_id=chat.pk, to=to, by=_speaker(request))
            return f"The chat is {to.label.lower()}"

        form = StepForm(request.POST if request.method == "POST" else None)
        return self._ask(request, chat, form, act, title=title)

    def _ask(
        self, request: HttpRequest, chat: SupportChat, form: forms.Form, act: Act, *, title: str
    ) -> HttpResponse:
        """Ask, then act: what a link leads to changes nothing yet. A refusal is said."""
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, act())
            except StockwireError as refusal:
                messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:realtime_supportchat_change", args=[chat.pk]))
        newest = list(chats.messages_of(chat).order_by("-number")[: chats.NEWEST])
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": chat,
            "chat": chat,
            "said": newest[::-1],
            "form": form,
        }
        return TemplateResponse(request, "admin/realtime/supportchat/act.html", context)


@admin.register(CannedAnswer)
class CannedAnswerAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What staff say often. Plain texts: nothing hangs on them, and nobody is told."""

    list_display = ("title", "position", "in_short")
    search_fields = ("title", "text")
    form = PlainModelForm
    fields = ("title", "text", "position")

    @admin.display(description="Text")
    def in_short(self, answer: CannedAnswer) -> str:
        return answer.text[:80]


def _step_all(request: HttpRequest, queryset: QuerySet[SupportChat], to: ChatStatus) -> None:
    for chat_id in list(queryset.values_list("pk", flat=True)):
        try:
            change_status(chat_id=chat_id, to=to, by=_speaker(request))
        except StockwireError as refusal:
            messages.error(request, f"{chat_id}: {refusal.message}")
        else:
            messages.success(request, f"{chat_id} is {to.label.lower()}")


def _chat(request: HttpRequest, chat_id: str) -> SupportChat:
    chat = chats.chats_of(_speaker(request)).filter(pk=unquote(chat_id)).first()
    if chat is None:
        raise Http404
    return chat


def _speaker(request: HttpRequest) -> Speaker:
    """Whoever is let into the admin is staff."""
    return Speaker(str(request.user.pk), Role.ADMIN)
