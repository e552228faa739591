"""The live half's paths over REST."""

from __future__ import annotations

from django.urls import path

from realtime.api.views import EventsView, SocketView

urlpatterns = [
    path("api/socket", SocketView.as_view()),
    path("api/events", EventsView.as_view()),
]
