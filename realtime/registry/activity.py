"""Who is here, what they look at, and the figures of the day. All of it ephemeral, and for staff; who comes
and goes also for the own support chat."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from config.kernel.events import DomainEvent
from realtime.events import (
    ConnectionStats,
    DashboardMetric,
    ProductViewed,
    UserActive,
    UserOffline,
    UserOnline,
)
from realtime.registry.emissions import (
    CATALOG,
    SHOP,
    Build,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)

#: The open support chat of whoever came or went.
_CHAT = "chat:{chat_id}"


class UserSeen(TypedDict):
    """Of somebody who is signed in."""

    userId: str
    timestamp: str


class Connections(TypedDict):
    """Over all processes."""

    totalConnections: int
    authenticatedUsers: int
    adminConnections: int
    timestamp: str


class Metric(TypedDict):
    """A figure of the shop's day; `revenue_today` in the shop's currency."""

    metric: str
    value: float
    timestamp: str


class ProductView(TypedDict):
    """`duration` is in ms; `userId` of who is signed in; `count` where several views are told as one."""

    productId: str
    category: str
    duration: int
    userId: NotRequired[str]
    count: NotRequired[int]
    timestamp: str


def _user(event: Fields) -> UserSeen:
    return {"userId": event["user_id"], "timestamp": event["timestamp"]}


def _connections(event: Fields) -> Connections:
    return {
        "totalConnections": event["total_connections"],
        "authenticatedUsers": event["authenticated_users"],
        "adminConnections": event["admin_connections"],
        "timestamp": event["timestamp"],
    }


def _metric(event: Fields) -> Metric:
    return {"metric": event["metric"], "value": event["value"], "timestamp": event["timestamp"]}


def _view(event: Fields) -> ProductView:
    view: ProductView = {
        "productId": event["product_id"],
        "category": event["category"],
        "duration": event["duration"],
        "timestamp": event["timestamp"],
    }
    if event["user_id"] is not None:
        view["userId"] = event["user_id"]
    if event["count"] > 1:
        view["count"] = event["count"]
    return view


def _told_to_staff(
    event: type[DomainEvent], shop_name: str, build: Build, *others: str, name: str = ""
) -> EventType:
    return EventType(
        event,
        {
            CATALOG: (catalog_emission(name or event.name, "admin", *others),),
            SHOP: (shop_emission(shop_name, build, "admin", *others),),
        },
        durable=False,
    )


TYPES: tuple[EventType, ...] = (
    _told_to_staff(UserOnline, "user_online", _user, _CHAT, name="presence"),
    _told_to_staff(UserOffline, "user_offline", _user, _CHAT, name="presence"),
    _told_to_staff(ConnectionStats, "connection_stats", _connections),
    _told_to_staff(DashboardMetric, "dashboard_metric_update", _metric),
    _told_to_staff(ProductViewed, "product_view_tracked", _view),
    _told_to_staff(UserActive, "user_activity_tracked", _user),
)
