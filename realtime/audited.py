"""What of the live half is in the audit trail. How far a webhook has come is not, nor why it rests."""

from __future__ import annotations

from config.audit.watching import Watched

WATCHED = (
    Watched(
        table="realtime_webhooksubscription",
        kind="realtime.webhooksubscription",
        subject=("realtime.webhooksubscription", "id"),
        columns=("url", "description", "topics", "state", "secret"),
        secret=("secret",),
    ),
    Watched(
        table="realtime_cannedanswer",
        kind="realtime.cannedanswer",
        subject=("realtime.cannedanswer", "id"),
        columns=("title", "text", "position"),
    ),
)
