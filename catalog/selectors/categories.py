"""What a shop's page offers to choose from."""

from __future__ import annotations

from django.db.models import Count

from catalog.models import Product


def largest_categories(*, limit: int) -> list[str]:
    """The categories with the most products, largest first; no more than ``limit``. One query."""
    counted = (
        Product.objects.live()
        .exclude(category="")
        .values("category")
        .annotate(size=Count("pk"))
        .order_by("-size", "category")
    )
    return [row["category"] for row in counted[:limit]]
