"""The REST document's table of the live half, and of what is said of the house itself."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from config.api.openapi import Operation, Query, Table
from realtime.api import shapes
from realtime.api.serializers import AnnouncementSerializer
from realtime.api.support_bodies import ChatStatusBody, MessageBody, OpeningBody, ReadBody
from realtime.models import ChatStatus

_LIVE, _NOTIFICATIONS, _CHATS = "Live", "Notifications", "Support chats"
_plain = partial(Operation, tag="The house", plain=True)
_KNOWN: dict[str, Any] = {"takes": ("If-None-Match",), "gives": ("ETag",), "also": {304: None}}

TABLE: Table = {
    "/api/socket": {
        "GET": Operation(
            summary="The doors for listeners",
            tag=_LIVE,
            answer=shapes.Sockets,
            conditional=True,
            cursor=True,
            gives=("X-Stock-Timestamp",),
        ),
        "POST": Operation(
            summary="Announce one of the three stock events to every listener",
            tag=_LIVE,
            notes="Another system's word: nothing changes in the ledger.",
            body=AnnouncementSerializer,
            answer=shapes.Announced,
            gives=("X-Stock-Timestamp",),
        ),
    },
    "/api/events": {
        "GET": Operation(
            summary="The event log, for systems that poll",
            tag=_LIVE,
            answer=shapes.Log,
            cursor=True,
            query=(
                Query("after", "A cursor; without it from the oldest event that is kept"),
                Query("limit", "At most so many, from 1 to 500", int),
            ),
            refusals=(410,),
        )
    },
    "/api/analytics/summary": {
        "GET": Operation(
            summary="The figures of the day", tag="Analytics", answer=shapes.Summary, cursor=True
        )
    },
    "/api/notifications": {
        "GET": Operation(
            summary="What one was told, newest first",
            tag=_NOTIFICATIONS,
            answer=list[shapes.Notification],
            paged=True,
            cursor=True,
            gives=("X-Unread-Count",),
            query=(Query("unread", "`true`: only what is unread", bool),),
        )
    },
    "/api/notifications/read-all": {
        "PUT": Operation(
            summary="All of it is read",
            tag=_NOTIFICATIONS,
            answer=list[shapes.Notification],
            paged=True,
            gives=("X-Unread-Count",),
        )
    },
    "/api/notifications/{notification_id}/read": {
        "PUT": Operation(
            summary="One is read", tag=_NOTIFICATIONS, answer=shapes.Notification, gives=("X-Unread-Count",)
        )
    },
    "/api/support/chats": {
        "GET": Operation(
            summary="One's chats, newest first; for staff all",
            tag=_CHATS,
            answer=list[shapes.Chat],
            paged=True,
            cursor=True,
            query=(Query("status", "Only of this status", ChatStatus),),
        ),
        "POST": Operation(
            summary="Open a chat, or go on with the open one",
            tag=_CHATS,
            body=OpeningBody,
            status=201,
            answer=shapes.Chat,
            also={200: shapes.Chat},
            stamped=True,
        ),
    },
    "/api/support/chats/{chat_id}/messages": {
        "GET": Operation(
            summary="Its messages, newest first",
            tag=_CHATS,
            answer=list[shapes.ChatMessage],
            paged=True,
            cursor=True,
            query=(Query("before", "Only older ones than this number", int),),
        ),
        "POST": Operation(
            summary="Say something",
            tag=_CHATS,
            notes="The same again under the same key or `clientMessageId` is one message (200).",
            body=MessageBody,
            status=201,
            answer=shapes.ChatMessage,
            also={200: shapes.ChatMessage},
            once=True,
        ),
    },
    "/api/support/chats/{chat_id}/status": {
        "PUT": Operation(
            summary="Claim, open again, close",
            tag=_CHATS,
            body=ChatStatusBody,
            answer=shapes.Chat,
            stamped=True,
            guarded=True,
            refusals=(409,),
        )
    },
    "/api/support/chats/{chat_id}/read": {
        "PUT": Operation(
            summary="Up to where one's side has read",
            tag=_CHATS,
            body=ReadBody,
            answer=shapes.Chat,
            stamped=True,
        )
    },
    "/api/health": {"GET": _plain(summary="Does the process answer?", answer=shapes.Health)},
    "/api/ready": {
        "GET": _plain(
            summary="Is everything there that the shop needs?",
            answer=shapes.Readiness,
            also={503: shapes.Readiness},
        )
    },
    "/api/schema": {
        "GET": _plain(
            summary="This document",
            answer=dict[str, Any],
            answer_example={"openapi": "3.1.0"},
            media_types=("application/json", "application/yaml"),
            query=(Query("format", "In place of `Accept`", Literal["json", "yaml"]),),
            refusals=(400, 406),
            **_KNOWN,
        )
    },
    "/api/asyncapi": {
        "GET": _plain(
            summary="The same for events, as AsyncAPI 3.0",
            answer=dict[str, Any],
            answer_example={"asyncapi": "3.0.0"},
            **_KNOWN,
        )
    },
    "/api/docs": {
        "GET": _plain(
            summary="A page to try it on",
            answer=str,
            answer_example="<!doctype html>…",
            media_types=("text/html",),
        )
    },
    "/api/docs/events": {
        "GET": _plain(
            summary="Every event, and what happens now",
            answer=str,
            answer_example="<!doctype html>…",
            media_types=("text/html",),
        )
    },
}

EXAMPLES: dict[Any, Any] = {
    **shapes.EXAMPLES,
    AnnouncementSerializer: {
        "event": "STOCK_UPDATED",
        "data": {"productId": "prod_0mi6v2k9q3", "size": "M", "color": "Navy", "stock": 12},
    },
    OpeningBody: {"issue": "The sleeve is too long", "priority": "normal"},
    MessageBody: {"message": "Can it be taken in?", "clientMessageId": "m-1"},
    ChatStatusBody: {"status": "claimed"},
    ReadBody: {"messageId": 1},
}
