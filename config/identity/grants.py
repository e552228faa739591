"""What each duty may do with users. What is not here is for owners alone: changing users, API keys, jobs."""

from __future__ import annotations

from config.identity.duties import Duty, grant


def grant_duties() -> None:
    """Say so, when the app starts. Who may not change users sees customers, and nobody else."""
    grant(Duty.SUPPORT, permissions=["identity.view_user"])
