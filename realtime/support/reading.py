"""Up to where each side of a chat has read."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Greatest, Least

from realtime.models import SupportChat
from realtime.support import chats
from realtime.support.parties import Speaker


def mark_read(*, chat_id: str, by: Speaker, upto: int | None = None) -> SupportChat:
    """Note that the speaker's side has read up to a message, or all of it; what was read stays so.

    All of the staff are one side. A number beyond the newest means that one.

    Locks: the chat, for one statement. Refuses: a chat that is not the speaker's to see (``UnknownChat``).
    Announces: nothing.
    """
    chat = chats.chat_of(chat_id, by=by)
    # Whoever is staff may be the customer of an own, older chat; there it is the staff's side all the same.
    marker = "staff_read" if by.is_staff else "customer_read"
    wanted = F("message_count") if upto is None else Least(F("message_count"), upto)
    SupportChat.objects.filter(pk=chat.pk).update(**{marker: Greatest(F(marker), wanted)})
    return chats.chat_of(chat_id, by=by)
