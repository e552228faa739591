"""Sells over REST at a steady rate, as a shop's own server does: a process of its own, with kept connections.

Commands on stdin, answers on stdout, one JSON object a line: `{"do": "sell", "port": 1, "key": "…",
"products": ["prod_…"], "per_second": 50, "seconds": 10}` -> `{"sales": {"117": [sent, answered]}, "refused":
0}`: by the stock that the sale has left, the moments (microseconds of the monotonic clock) at which it was
sent and answered. No two products may come to the same stock.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

CONNECTIONS = 16
PATIENCE = 20.0
OK = 200


class Till:
    """One kept connection."""

    def __init__(self, *, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Api-Key {key}"}

    def sell(self, product: str, *, order: str) -> tuple[int, float, float]:
        """Sell one; gives the stock that is left (-1: it was refused), and when it was sent and answered."""
        body = json.dumps({"items": [{"productId": product, "quantity": 1}]}).encode()
        sent = time.monotonic_ns() / 1000
        self._connection.request("POST", f"/api/stock/reduce?orderId={order}", body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        answered = time.monotonic_ns() / 1000
        left = json.loads(answer)["items"][0]["stock"] if response.status == OK else -1
        return left, sent, answered

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def sell(*, port: int, key: str, products: list[str], per_second: float, seconds: float) -> dict[str, Any]:
    """Sell at a steady rate: each sale begins at its own moment, whatever became of those before it."""
    total = int(per_second * seconds)
    numbers = count()
    run = f"{time.monotonic_ns():x}"
    began = time.monotonic()

    def serve() -> list[tuple[int, float, float]]:
        till = Till(port=port, key=key)
        done = []
        while (number := next(numbers)) < total:
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            done.append(till.sell(products[number % len(products)], order=f"order-{run}-{number}"))
        till.close()
        return done

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        tills = [pool.submit(serve) for _ in range(CONNECTIONS)]
        done = [sale for till in tills for sale in till.result()]
    sales = {left: (sent, answered) for left, sent, answered in done if left >= 0}
    return {"sales": sales, "refused": total - len(sales), "seconds": time.monotonic() - began}


def main() -> None:
    """Obey until the input ends."""
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201  answers go to stdout
    for line in sys.stdin:
        command = json.loads(line)
        command.pop("do")
        print(json.dumps(sell(**command)), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    main()
