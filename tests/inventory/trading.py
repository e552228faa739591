"""The three doors of everyday trade, and what is sent to them."""

from __future__ import annotations

from typing import Any

from tests.inventory.shop import Goods, make_goods

REDUCE = "/api/stock/reduce"
RESTOCK = "/api/stock/restock"
VALIDATE = "/api/stock/validate"


def shirts(stock: int = 10) -> Goods:
    return make_goods(
        {"size": "M", "color": "Red"},
        {"size": "M", "color": "Blue"},
        {"size": "L", "color": "Red"},
        stock=stock,
    )


def item(goods: Goods, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"productId": goods.id, "quantity": quantity, **more}
