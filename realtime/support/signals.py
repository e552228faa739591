"""The signals of chats."""

from __future__ import annotations

from config.kernel.events import EventSignal
from realtime.support.events import ChatMessage, ChatOpened, ChatStatusChanged

chat_opened = EventSignal(ChatOpened)
# Sent once for each chat that a customer opens.
# Not sent for going on with one that is open, nor for one that is opened again.

chat_message = EventSignal(ChatMessage)
# Sent once for each message, in the order of their numbers.
# Not sent for a message that came a second time.

chat_status_changed = EventSignal(ChatStatusChanged)
# Sent for each step that was taken. Not for a step to where the chat is already, nor for one that was read.
