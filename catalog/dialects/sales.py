"""Flash sales as JSON values: whole in both dialects, and in short on the products that they are for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from catalog.sale_records import ProductSale, SaleRecord
from config.kernel.clock import iso


def catalog_sale(record: SaleRecord) -> dict[str, Any]:
    """The whole sale, as its events have it."""
    return {
        "id": record.id,
        "name": record.name,
        "description": record.description,
        "discount_percentage": percentage(record.discount_percentage),
        "start_time": iso(record.starts_at),
        "end_time": iso(record.ends_at),
        "products": list(record.product_ids),
        "status": record.status.value,
        "units": record.units,
        "units_per_customer": record.units_per_customer,
        "sold_out": record.sold_out,
    }


def shop_sale(record: SaleRecord) -> dict[str, Any]:
    """The whole sale, as ``/api/flash-sales`` has it."""
    return {
        "_id": record.id,
        "id": record.id,
        "saleId": record.id,
        "name": record.name,
        "description": record.description,
        "discountPercentage": percentage(record.discount_percentage),
        "startTime": iso(record.starts_at),
        "endTime": iso(record.ends_at),
        "products": list(record.product_ids),
        "status": record.status.value,
        "units": record.units,
        "unitsPerCustomer": record.units_per_customer,
        "soldOut": record.sold_out,
    }


def product_sale(sale: ProductSale) -> dict[str, Any]:
    """``flashSale`` of a product."""
    return {
        "_id": sale.id,
        "saleId": sale.id,
        "name": sale.name,
        "discountPercentage": percentage(sale.discount_percentage),
        "startTime": iso(sale.starts_at),
        "endTime": iso(sale.ends_at),
        "soldOut": sale.sold_out,
    }


def percentage(value: Decimal) -> int | float:
    """As a JSON number: two decimals at most, which any double carries."""
    return int(value) if value == value.to_integral_value() else float(value)
