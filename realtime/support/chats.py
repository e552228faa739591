"""Reading chats and their messages, and locking a chat for whoever changes it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from config.identity.models import Role
from realtime.models import ChatStatus, SupportChat, SupportMessage
from realtime.principals import Principal
from realtime.support.errors import UnknownChat
from realtime.support.parties import Speaker
from realtime.support.shapes import room_name, shop_chat, shop_message

#: Messages that whoever joins a chat is shown.
NEWEST = 50


def chats_of(by: Speaker) -> QuerySet[SupportChat]:
    """The speaker's own; for staff, all. Each with how much of it is unread."""
    found = SupportChat.objects.select_related("customer", "claimed_by").annotate(
        unread_by_customer=_unread("customer_read", is_staff=True),
        unread_by_staff=_unread("staff_read", is_staff=False),
    )
    return found if by.is_staff else found.filter(customer_id=by.user_id)


def chat_of(chat_id: str, *, by: Speaker) -> SupportChat:
    """One of those. Refuses: any other (``UnknownChat``)."""
    chat = chats_of(by).filter(pk=chat_id).first()
    if chat is None:
        raise UnknownChat
    return chat


def messages_of(chat: SupportChat) -> QuerySet[SupportMessage]:
    """All of a chat."""
    return SupportMessage.objects.filter(chat=chat).select_related("author")


def shown(chat: SupportChat) -> dict[str, Any]:
    """A chat of ``chats_of``."""
    unread: Any = chat
    return shop_chat(chat, unread=(unread.unread_by_customer, unread.unread_by_staff))


def joined(chat: SupportChat) -> dict[str, Any]:
    """What whoever joins is shown: the chat and its newest messages, the oldest of these first."""
    newest = list(messages_of(chat).order_by("-number")[:NEWEST])
    return {
        "chatRoom": room_name(chat.id),
        "chat": shown(chat),
        "messages": [shop_message(message) for message in reversed(newest)],
    }


def locked(chat_id: str, *, by: Speaker) -> SupportChat:
    """The chat, which stands still until the transaction ends. Refuses: as ``chat_of``."""
    # Without a join: whoever has waited for the lock gets the row as it is then, but of another table what
    # belonged to the row before.
    chat = SupportChat.objects.select_for_update(no_key=True).filter(pk=chat_id).first()
    if chat is None or not by.may_see(chat.customer_id):
        raise UnknownChat
    return chat


def unread_of(chat: SupportChat) -> tuple[int, int]:
    """How many messages the customer has not read, and how many staff have not."""
    counts = SupportMessage.objects.filter(chat=chat).aggregate(
        customer=Count("pk", filter=Q(is_staff=True, number__gt=chat.customer_read)),
        staff=Count("pk", filter=Q(is_staff=False, number__gt=chat.staff_read)),
    )
    return counts["customer"], counts["staff"]


def open_chat_count() -> int:
    """Chats that are not closed."""
    return SupportChat.objects.exclude(status=ChatStatus.CLOSED).count()


def open_chats_of(user_ids: Collection[str]) -> dict[str, str]:
    """The open chat of each of these users who has one. One query."""
    return dict(
        SupportChat.objects.filter(customer_id__in=user_ids)
        .exclude(status=ChatStatus.CLOSED)
        .values_list("customer_id", "pk")
    )


def open_chat_of(customer_id: str) -> SupportChat | None:
    """A customer's open chat, with how much of it is unread; ``None``: there is none. One query."""
    own = chats_of(Speaker(customer_id, Role.CUSTOMER))
    return own.exclude(status=ChatStatus.CLOSED).first()


def those_of_chats(asked: Collection[tuple[Principal, str]]) -> set[tuple[Principal, str]]:
    """Of these listeners and chats the pairs that belong together. Blocks: one query."""
    ids = {chat_id for _principal, chat_id in asked}
    customers = dict(SupportChat.objects.filter(pk__in=ids).values_list("pk", "customer_id"))
    return {
        (principal, chat_id)
        for principal, chat_id in asked
        if chat_id in customers and Speaker(principal.id, principal.role).may_see(customers[chat_id])
    }


def _unread(marker: str, *, is_staff: bool) -> Coalesce:
    beyond = SupportMessage.objects.filter(
        chat=OuterRef("pk"), is_staff=is_staff, number__gt=OuterRef(marker)
    )
    counted = beyond.order_by().values("chat").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
