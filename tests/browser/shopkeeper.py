"""Whoever runs the shop in the tests: writes over REST, as any client would, beside the browser's line."""

import json
import secrets
import urllib.request
from collections.abc import Sequence
from typing import Any

TIMEOUT = 20


class Shopkeeper:
    """Creates products, sells and restocks; refusals raise. With a token, plans flash sales too."""

    def __init__(self, base_url: str, *, token: str = "") -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def create(self, title: str, **fields: Any) -> dict[str, Any]:
        """Create a product, over the shop's dialect."""
        product: dict[str, Any] = self._send(
            "POST", "/api/products", {"title": title, "price": 100, **fields}
        )
        return product

    def create_many(self, count: int, *, title: str) -> None:
        """Create so many products in one call."""
        token = secrets.token_hex(4)
        products = [
            {
                "sku": f"{token}-{number}",
                "base_title": f"{title} {number}",
                "prices": [{"currency": "EGP", "amount": 5}],
            }
            for number in range(count)
        ]
        results = self._send("POST", "/products/batch", products)
        assert all(result["success"] for result in results), results[:3]

    def change(self, product: dict[str, Any], **fields: Any) -> None:
        """Change a product."""
        self._send("PATCH", f"/api/products/{product['id']}", fields)

    def delete(self, product: dict[str, Any]) -> None:
        """Archive a product."""
        self._send("DELETE", f"/api/products/{product['id']}")

    def sell(self, product: dict[str, Any], quantity: int, **variant: str) -> None:
        """Sell units."""
        self._stock("reduce", product, quantity, variant)

    def first_product(self) -> str:
        """The id of the first product that is listed."""
        return str(self._send("GET", "/api/products?limit=1&inStock=true")[0]["id"])

    def sell_some(self, product_id: str, quantity: int) -> None:
        """Sell units of the first variant of which there are enough."""
        product = self._send("GET", f"/api/products/{product_id}/stock")
        variant = next(one for one in product["variants"] if one["stock"] >= quantity)
        items = [{"variantId": variant["variantId"], "quantity": quantity}]
        self._send("POST", "/api/stock/reduce", {"items": items})

    def count(self, product: dict[str, Any], stock: int, **variant: str) -> None:
        """Set what is on the shelf."""
        items = [{"productId": product["id"], "stock": stock, **variant}]
        self._send("POST", "/api/stock/sync", {"items": items})

    def plan_sale(self, sale: dict[str, Any]) -> str:
        """Plan a flash sale; its id."""
        return str(self._send("POST", "/api/flash-sales", sale)["_id"])

    def change_sale(self, sale_id: str, **fields: Any) -> None:
        """Change a flash sale."""
        self._send("PUT", f"/api/flash-sales/{sale_id}", fields)

    def end_sale(self, sale_id: str) -> None:
        """End a flash sale."""
        self._send("DELETE", f"/api/flash-sales/{sale_id}")

    def _stock(self, action: str, product: dict[str, Any], quantity: int, variant: dict[str, str]) -> None:
        items: Sequence[dict[str, Any]] = [{"productId": product["id"], "quantity": quantity, **variant}]
        self._send("POST", f"/api/stock/{action}", {"items": items})

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self._base_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self._headers},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read() or b"null")
