"""What costs less since a flash sale began. Told after the sale, not with it: it may be for thousands."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.dialects.shop import shop_price
from catalog.events import PriceDropped
from catalog.models import Product
from catalog.price_drops import PriceDrop
from catalog.records import ProductRecord
from catalog.sale_records import ProductSale
from catalog.selectors import product_records, sale_views
from catalog.services.announcing import price_dropped_event
from catalog.stock_port import stock
from config.kernel.events import publish_all
from config.kernel.money import quantize
from config.kernel.transactions import in_transaction


def announce_sale_prices(*, sale_id: str, product_ids: Sequence[str]) -> int:
    """Announce which of these products the sale makes cheaper, as it stands now; how many.

    One for which another sale counts, or of which the sale has nothing left, costs what it did.
    Locks: the products' stock heads. Refuses: nothing. Announces: ``price.dropped`` for each.
    """
    return in_transaction(lambda: _announce(sale_id, product_ids))


def _announce(sale_id: str, product_ids: Sequence[str]) -> int:
    views = sale_views(product_ids)
    of_it = [key for key, view in views.items() if view.sale is not None and view.sale.id == sale_id]
    drops = []
    for record in product_records(Product.objects.live().filter(id__in=of_it).order_by("id")):
        sale = views[record.id].sale
        drop = _drop(record, sale) if sale is not None else None
        if drop is not None:
            drops.append((record, drop))
    if drops:
        versions = stock().advance([record.id for record, _ in drops])
        events: list[PriceDropped] = [
            price_dropped_event(record, drop, version=versions[record.id], sale_id=sale_id)
            for record, drop in drops
        ]
        publish_all(events)
    return len(drops)


def _drop(record: ProductRecord, sale: ProductSale) -> PriceDrop | None:
    price = shop_price(record.prices)
    paid = sale.price(price.amount) if price is not None else None
    if price is None or paid is None:
        return None
    new = quantize(paid, price.currency)
    return PriceDrop(price.currency, price.amount, new) if new < price.amount else None
