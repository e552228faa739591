"""The door for ASGI servers: live connections, and the rest of HTTP beside them.

`application` is for any server, such as `runserver`'s; `serve` builds its own with `application_for`. What
answers a path is decided here and nowhere else; how it answers belongs to the apps.
"""

import os
from collections.abc import Sequence
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

from config.lifespan import Application, Companion, Lifespan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

# Sets Django up: whatever imports models comes after it.
django_application = cast("Application", get_asgi_application())

from realtime.routing import http_urlpatterns, websocket_urlpatterns  # noqa: E402
from realtime.runtime import live  # noqa: E402

LIVE_COMPANIONS: Sequence[Companion] = (live,)


def application_for(*, http: Application, companions: Sequence[Companion] = ()) -> Application:
    """Route live connections to their consumers and all other HTTP to `http`."""
    routes = ProtocolTypeRouter(
        {
            "http": URLRouter([*http_urlpatterns, re_path(r"", cast("Any", http))]),
            "websocket": URLRouter(websocket_urlpatterns),
        }
    )
    return Lifespan(cast("Application", routes), *LIVE_COMPANIONS, *companions)


application = application_for(http=django_application)
