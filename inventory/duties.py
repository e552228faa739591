"""What each duty may do with stock, in the admin and over REST."""

from __future__ import annotations

from config.identity.duties import Duty, grant


def grant_duties() -> None:
    """Say so, when the app starts."""
    grant(Duty.STOCK, permissions=["inventory.*"])
    grant(Duty.CATALOG, Duty.SUPPORT, Duty.FINANCE, permissions=["inventory.view_*"])
