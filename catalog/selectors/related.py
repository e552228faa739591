"""What else may please whoever looks at a product."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, Value, When

from catalog.models import Product

#: Among so many of each kind: a category may hold any number.
_LOOKED_AT = 100


def with_related(product_id: str, *, limit: int) -> list[str]:
    """The product, and others of its category that are for sale: those of its subcategory first, then the
    newest. Nothing where there is no such product. Two queries, whose cost does not grow with the category.
    """
    places = Product.objects.live().filter(id=product_id).values_list("category", "subcategory")
    place = places.first()
    if place is None:
        return []
    category, subcategory = place
    return [product_id, *_related(product_id, category, subcategory, limit)] if category else [product_id]


def _related(product_id: str, category: str, subcategory: str, limit: int) -> list[str]:
    others = Product.objects.live().filter(available=True, category=category).exclude(id=product_id)
    near = others.filter(subcategory=subcategory)
    some = Product.objects.filter(
        Q(id__in=near.values("id")[:_LOOKED_AT]) | Q(id__in=others.values("id")[:_LOOKED_AT])
    )
    distance = Case(
        When(subcategory=subcategory, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    ordered = some.annotate(distance=distance).order_by("distance", "-created_at", "-id")
    return list(ordered.values_list("id", flat=True)[:limit])
