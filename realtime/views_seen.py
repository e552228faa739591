"""Product views that a page is the sight of: its server counts them, whether or not a reader has a socket.

Beside `views_counted`, which gathers what clients say of themselves. One row for each page that was given
out, so the work is bounded by the pages. The disk is not waited for: a view is a figure, not a promise.
"""

from __future__ import annotations

import re

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest

from config.kernel.clock import iso, now
from realtime import services, whispers
from realtime.events import ProductViewed
from realtime.models import ProductView

log = structlog.get_logger(__name__)

#: What machines call themselves; one that says nothing of itself is none of the readers either.
_MACHINES = re.compile(
    r"bot|crawl|spider|slurp|preview|scan|monitor|curl|wget|python|httpclient|headless", re.IGNORECASE
)


def is_looked_at(request: HttpRequest) -> bool:
    """Whether a person sees the page: asked for whole, not in advance, and by no machine that says so."""
    if request.method != "GET" or request.headers.get("HX-Request"):
        return False
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return False
    agent = request.headers.get("User-Agent", "")
    return bool(agent) and not _MACHINES.search(agent)


def count_view(*, product_id: str, category: str, user_id: str | None) -> None:
    """Count one view and tell staff; where the database can't, the page goes out all the same."""
    view = ProductView(
        product_id=product_id, category=category, user_id=user_id, duration_ms=0, viewed_at=now()
    )
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
            known = services.count_views(views=[view])
    except (DatabaseError, InterfaceError) as error:
        log.warning("a product view was not counted", error=str(error).strip())
        return
    if known:
        event = ProductViewed(product_id, category, 0, user_id)
        whispers.send([whispers.whisper_of(event, timestamp=iso(view.viewed_at))])
