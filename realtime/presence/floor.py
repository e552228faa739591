"""What one event loop has of whoever is in the shop: presence, activity, product views, who is writing in a
chat, and the figures that staff watch."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from config.kernel.clock import iso, now
from realtime import whispers
from realtime.analytics.dashboard import Dashboard
from realtime.events import ProductViewed, UserActive
from realtime.hub.hub import Hub
from realtime.hub.observer import Observers
from realtime.models import ProductView
from realtime.presence.activity import Activity
from realtime.presence.presence import Presence
from realtime.presence.register import Register
from realtime.principals import Principal
from realtime.records import Record
from realtime.support.company import Company
from realtime.support.events import UserTyping
from realtime.support.typing import Typing
from realtime.views_counted import ViewsCounted
from realtime.views_told import ViewsTold

_floors: WeakKeyDictionary[asyncio.AbstractEventLoop, Floor] = WeakKeyDictionary()


def here() -> Floor:
    """The running loop's. It has one while it has a hub."""
    return _floors[asyncio.get_running_loop()]


class Floor:
    """Made in the loop of its hub, and started with it."""

    def __init__(self, hub: Hub, register: Register) -> None:
        self._hub = hub
        self._company = Company(announce=whispers.send)
        self.presence = Presence(hub, register=register, announce=self._company.tell)
        self.activity = Activity(announce=whispers.send, whisper=hub.whisper)
        loop = asyncio.get_running_loop()
        self.typing = Typing(
            announce=whispers.send, whisper=hub.whisper, clock=loop.time, later=loop.call_later
        )
        self._tell_others = ViewsTold(self._announce_view, clock=loop.time, later=loop.call_later)
        self._tell_here = ViewsTold(self._whisper_view, clock=loop.time, later=loop.call_later)
        self.dashboard = Dashboard(hub.whisper_to)
        self._views = ViewsCounted(tell=self._tell_view)

    def start(self) -> None:
        """Begin."""
        self._hub.observer = Observers(self.presence, self.dashboard)
        self.presence.start()
        self.dashboard.start()
        self._views.start()
        _floors[asyncio.get_running_loop()] = self

    async def stop(self) -> None:
        """End, after the hub has: what is not stored yet is stored, and the others hear that we have gone."""
        _floors.pop(asyncio.get_running_loop(), None)
        await self.presence.stop()
        await self.dashboard.stop()
        await self._company.stop()
        await self._views.stop()

    # ------------------------------------------------------------------ what clients say

    def view(self, principal: Principal, *, product_id: str, category: str, duration_ms: int) -> None:
        """Somebody looked at a product."""
        self._views.add(
            ProductView(
                product_id=product_id,
                category=category,
                user_id=principal.id if principal.kind == "user" else None,
                duration_ms=duration_ms,
                viewed_at=now(),
            )
        )

    def active(self, principal: Principal) -> None:
        """Somebody says that they are there; only users are anybody."""
        if principal.kind == "user":
            self.presence.refresh(principal.holder)
            self.activity.active(principal.id)

    # ------------------------------------------------------------------ what processes say

    def hear(self, record: Record) -> None:
        """Whisper what a process says, this one or another: some of it less often than it is said."""
        if record.type == ProductViewed.name:
            fields = record.parsed()
            timestamp = fields.pop("timestamp")
            self._tell_here.tell(ProductViewed(**fields), timestamp)
        elif record.type == UserActive.name:
            self.activity.hear(record)
        elif record.type == UserTyping.name:
            self.typing.hear(record)
        else:
            self._hub.whisper(record)

    def _tell_view(self, view: ProductView) -> None:
        event = ProductViewed(view.product_id, view.category, view.duration_ms, view.user_id)
        self._tell_others.tell(event, iso(view.viewed_at))

    @staticmethod
    def _announce_view(event: ProductViewed, timestamp: str) -> None:
        whispers.send([whispers.whisper_of(event, timestamp=timestamp)])

    def _whisper_view(self, event: ProductViewed, timestamp: str) -> None:
        self._hub.whisper(whispers.whisper_of(event, timestamp=timestamp))
