"""Who bears which sku and id: the judge of conflicts, for many items one after the other.

It is loaded once for all that a write mentions, and moves along as items are accepted, so that an item
meets the state that the items before it have made. The unique indexes have the last word (``storing``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from catalog.errors import IdTaken, SkuTaken, invalid
from catalog.models import Product, TakenSku, Variant
from catalog.records import ProductRecord
from catalog.services.applying import made_variant_sku
from catalog.services.drafts import UNSET, ProductDraft


@dataclass(slots=True)
class Owners:
    """By sku: the product that bears it, itself or in a variant; skus have one namespace. By id: the
    product that it is, or that the variant is of.
    """

    skus: dict[str, str] = field(default_factory=dict)
    product_ids: set[str] = field(default_factory=set)
    variant_ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(
        cls, drafts: Sequence[tuple[ProductDraft, Collection[str]]], *, kept: Iterable[str] = ()
    ) -> Owners:
        """Who has what these drafts want; with each the skus that its product may have by then (none: it
        is new). ``kept`` are skus that no draft says and that a write may still bring back.

        Three queries at most, whatever the number of drafts.
        """
        wanted = _wanted(drafts)
        owners = cls()
        if skus := sorted(wanted.skus | set(kept)):
            owners.skus.update(TakenSku.objects.filter(sku__in=skus).values_list("sku", "product_id"))
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
        """Refuses: ``SkuTaken``, ``IdTaken`` where another product has what this one wants;
        ``InvalidInput`` where two variants would bear one sku, such as one that the first keeps unsaid.
        """
        if self.sku_taken(record.sku, product_id=record.id):
            raise SkuTaken(record.sku, place="sku")
        borne: set[str] = set()
        for at, variant in enumerate(record.variants):
            if self.sku_taken(variant.sku, product_id=record.id):
                raise SkuTaken(variant.sku, place=f"variants[{at}].sku")
            if variant.sku in borne:
                raise invalid(f"variants[{at}].sku", "is there twice")
            borne.add(variant.sku)
            if self.variant_ids.get(variant.id, record.id) != record.id:
                raise IdTaken(variant.id, place=f"variants[{at}].id")

    def sku_taken(self, sku: str, *, product_id: str) -> bool:
        """Whether another product bears it, itself or in a variant."""
        return self.skus.get(sku, product_id) != product_id

    def move(self, *, old: ProductRecord | None, new: ProductRecord) -> None:
        """The item was accepted: what it gave up is free for the next, what it took is not."""
        for sku in old.skus if old is not None else ():
            self.skus.pop(sku, None)
        self.product_ids.add(new.id)
        self.skus.update(dict.fromkeys(new.skus, new.id))
        self.variant_ids.update((variant.id, new.id) for variant in new.variants)


@dataclass(slots=True)
class _Wanted:
    skus: set[str] = field(default_factory=set)
    product_ids: set[str] = field(default_factory=set)
    variant_ids: set[str] = field(default_factory=set)


def _wanted(drafts: Sequence[tuple[ProductDraft, Collection[str]]]) -> _Wanted:
    """All skus and ids that the drafts want, the skus that will be made for them included."""
    wanted = _Wanted()
    for draft, present_skus in drafts:
        skus = present_skus if draft.sku is UNSET else (draft.sku,)
        wanted.skus.update(skus)
        if draft.id is not None:
            wanted.product_ids.add(draft.id)
        for variant in () if draft.variants is UNSET else draft.variants:
            if variant.sku is not UNSET:
                wanted.skus.add(variant.sku)
            else:
                wanted.skus.update(made_variant_sku(sku, variant.attributes) for sku in skus)
            if variant.id is not None:
                wanted.variant_ids.add(variant.id)
    return wanted
