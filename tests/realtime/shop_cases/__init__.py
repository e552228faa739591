"""Cases of what Socket.IO clients get of events, one or more for each event that there is."""

from __future__ import annotations

from tests.realtime.shop_cases import orders, people, products, stock
from tests.realtime.shop_cases.case import Cases

CASES: Cases = {**products.CASES, **stock.CASES, **orders.CASES, **people.CASES}
