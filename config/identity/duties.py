"""What staff do in the shop, and what each duty lets them do: in the admin, and over REST.

Belongs here: the duties, and the list that each app adds its own permissions to (`grant`, when it starts).
Does not belong here: which permission an app's page or endpoint asks for.

A permission is named as Django names it, `app.action_model`: `orders.view_order`, `orders.refund_payment`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from fnmatch import fnmatchcase

from django.db import models


class Duty(models.TextChoices):
    OWNER = "owner", "Owner: everything"
    STOCK = "stock", "Stock keeper"
    CATALOG = "catalog", "Catalog editor"
    SUPPORT = "support", "Support"
    FINANCE = "finance", "Finance"


_granted: defaultdict[str, set[str]] = defaultdict(set)


def grant(*duties: Duty, permissions: Collection[str]) -> None:
    """Let whoever has one of ``duties`` do ``permissions``; `catalog.*` and `orders.view_*` are several."""
    for duty in duties:
        _granted[duty].update(permissions)


def allow(duties: Collection[str], permission: str) -> bool:
    """Whether one of ``duties`` lets somebody do this. An owner may do everything."""
    if Duty.OWNER in duties:
        return True
    return any(fnmatchcase(permission, granted) for duty in duties for granted in _granted[duty])


def allow_app(duties: Collection[str], app: str) -> bool:
    """Whether one of ``duties`` lets somebody do anything with the app of this label."""
    if Duty.OWNER in duties:
        return True
    return any(granted.startswith(f"{app}.") for duty in duties for granted in _granted[duty])
