"""Shoppers, in a process of their own: each has a kept connection and a token, and one request at a time.

Commands on stdin, answers on stdout, one JSON object a line. `{"do": "arrive", "port": 1, "tokens": […]}`,
then `shop` (whole checkouts, one after the other, for some seconds), `rush` (all place at the same moment),
`step` (one request of one shopper) or `look` (GET, again and again).

A connection reads a status, a length and a body, and nothing more: what is measured is the server.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

import orjson
import uvloop

ADDRESS = "221B Baker Street, London NW1 6XE"
PHONE = "+44 20 7224 3688"
CREATED, CONFLICT, OK = 201, 409, 200
CART, PLACE, PAY = "cart", "place", "pay"
STEPS = (CART, PLACE, PAY)


class Connection(asyncio.Protocol):
    """One kept connection; `ask` sends a request and waits for its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclasses of it.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server has hung up"))

    def data_received(self, data: bytes) -> None:
        self._read += data
        ends = self._read.find(b"\r\n\r\n")
        if ends < 0:
            return
        head = self._read[:ends].lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            raise ValueError(f"an answer without a length: {head!r}")
        line = head.find(b"\r\n", at + 2)
        length = int(head[at + 17 : line if line > 0 else None])
        if len(self._read) < ends + 4 + length:
            return
        body, self._read = self._read[ends + 4 : ends + 4 + length], self._read[ends + 4 + length :]
        assert self._answer is not None
        self._answer.set_result((int(head[9:12]), body))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; the status and the body of its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


class Shopper:
    """One customer with a cart."""

    def __init__(self, connection: Connection, token: str) -> None:
        self._connection = connection
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self.order = ""

    async def cart(self, product: str) -> int:
        """Put one of it into the cart."""
        status, _body = await self._post(
            "/api/cart/items", {"productId": product, "variant": {"size": "42"}, "quantity": 1}
        )
        return status

    async def place(self, key: str = "") -> tuple[int, bytes]:
        """Order what lies in the cart; under a key, if one is given."""
        wanted = {"shippingAddress": ADDRESS, "phone": PHONE, "paymentMethod": "cod"}
        status, body = await self._post("/api/orders", wanted, key=key)
        if status == CREATED:
            self.order = orjson.loads(body)["id"]
        return status, body

    async def pay(self) -> int:
        """Say that the order is paid on delivery."""
        status, _body = await self._post("/api/payments", {"orderId": self.order, "provider": "cod"})
        return status

    async def _post(self, path: str, body: dict[str, Any], *, key: str = "") -> tuple[int, bytes]:
        content = orjson.dumps(body)
        named = f"Idempotency-Key: {key}\r\n" if key else ""
        head = f"POST {path} HTTP/1.1\r\n{self._head}{named}Content-Length: {len(content)}\r\n\r\n"
        return await self._connection.ask(head.encode() + content)


class Load:
    """All shoppers, and what they do at a word."""

    def __init__(self) -> None:
        self._shoppers: list[Shopper] = []
        self._connections: list[Connection] = []

    async def arrive(self, *, port: int, tokens: list[str]) -> dict[str, Any]:
        """Connect, a shopper for each token."""
        loop = asyncio.get_running_loop()
        for token in tokens:
            _transport, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            self._connections.append(connection)
            self._shoppers.append(Shopper(connection, token))
        return {"arrived": len(tokens)}

    async def shop(self, *, products: list[str], seconds: float, keys: bool) -> dict[str, Any]:
        """Have everybody check out again and again, each with a product of their own as far as there are."""
        took: dict[str, list[float]] = {step: [] for step in STEPS}
        refused: Counter[str] = Counter()
        began = time.monotonic()
        run = f"{time.monotonic_ns():x}"

        async def timed(step: str, wanted: int, request: Awaitable[Any]) -> None:
            sent = time.monotonic()
            answer = await request
            took[step].append((time.monotonic() - sent) * 1000)
            status = answer[0] if isinstance(answer, tuple) else answer
            if status != wanted:
                refused[f"{step} {status}"] += 1

        async def keep_shopping(number: int, shopper: Shopper) -> None:
            product = products[number % len(products)]
            count = 0
            while time.monotonic() - began < seconds:
                await timed(CART, OK, shopper.cart(product))
                await timed(PLACE, CREATED, shopper.place(f"{run}-{number}-{count}" if keys else ""))
                await timed(PAY, CREATED, shopper.pay())
                count += 1

        await asyncio.gather(*(keep_shopping(*pair) for pair in enumerate(self._shoppers)))
        return {"took": took, "refused": refused, "seconds": time.monotonic() - began}

    async def rush(self, *, product: str) -> dict[str, Any]:
        """Have everybody fill a cart, then all place at the same moment, then pay what was accepted."""
        for shopper in self._shoppers:
            if await shopper.cart(product) != OK:
                raise RuntimeError("a cart was refused")
        took: list[float] = []

        async def place(shopper: Shopper) -> str:
            sent = time.monotonic()
            status, body = await shopper.place()
            took.append((time.monotonic() - sent) * 1000)
            if status == CREATED:
                return "accepted" if await shopper.pay() == CREATED else "not paid"
            return _refusal(status, body)

        outcomes = Counter(await asyncio.gather(*map(place, self._shoppers)))
        return {"outcomes": outcomes, "took": took}

    async def step(self, *, step: str, product: str, key: str) -> dict[str, Any]:
        """Have the first shopper make one request."""
        shopper = self._shoppers[0]
        requests: dict[str, Callable[[], Awaitable[Any]]] = {
            CART: lambda: shopper.cart(product),
            PLACE: lambda: shopper.place(key),
            PAY: shopper.pay,
        }
        answer = await requests[step]()
        return {"status": answer[0] if isinstance(answer, tuple) else answer}

    async def look(self, *, path: str, seconds: float) -> dict[str, Any]:
        """Have everybody read, without a token, again and again."""
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        took: list[float] = []
        counts: set[int] = set()
        refused: Counter[str] = Counter()
        began = time.monotonic()

        async def keep_looking(connection: Connection) -> None:
            while (sent := time.monotonic()) - began < seconds:
                status, body = await connection.ask(request)
                took.append((time.monotonic() - sent) * 1000)
                if status != OK:
                    refused[str(status)] += 1
                elif len(took) % 100 == 1:
                    counts.add(len(orjson.loads(body)))

        await asyncio.gather(*map(keep_looking, self._connections))
        return {
            "took": took,
            "refused": refused,
            "counts": sorted(counts),
            "seconds": time.monotonic() - began,
        }


def _refusal(status: int, body: bytes) -> str:
    """Name a refusal: short stock told in the shape of a batch is what there has to be."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return str(status)
    codes = {error.get("code") for error in answer.get("errors") or ()}
    if status == CONFLICT and codes == {"out_of_stock"}:
        return "out of stock"
    return f"{status} {answer.get('code')} {sorted(map(str, codes))}"


async def obey() -> None:
    """Obey until the input ends."""
    load = Load()
    loop = asyncio.get_running_loop()
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201  answers go to stdout
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        answer = await getattr(load, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    uvloop.run(obey())
