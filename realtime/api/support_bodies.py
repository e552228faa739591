"""What is sent to support chats, over REST and live: shapes and bounds."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.api.fields import StrictCharField, StrictIntegerField
from realtime.models import ChatPriority, ChatStatus
from realtime.support.writing import LONGEST_KEY, LONGEST_MESSAGE

LONGEST_ISSUE = 500
_MOST_MESSAGES = 2_000_000_000


class _WordField(StrictCharField):
    """One of a few words."""

    def __init__(self, words: list[str], **kwargs: Any) -> None:
        self.words = words
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        word = super().to_internal_value(data)
        if word not in self.words:
            raise serializers.ValidationError(f"must be one of {', '.join(self.words)}")
        return word


class OpeningBody(serializers.Serializer[Any]):
    issue = StrictCharField(max_length=LONGEST_ISSUE, multiline=True)
    priority = _WordField(ChatPriority.values, default=ChatPriority.NORMAL)


class MessageBody(serializers.Serializer[Any]):
    """``clientMessageId`` is the sender's own name for it: the same again is the same message."""

    message = StrictCharField(max_length=LONGEST_MESSAGE, multiline=True)
    clientMessageId = StrictCharField(max_length=LONGEST_KEY, required=False, allow_null=True)  # noqa: N815  the wire's name


class ChatStatusBody(serializers.Serializer[Any]):
    status = _WordField(ChatStatus.values)


class ReadBody(serializers.Serializer[Any]):
    """Without a ``messageId`` all of it."""

    messageId = StrictIntegerField(  # noqa: N815  as above
        min_value=0, max_value=_MOST_MESSAGES, required=False, allow_null=True
    )
