"""Paths of signing in."""

from __future__ import annotations

from django.urls import URLPattern, path

from config.identity.api.ticket import TicketView
from config.identity.api.views import LoginView, LogoutView, MeView, RefreshView, RegisterView

urlpatterns: list[URLPattern] = [
    path("api/auth/register", RegisterView.as_view(), name="register"),
    path("api/auth/login", LoginView.as_view(), name="login"),
    path("api/auth/refresh", RefreshView.as_view(), name="refresh"),
    path("api/auth/logout", LogoutView.as_view(), name="logout"),
    path("api/auth/me", MeView.as_view(), name="me"),
    path("api/auth/ticket", TicketView.as_view(), name="ticket"),
]
