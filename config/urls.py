"""Which app answers which path. Each app lists its own in `api/urls.py`; nothing else belongs here."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.audit.history import history_of_object
from config.identity.admin import change_own_password
from realtime.health import health, ready

_console = RedirectView.as_view(
    pattern_name="admin:index", query_string=True, http_method_names=("get", "head")
)

# They are tried in this order: what is asked for most comes first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("orders.api.urls")),
    path("", include("catalog.api.urls")),
    path("", include("realtime.pages.urls")),
    path("admin", _console),
    path("admin/password_change/", admin.site.admin_view(change_own_password)),
    path("admin/<str:app>/<str:model>/<path:object_id>/history/", admin.site.admin_view(history_of_object)),
    path("admin/", admin.site.urls),
    path("api/health", health),
    path("api/ready", ready),
    path("", include("inventory.api.urls")),
    path("", include("config.identity.api.urls")),
    path("", include("realtime.api.urls")),
]

# Errors outside of any view: a page for people, data for programs.
handler400 = "config.api.errors.bad_request"
handler403 = "config.api.errors.permission_denied"
handler404 = "realtime.pages.lost.not_found"
handler500 = "config.api.errors.server_error"
