"""What the inbox shows beside the chats themselves, which it fetches and hears like any other client."""

from __future__ import annotations

from typing import Any

from config.kernel.money import sign_of, to_number
from orders.models import Order
from realtime.connections import who_is_here
from realtime.models import CannedAnswer, ChatStatus, SupportChat

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
