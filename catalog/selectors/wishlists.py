"""Wishlists as they are shown, and who wishes for a product."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from catalog.dialects.shop import shop_price
from catalog.models import Product, Wishlist, WishlistItem
from catalog.records import PriceRecord, ProductRecord, WishlistRecord, WishRecord
from catalog.sale_records import SaleView
from catalog.selectors.records import product_records
from catalog.selectors.sales import sale_views
from catalog.stock_port import stock
from config.kernel.money import quantize


def wishlist_id_of(user_id: str) -> str:
    """The id of a user's wishlist, whether or not anything was ever in it."""
    return f"wish_{hashlib.blake2b(f'user {user_id}'.encode(), digest_size=13).hexdigest()}"


def wishlist_of(user_id: str) -> WishlistRecord:
    """A user's wishes at the prices of now, in a fixed number of queries. What has been archived since stays,
    and is not in stock.
    """
    wishlist_id = wishlist_id_of(user_id)
    row = Wishlist.objects.filter(id=wishlist_id).values_list("version", "updated_at").first()
    if row is None:
        return WishlistRecord(wishlist_id, user_id, ())
    wishes = WishlistItem.objects.filter(wishlist_id=wishlist_id).order_by("-added_at", "-id")
    return WishlistRecord(
        wishlist_id, user_id, tuple(_shown(list(wishes.values_list("product_id", "added_at")))), *row
    )


def is_wished(*, user_id: str, product_id: str) -> bool:
    """Whether the product is in the user's wishlist; one query."""
    wishes = WishlistItem.objects.filter(product_id=product_id, wishlist_id=wishlist_id_of(user_id))
    return wishes.exists()


def _shown(wishes: Sequence[tuple[str, dt.datetime]]) -> list[WishRecord]:
    rows = Product.objects.filter(id__in=[product_id for product_id, _ in wishes])
    records = {record.id: record for record in product_records(rows)}
    gone = set(rows.filter(archived_at__isnull=False).values_list("id", flat=True))
    views = sale_views(records)
    figures = stock().figures([v.id for record in records.values() for v in record.variants])
    shown = []
    for product_id, added_at in wishes:
        record = records[product_id]
        some = any(figures[variant.id].available > 0 for variant in record.variants)
        shown.append(
            WishRecord(
                product_id=product_id,
                name=record.title,
                image=record.image,
                price=_to_pay(record, views[product_id]),
                in_stock=some and record.available and product_id not in gone,
                added_at=added_at,
            )
        )
    return shown


def _to_pay(record: ProductRecord, view: SaleView) -> PriceRecord | None:
    """The shop's price, or what a running flash sale makes of it."""
    price = shop_price(record.prices)
    paid = view.sale.price(price.amount) if price is not None and view.sale is not None else None
    if price is None or paid is None:
        return price
    return PriceRecord(price.currency, quantize(paid, price.currency))


def wishers_of(*, product_id: str, wished_by: dt.datetime, after: str, limit: int) -> list[tuple[str, str]]:
    """Wishlists that the product is in, since ``wished_by`` at the latest, and whose they are; in the order
    of the lists, those behind ``after``. One query, whose cost is that of ``limit``.
    """
    wishes = WishlistItem.objects.filter(
        product_id=product_id, wishlist_id__gt=after, added_at__lte=wished_by
    )
    return list(wishes.order_by("wishlist_id").values_list("wishlist_id", "wishlist__user_id")[:limit])
