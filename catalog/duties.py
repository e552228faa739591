"""What each duty may do with the catalog, in the admin and over REST."""

from __future__ import annotations

from config.identity.duties import Duty, grant


def grant_duties() -> None:
    """Say so, when the app starts."""
    grant(Duty.CATALOG, permissions=["catalog.*"])
    grant(Duty.STOCK, Duty.FINANCE, permissions=["catalog.view_product", "catalog.view_flashsale"])
    grant(Duty.SUPPORT, permissions=["catalog.view_*", "catalog.judge_review"])
