"""What is measured of checkouts, rushes and lists."""

from typing import NamedTuple


class Checkouts(NamedTuple):
    """Whole checkouts a second; how long each of their requests took (ms); the processor time of the server
    for each checkout (ms); how busy three were with it (1.0: a whole core): server, load, PostgreSQL."""

    per_second: float
    place_p50: float
    place_p99: float
    cart_p50: float
    cart_p99: float
    pay_p50: float
    pay_p99: float
    server_ms: float
    server_share: float
    load_share: float
    database_share: float

    def __str__(self) -> str:
        return (
            f"{self.per_second:6.1f}/s  placing p50 {self.place_p50:6.1f} p99 {self.place_p99:6.1f}"
            f"  cart {self.cart_p50:.1f} {self.cart_p99:.1f}  paying {self.pay_p50:.1f} {self.pay_p99:.1f} ms"
            f"  server {self.server_ms:.2f} ms each"
            f"  cores: server {self.server_share:.0%}, load {self.load_share:.0%},"
            f" PostgreSQL {self.database_share:.0%}"
        )


class Statements(NamedTuple):
    """Statements that reached PostgreSQL, for each request of a checkout."""

    cart: float
    place: float
    pay: float

    @property
    def whole(self) -> float:
        """For all of it."""
        return sum(self)

    def __str__(self) -> str:
        return f"cart {self.cart:.0f}, placing {self.place:.0f}, paying {self.pay:.0f}: {self.whole:.0f}"


class Rush(NamedTuple):
    """Of so many who place at once: accepted, told that it is out of stock, and anything else; units that the
    ledger has sold, and that are left; the time until the last answer (ms)."""

    accepted: float
    out_of_stock: float
    otherwise: float
    sold: float
    left: float
    most: float

    def __str__(self) -> str:
        return (
            f"accepted {self.accepted:.0f}, out of stock {self.out_of_stock:.0f}, else {self.otherwise:.0f};"
            f" sold {self.sold:.0f}, left {self.left:.0f}; the last after {self.most:.0f} ms"
        )


class Lists(NamedTuple):
    """Lists a second, how long each took (ms), the processor time of the server for each (ms)."""

    per_second: float
    p50: float
    p99: float
    server_ms: float

    def __str__(self) -> str:
        return (
            f"{self.per_second:,.0f}/s  p50 {self.p50:.1f} p99 {self.p99:.1f} ms"
            f"  server {self.server_ms:.2f} ms each"
        )
