"""Sells over REST at a steady rate, as a shop's own server does: a process of its own, with kept connections.

Commands on stdin, answers on stdout, one JSON object a line: `{"do": "sell", "port": 1, "key": "…",
"products": ["prod_…"], "per_second": 50, "items": 4, "seconds": 10}` -> `{"sold": {"117": [sent, answered]},
"took": [ms], "refused": 0, "seconds": 10}`: by the stock that is left of each item, the moments (microseconds
of the monotonic clock) at which its sale was sent and answered. No two products may come to the same stock.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, NamedTuple

CONNECTIONS = 16
PATIENCE = 20.0
OK = 200


class Sale(NamedTuple):
    """What is left of each item (nothing: it was refused), and when the sale was sent and answered."""

    left: list[int]
    sent: float
    answered: float


class Till:
    """One kept connection."""

    def __init__(self, *, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Api-Key {key}"}

    def sell(self, products: list[str], *, order: str) -> Sale:
        """Sell one of each."""
        items = [{"productId": product, "quantity": 1} for product in products]
        body = json.dumps({"items": items}).encode()
        sent = time.monotonic_ns() / 1000
        self._connection.request("POST", f"/api/stock/reduce?orderId={order}", body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        answered = time.monotonic_ns() / 1000
        sold = json.loads(answer)["items"] if response.status == OK else []
        return Sale([item["stock"] for item in sold], sent, answered)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def sell(
    *, port: int, key: str, products: list[str], per_second: float, items: int, seconds: float
) -> dict[str, Any]:
    """Sell at a steady rate: each sale begins at its own moment, whatever became of those before it."""
    total = int(per_second * seconds)
    numbers = count()
    run = f"{time.monotonic_ns():x}"
    began = time.monotonic()

    def serve() -> list[Sale]:
        till = Till(port=port, key=key)
        done = []
        while (number := next(numbers)) < total:
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            first = number * items % len(products)
            done.append(till.sell(products[first : first + items], order=f"order-{run}-{number}"))
        till.close()
        return done

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        tills = [pool.submit(serve) for _ in range(CONNECTIONS)]
        done = [sale for till in tills for sale in till.result()]
    return {
        "sold": {left: (sale.sent, sale.answered) for sale in done for left in sale.left},
        "took": [(sale.answered - sale.sent) / 1000 for sale in done],
        "refused": sum(not sale.left for sale in done),
        "seconds": time.monotonic() - began,
    }


def main() -> None:
    """Obey until the input ends."""
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201  answers go to stdout
    for line in sys.stdin:
        command = json.loads(line)
        command.pop("do")
        print(json.dumps(sell(**command)), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    main()
