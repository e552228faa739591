"""Which consumer answers which path of live connections."""

from __future__ import annotations

from typing import Any, cast

from django.urls import re_path

from realtime.consumers.events import EventsConsumer
from realtime.consumers.lean import NobodyConsumer
from realtime.consumers.socketio import ShopPollingConsumer, ShopWebSocketConsumer
from realtime.consumers.websocket import CatalogConsumer

websocket_urlpatterns: list[Any] = [
    re_path(r"^ws/?$", cast("Any", CatalogConsumer.as_asgi())),
    re_path(r"^socket\.io/?$", cast("Any", ShopWebSocketConsumer.as_asgi())),
    # Whatever else: refused politely, where the router would raise.
    re_path(r"", cast("Any", NobodyConsumer.as_asgi())),
]

#: Requests that live as long as somebody listens; all other HTTP is the REST half's.
http_urlpatterns: list[Any] = [
    re_path(r"^events/?$", cast("Any", EventsConsumer.as_asgi())),
    re_path(r"^socket\.io/?$", cast("Any", ShopPollingConsumer.as_asgi())),
]
