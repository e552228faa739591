"""Who bears which sku and id: the judge of conflicts, for many items one after the other.

It is loaded once for all that a write mentions, and moves along as items are accepted, so that an item
meets the state that the items before it have made. The unique indexes have the last word (``storing``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.errors import IdTaken, SkuTaken
from catalog.models import Product, Variant
from catalog.records import ProductRecord
from catalog.services.applying import made_variant_sku
from catalog.services.drafts import UNSET, ProductDraft


@dataclass(slots=True)
class Owners:
    """By sku: the product that bears it. By id: the product that it is, or that the variant is of."""

    product_skus: dict[str, str] = field(default_factory=dict)
    variant_skus: dict[str, str] = field(default_factory=dict)
    product_ids: set[str] = field(default_factory=set)
    variant_ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, drafts: Sequence[tuple[ProductDraft, str]]) -> Owners:
        """Who has what these drafts want; with each the sku that its product has by now ("": it is new).

        Four queries at most, whatever the number of drafts.
        """
        wanted = _wanted(drafts)
        owners = cls()
        if skus := sorted(wanted.product_skus):
            rows = Product.objects.live().filter(sku__in=skus)
            owners.product_skus.update(rows.values_list("sku", "id"))
        if skus := sorted(wanted.variant_skus):
            live = Variant.objects.filter(sku__in=skus, archived_at__isnull=True)
            owners.variant_skus.update(live.values_list("sku", "product_id"))
        if ids := sorted(wanted.product_ids):
            owners.product_ids.update(Product.objects.filter(id__in=ids).values_list("id", flat=True))
        if ids := sorted(wanted.variant_ids):
            owners.variant_ids.update(Variant.objects.filter(id__in=ids).values_list("id", "product_id"))
        return owners

    def require_new_product_id(self, product_id: str) -> None:
        """Refuses: ``IdTaken``, also by an archived product."""
        if product_id in self.product_ids:
            raise IdTaken(product_id, place="id")

    def require_free(self, record: ProductRecord) -> None:
        """Refuses: ``SkuTaken``, ``IdTaken`` where another product has what this one wants."""
        if self.product_skus.get(record.sku, record.id) != record.id:
            raise SkuTaken(record.sku, place="sku")
        for at, variant in enumerate(record.variants):
            if self.variant_skus.get(variant.sku, record.id) != record.id:
                raise SkuTaken(variant.sku, place="sku" if variant.implicit else f"variants[{at}].sku")
            if self.variant_ids.get(variant.id, record.id) != record.id:
                raise IdTaken(variant.id, place=f"variants[{at}].id")

    def variant_sku_taken(self, sku: str, *, product_id: str) -> bool:
        """Whether another product's variant bears it."""
        return self.variant_skus.get(sku, product_id) != product_id

    def move(self, *, old: ProductRecord | None, new: ProductRecord) -> None:
        """The item was accepted: what it gave up is free for the next, what it took is not."""
        if old is not None:
            self.product_skus.pop(old.sku, None)
            for variant in old.variants:
                self.variant_skus.pop(variant.sku, None)
        self.product_ids.add(new.id)
        self.product_skus[new.sku] = new.id
        for variant in new.variants:
            self.variant_skus[variant.sku] = new.id
            self.variant_ids[variant.id] = new.id


@dataclass(slots=True)
class _Wanted:
    product_skus: set[str] = field(default_factory=set)
    variant_skus: set[str] = field(default_factory=set)
    product_ids: set[str] = field(default_factory=set)
    variant_ids: set[str] = field(default_factory=set)


def _wanted(drafts: Sequence[tuple[ProductDraft, str]]) -> _Wanted:
    """All skus and ids that the drafts want, the skus that will be made for them included."""
    wanted = _Wanted()
    for draft, present_sku in drafts:
        sku = present_sku if draft.sku is UNSET else draft.sku
        if sku:
            wanted.product_skus.add(sku)
            wanted.variant_skus.add(sku)  # as the implicit variant's
        if draft.id is not None:
            wanted.product_ids.add(draft.id)
        for variant in () if draft.variants is UNSET else draft.variants:
            made = made_variant_sku(sku, variant.attributes)
            wanted.variant_skus.add(made if variant.sku is UNSET else variant.sku)
            if variant.id is not None:
                wanted.variant_ids.add(variant.id)
    return wanted
