"""What the inbox shows beside the chats themselves, which it fetches and hears like any other client; and who
writes in it, for which a client of `/ws` has no message.
"""

from __future__ import annotations

from typing import Any

from config.identity.models import User
from config.kernel.money import sign_of, to_number
from orders.models import Order
from realtime import whispers
from realtime.connections import who_is_here
from realtime.models import CannedAnswer, ChatStatus, SupportChat
from realtime.support.events import UserTyping
from realtime.support.shapes import catalog_user

_NEWEST_ORDERS = 10
_MOST_CHATS = 200
_MOST_ANSWERS = 200


def inbox_facts(user: Any) -> dict[str, Any]:
    """Whose page it is, what they say often, and who is here of those with an open chat."""
    waiting = SupportChat.objects.exclude(status=ChatStatus.CLOSED).order_by("-created_at")
    return {
        "me": user.pk,
        "may_answer": user.has_perm("realtime.answer_supportchat"),
        "canned": [
            {"title": one.title, "text": one.text} for one in CannedAnswer.objects.all()[:_MOST_ANSWERS]
        ],
        "here": sorted(who_is_here(waiting.values_list("customer_id", flat=True)[:_MOST_CHATS])),
    }


def beside_facts(chat: SupportChat, user: Any) -> dict[str, Any]:
    """The customer of a chat, with their newest orders for whoever may see orders."""
    may_see_orders = user.has_perm("orders.view_order")
    newest = Order.objects.filter(user_id=chat.customer_id).order_by("-created_at", "-id")[:_NEWEST_ORDERS]
    return {
        "chat": chat,
        "may_see_customer": user.has_perm("identity.view_user"),
        "may_see_orders": may_see_orders,
        "orders": [
            {"order": order, "total": f"{to_number(order.total, order.currency)} {sign_of(order.currency)}"}
            for order in (newest if may_see_orders else ())
        ],
        "earlier": SupportChat.objects.filter(customer_id=chat.customer_id).exclude(pk=chat.pk)[
            :_NEWEST_ORDERS
        ],
    }


def tell_typing(chat: SupportChat, user: User, *, is_typing: bool) -> None:
    """Have every live process hear that somebody of the staff writes in a chat, or has stopped.

    The inbox is the connection: whoever has it open twice writes in both. It ends by itself (0132).
    """
    said = UserTyping(chat.pk, user.pk, catalog_user(user), is_typing=is_typing, origin=f"inbox:{user.pk}")
    whispers.send([whispers.whisper_of(said)])
