"""What the live half announces of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from catalog.events import PriceDropped
from config.kernel.events import DomainEvent
from inventory.events import StockBack

StockEventName = Literal["STOCK_UPDATED", "STOCK_REDUCED", "STOCK_VALIDATED"]


@dataclasses.dataclass(frozen=True)
class StockAnnounced(DomainEvent):
    """Another system said something about stock (`POST /api/socket`), and everybody is told.

    It goes out as the `stock.*` event that was named, with `announced: true`: `stock` is what that system
    said, all else is what the ledger holds. It bears no `version`: nothing changed here, and who goes by
    versions would take it for old news.
    """

    name: ClassVar[str] = "stock.announced"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"event_id", "event", "size", "color"})

    event_id: str
    event: StockEventName
    product_id: str
    size: str | None
    color: str | None
    variant_id: str | None
    sku: str | None
    attributes: Mapping[str, str]
    change: int
    stock: int
    total_stock: int
    locations: Sequence[Mapping[str, Any]]
    after_order: bool
    reference: str | None
    announced: bool = True


@dataclasses.dataclass(frozen=True)
class NotificationCreated(DomainEvent):
    """A user was told something, and may read it again (`/api/notifications`).

    `order_id` is the order that it is about. `shop_notification` is the notification in the shop dialect.
    """

    name: ClassVar[str] = "notification.created"
    subject_field: ClassVar[str] = "notification_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_notification"})

    notification_id: str
    user_id: str
    type: str
    title: str
    message: str
    order_id: str
    created_at: str
    shop_notification: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class WishersToldOfPrice(PriceDropped):
    """Some of those who wished for a product are told of its `price.dropped`, as which it goes out.

    `user_ids` are they, `cause` is the `seq` of that event. `GET /api/events` leaves it out: it says nothing
    new.
    """

    name: ClassVar[str] = "wishers.price_dropped"
    dialect_only: ClassVar[frozenset[str]] = PriceDropped.dialect_only | {"user_ids", "cause"}

    user_ids: Sequence[str] = ()
    cause: int = 0


@dataclasses.dataclass(frozen=True)
class WishersToldOfStock(StockBack):
    """Some of those who wished for a product are told of its `stock.back`, as which it goes out.

    `user_ids` are they, `cause` is the `seq` of that event. `GET /api/events` leaves it out: it says nothing
    new.
    """

    name: ClassVar[str] = "wishers.stock_back"
    dialect_only: ClassVar[frozenset[str]] = StockBack.dialect_only | {"user_ids", "cause"}

    user_ids: Sequence[str] = ()
    cause: int = 0


@dataclasses.dataclass(frozen=True)
class UserOnline(DomainEvent):
    """A user who had no connection has one. Ephemeral."""

    name: ClassVar[str] = "presence.online"
    subject_field: ClassVar[str] = "user_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"chat_id"})

    user_id: str
    online: bool = True
    chat_id: str | None = None


@dataclasses.dataclass(frozen=True)
class UserOffline(DomainEvent):
    """The last connection of a user, on any process, has been gone for a while. Ephemeral."""

    name: ClassVar[str] = "presence.offline"
    subject_field: ClassVar[str] = "user_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"chat_id"})

    user_id: str
    online: bool = False
    chat_id: str | None = None


@dataclasses.dataclass(frozen=True)
class ConnectionStats(DomainEvent):
    """How many are connected, over all processes. Ephemeral."""

    name: ClassVar[str] = "stats"

    total_connections: int
    authenticated_users: int
    admin_connections: int

    @property
    def subject(self) -> str:
        """Nothing in particular."""
        return ""


@dataclasses.dataclass(frozen=True)
class DashboardMetric(DomainEvent):
    """A figure of the shop's day, as it is now. Ephemeral.

    `metric` is `orders_today`, `revenue_today`, `active_carts`, `low_stock_count`, `open_support_chats` or
    `views_last_hour`. All of them to whoever begins to listen, then each when it changed.
    """

    name: ClassVar[str] = "metric"

    metric: str
    value: int | float

    @property
    def subject(self) -> str:
        """Nothing in particular."""
        return ""


@dataclasses.dataclass(frozen=True)
class ProductViewed(DomainEvent):
    """Somebody looked at a product, for `duration` milliseconds. Ephemeral.

    `count`: so many views are told as one, when there are too many to tell each.
    """

    name: ClassVar[str] = "view"

    product_id: str
    category: str
    duration: int
    user_id: str | None
    count: int = 1


@dataclasses.dataclass(frozen=True)
class UserActive(DomainEvent):
    """A user is still there. Ephemeral."""

    name: ClassVar[str] = "activity"
    subject_field: ClassVar[str] = "user_id"

    user_id: str
