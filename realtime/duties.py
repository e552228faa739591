"""What each duty may do in the live half, in the admin and over REST. What is not here is for owners alone:
the event log, webhooks.

Live rooms follow from the role, whatever the duty (decision 0018).
"""

from __future__ import annotations

from config.identity.duties import Duty, grant


def grant_duties() -> None:
    """Say so, when the app starts."""
    grant(
        Duty.SUPPORT,
        permissions=[
            "realtime.view_supportchat",
            "realtime.view_supportmessage",
            "realtime.answer_supportchat",
            "realtime.*_cannedanswer",
        ],
    )
    grant(Duty.FINANCE, permissions=["realtime.view_analytics"])
    grant(Duty.STOCK, permissions=["realtime.announce_stock"])
