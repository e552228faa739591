"""Which app answers which path. Each app lists its own in `api/urls.py`; nothing else belongs here."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from realtime.health import health, ready

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/health", health),
    path("api/ready", ready),
]
