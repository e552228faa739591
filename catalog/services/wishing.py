"""Wishlists: what customers put in and take out."""

from __future__ import annotations

from collections.abc import Callable

from catalog.dialects.customers import catalog_wishlist, shop_wishlist
from catalog.errors import NotWished, ProductNotFound, WishlistFull
from catalog.events import WishlistAction, WishlistUpdated
from catalog.models import Product, Wishlist, WishlistItem
from catalog.records import WishlistRecord
from catalog.selectors.wishlists import wishlist_id_of, wishlist_of
from catalog.signals import wishlist_updated
from config.kernel import clock
from config.kernel.transactions import in_transaction

#: What a door asks of the wishlist as it stands, under its lock (``If-Match``); it raises what it refuses
#: for.
WishlistExpectation = Callable[[WishlistRecord], None]

#: A wishlist goes out whole with each change of it.
MOST_WISHES = 200


def add_wish(*, user_id: str, product_id: str) -> WishlistRecord:
    """Put a product into the user's wishlist; one that is there already stays as it was.

    Locks: the wishlist. Refuses: ``ProductNotFound``, ``WishlistFull``.
    Announces: ``wishlist.updated``; nothing where it was there.
    """

    def change(wishlist_id: str) -> bool:
        wishes = WishlistItem.objects.filter(wishlist_id=wishlist_id)
        if wishes.filter(product_id=product_id).exists():
            return False
        if not Product.objects.live().filter(id=product_id).exists():
            raise ProductNotFound
        if wishes.count() >= MOST_WISHES:
            raise WishlistFull(MOST_WISHES)
        WishlistItem.objects.bulk_create([WishlistItem(wishlist_id=wishlist_id, product_id=product_id)])
        return True

    return in_transaction(lambda: _change(user_id, "item_added", product_id, change))


def remove_wish(
    *, user_id: str, product_id: str, expect: WishlistExpectation | None = None
) -> WishlistRecord:
    """Take a product out of the user's wishlist.

    Locks: the wishlist. Refuses: whatever ``expect`` raises, one that is not in it (``NotWished``).
    Announces: ``wishlist.updated``.
    """

    def change(wishlist_id: str) -> bool:
        if expect is not None:
            expect(wishlist_of(user_id))
        deleted, _ = WishlistItem.objects.filter(wishlist_id=wishlist_id, product_id=product_id).delete()
        if not deleted:
            raise NotWished
        return True

    return in_transaction(lambda: _change(user_id, "item_removed", product_id, change))


def begin_wishlist(*, user_id: str) -> WishlistRecord:
    """Have a wishlist, with nothing in it yet. Everybody has one; this is for clients that make theirs first.

    Locks: the wishlist. Refuses: nothing. Announces: ``wishlist.updated``; nothing where it was begun before.
    """
    return in_transaction(lambda: _change(user_id, "wishlist_created", None, lambda _id: False))


def _change(
    user_id: str, action: WishlistAction, product_id: str | None, change: Callable[[str], bool]
) -> WishlistRecord:
    """Have ``change`` change the locked wishlist; it tells whether it did. One that is new has changed when
    that was what was asked for.
    """
    wishlist = _opened(user_id)
    is_new = action == "wishlist_created" and wishlist.version == 0
    if not change(wishlist.id) and not is_new:
        return wishlist_of(user_id)
    Wishlist.objects.filter(id=wishlist.id).update(version=wishlist.version + 1, updated_at=clock.now())
    record = wishlist_of(user_id)
    wishlist_updated.publish(
        WishlistUpdated(
            wishlist_id=record.id,
            user_id=user_id,
            action=action,
            product_id=product_id,
            wishlist=catalog_wishlist(record),
            shop_wishlist=shop_wishlist(record),
            version=record.version,
        )
    )
    return record


def _opened(user_id: str) -> Wishlist:
    """The user's wishlist, locked; it gets its row where it has none."""
    rows = Wishlist.objects.filter(id=wishlist_id_of(user_id)).select_for_update(no_key=True)
    found = rows.first()
    if found is None:
        row = Wishlist(id=wishlist_id_of(user_id), user_id=user_id, updated_at=clock.now())
        Wishlist.objects.bulk_create([row], ignore_conflicts=True)
        found = rows.get()
    return found
