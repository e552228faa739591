"""Support: a customer's chat, on a page of its own and in the bubble beside every other page.

A message bears a key that was drawn with its form, so that one which is sent again is one (decision 0131).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy

from config.api.errors import status_of
from config.identity.models import Role
from config.kernel.errors import StockwireError
from config.kernel.ids import new_id
from realtime.api.support_bodies import LONGEST_ISSUE
from realtime.models import ChatPriority, ChatStatus
from realtime.pages.fields import TextField
from realtime.pages.page import Page
from realtime.pages.refusals import words_for
from realtime.support.chats import NEWEST, chat_of, chats_of, messages_of
from realtime.support.following import change_status
from realtime.support.opening import open_chat
from realtime.support.reading import mark_read
from realtime.support.writing import LONGEST_KEY, LONGEST_MESSAGE, write_message
from realtime.templatetags.named import chat_priority

_MOST_MESSAGES = 2_000_000_000


class OpeningForm(forms.Form):
    issue = TextField(label=gettext_lazy("What is it about?"), max_length=LONGEST_ISSUE, lines=3)
    priority = forms.ChoiceField(label=gettext_lazy("How urgent is it?"), initial=ChatPriority.NORMAL)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["priority"]
        choices.choices = [(word, chat_priority(word)) for word in ChatPriority.values]


class MessageForm(forms.Form):
    """``key`` is the message's name: the same again is the same message."""

    message = TextField(label=gettext_lazy("Message"), max_length=LONGEST_MESSAGE, lines=2)
    key = forms.CharField(max_length=LONGEST_KEY, widget=forms.HiddenInput)


class AfterForm(forms.Form):
    after = forms.IntegerField(min_value=0, max_value=_MOST_MESSAGES, required=False)


class Support(Page):
    """The newest chat, and a form for a new one where none is open."""

    template_name = "shop/support.html"
    title = gettext_lazy("Support")
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show_chat()

    def show_chat(
        self, *, opening: OpeningForm | None = None, writing: MessageForm | None = None, status: int = 200
    ) -> HttpResponse:
        chat = chats_of(self.speaker).order_by("-created_at", "-id").first()
        messages = []
        if chat is not None:
            newest = list(messages_of(chat).order_by("-number")[:NEWEST])
            messages = newest[::-1]
            # Up to what this page shows, and no further.
            mark_read(chat_id=chat.pk, by=self.speaker, upto=newest[0].number if newest else 0)
        return self.show(
            template="shop/parts/chat.html" if self.wants_part else None,
            chat=chat,
            chat_messages=messages,
            opening=opening or OpeningForm(),
            writing=writing or fresh_message(),
            status=status,
        )


class OpenChat(Support):
    """A chat is opened; the one that is open is gone on with."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = OpeningForm(request.POST)
        if not form.is_valid():
            return self.show_chat(opening=form, status=400)
        open_chat(
            by=self.speaker,
            issue=form.cleaned_data["issue"],
            priority=ChatPriority(form.cleaned_data["priority"]),
        )
        return self.go(reverse("support"))


class ChatMessages(Page):
    """What was said behind a number; GET for what came, POST to say something."""

    template_name = "shop/parts/chat_messages.html"
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest, chat_id: str) -> HttpResponseBase:
        form = AfterForm(request.GET)
        after = (form.cleaned_data["after"] if form.is_valid() else None) or 0
        chat = chat_of(chat_id, by=self.speaker)
        newest = messages_of(chat).filter(number__gt=after).order_by("-number")[:NEWEST]
        messages = list(newest)[::-1]
        if messages:
            mark_read(chat_id=chat.pk, by=self.speaker, upto=messages[-1].number)
        return self.show(chat_messages=messages)


class WriteMessage(Support):
    """Something is said."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, chat_id: str) -> HttpResponseBase:
        form = MessageForm(request.POST)
        if not form.is_valid():
            return self._again(chat_id, form, status=400)
        try:
            write_message(
                by=self.speaker,
                text=form.cleaned_data["message"],
                chat_id=chat_id,
                key=form.cleaned_data["key"],
            )
        except StockwireError as refusal:
            # Said under a name that is another message's by now: the same words, under a new one.
            again = MessageForm({"message": form.cleaned_data["message"], "key": new_id("msg")})
            again.add_error(None, words_for(refusal))
            return self._again(chat_id, again, status=status_of(refusal))
        if not self.wants_part:
            return self.go(reverse("support") + "#chat-end")
        response = self._composer(chat_id, fresh_message())
        response["HX-Trigger"] = "chat-written"
        return response

    def _again(self, chat_id: str, form: MessageForm, *, status: int) -> HttpResponse:
        return (
            self._composer(chat_id, form, status)
            if self.wants_part
            else self.show_chat(writing=form, status=status)
        )

    def _composer(self, chat_id: str, form: MessageForm, status: int = 200) -> HttpResponse:
        return self.show(template="shop/parts/composer.html", chat_id=chat_id, writing=form, status=status)


class CloseChat(Support):
    """Its customer needs it no more."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, chat_id: str) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        change_status(chat_id=chat_id, to=ChatStatus.CLOSED, by=self.speaker)
        return self.go(reverse("support"))


class ChatHead(Page):
    """How the chat stands, which follows."""

    template_name = "shop/parts/chat_head.html"
    needs_user = True
    roles = (Role.CUSTOMER,)

    def get(self, request: HttpRequest, chat_id: str) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show(chat=chat_of(chat_id, by=self.speaker))


class Bubble(Page):
    """The count of unread messages on the bubble, which follows."""

    template_name = "shop/parts/bubble_count.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show()


def fresh_message() -> MessageForm:
    """A form for one message, whose name is drawn now."""
    return MessageForm(initial={"key": new_id("msg")})
