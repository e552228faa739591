"""What `POST /api/socket` takes."""

from __future__ import annotations

from typing import Any, get_args

from rest_framework import serializers

from config.api.fields import CountField, IdField, StrictCharField
from realtime.events import StockEventName

STOCK_EVENTS: tuple[str, ...] = get_args(StockEventName)


class _Stock(serializers.Serializer[Any]):
    productId = IdField()  # noqa: N815  the contract's name
    size = StrictCharField(max_length=100, allow_blank=True, required=False, allow_null=True)
    color = StrictCharField(max_length=100, allow_blank=True, required=False, allow_null=True)
    stock = CountField()


class AnnouncementSerializer(serializers.Serializer[Any]):
    """One of the three stock events, and what is said."""

    event = StrictCharField()
    data = _Stock()  # type: ignore[assignment]  # the contract's name for the field; DRF has a property

    def validate_event(self, event: str) -> str:
        if event not in STOCK_EVENTS:
            raise serializers.ValidationError(f"must be one of {', '.join(STOCK_EVENTS)}")
        return event
