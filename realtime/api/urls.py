"""The live half's paths over REST."""

from __future__ import annotations

from django.urls import path

from realtime.api.analytics_views import SummaryView
from realtime.api.notification_views import NotificationsViewSet
from realtime.api.support_views import SupportChatsViewSet
from realtime.api.views import EventsView, SocketView
from realtime.pages.reference import EventReference, RestReference
from realtime.reference import views as reference

urlpatterns = [
    path("api/schema", reference.schema),
    path("api/asyncapi", reference.events),
    path("api/docs", RestReference.as_view(), name="rest-reference"),
    path("api/docs/events", EventReference.as_view(), name="event-reference"),
    path("api/socket", SocketView.as_view()),
    path("api/events", EventsView.as_view()),
    path("api/analytics/summary", SummaryView.as_view()),
    path("api/notifications", NotificationsViewSet.as_view({"get": "list"})),
    path("api/notifications/read-all", NotificationsViewSet.as_view({"put": "read_all"})),
    path("api/notifications/<str:notification_id>/read", NotificationsViewSet.as_view({"put": "read"})),
    path("api/support/chats", SupportChatsViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "api/support/chats/<str:chat_id>/messages",
        SupportChatsViewSet.as_view({"get": "messages", "post": "write"}),
    ),
    path("api/support/chats/<str:chat_id>/status", SupportChatsViewSet.as_view({"put": "status"})),
    path("api/support/chats/<str:chat_id>/read", SupportChatsViewSet.as_view({"put": "read"})),
]
