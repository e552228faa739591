"""One measurement each: checkouts, their statements, a rush, lists. Always of a server freshly started."""

import time
from dataclasses import dataclass
from functools import partial

import psycopg

from tests.benchmarks.checkout.figures import Checkouts, Lists, Rush, Statements
from tests.benchmarks.checkout.goods import SCARCE
from tests.benchmarks.checkout.past import write_past_orders
from tests.benchmarks.checkout.shop import Shop, Stock, copy_of, open_shop, shoppers
from tests.benchmarks.checkout.shoppers import STEPS
from tests.benchmarks.checkout.statements import counted
from tests.benchmarks.contestants import Place
from tests.benchmarks.figures import percentile
from tests.benchmarks.processes import Child

WARM_UP_SECONDS = 2.0
SHOPPERS, RUSHING = 32, 240
#: So many checkouts are counted, after some that open what stays open.
COUNTED, BEFORE_COUNTING = 5, 3


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How people check out: what they want, how many orders are stored already, whether they send keys."""

    name: str
    is_hot: bool = False
    keys: bool = False
    stored: int = 0


def measure_checkouts(place: Place, stock: Stock, scene: Scene, *, seconds: float) -> Checkouts:
    """Have everybody check out for so long."""
    products = stock.products[:1] if scene.is_hot else stock.products[:SHOPPERS]
    write = partial(write_past_orders, orders=scene.stored) if scene.stored else _settle
    with (
        copy_of(stock, meanwhile=write) as url,
        open_shop(place, stock, database_url=url) as shop,
        shoppers(place, shop, stock.tokens[:SHOPPERS]) as load,
    ):
        load.ask(do="shop", products=products, seconds=WARM_UP_SECONDS, keys=scene.keys)
        before = _Used.by(shop, load)
        done = load.ask(do="shop", products=products, seconds=seconds, keys=scene.keys)
        used = _Used.by(shop, load).since(before)
    if done["refused"]:
        raise SystemExit(f"{scene.name}: refused: {done['refused']}")
    orders = len(done["took"]["pay"])
    times = {
        f"{step}_{name}": percentile(done["took"][step], share)
        for step in STEPS
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }
    return Checkouts(
        per_second=orders / done["seconds"],
        **times,
        server_ms=used.server * 1000 / orders,
        server_share=used.server / used.took,
        load_share=used.load / used.took,
        database_share=used.database / used.took,
    )


def count_statements(place: Place, stock: Stock, *, keys: bool = False, tell: bool = False) -> Statements:
    """Count what one shopper's checkouts send to PostgreSQL; with `tell` also print it."""
    totals = dict.fromkeys(STEPS, 0)
    with (
        copy_of(stock) as url,
        counted(url) as (counted_url, counter),
        open_shop(place, stock, database_url=counted_url) as shop,
        shoppers(place, shop, stock.tokens[:1]) as load,
    ):
        for number in range(BEFORE_COUNTING + COUNTED):
            for step in STEPS:
                counter.texts.clear()
                before = counter.statements
                key = f"counted-{number}" if keys else ""
                status = load.ask(do="step", step=step, product=stock.products[0], key=key)["status"]
                if status not in (200, 201):
                    raise SystemExit(f"{step} was refused: {status}")
                if number >= BEFORE_COUNTING:
                    totals[step] += counter.statements - before
                if tell and number == BEFORE_COUNTING + COUNTED - 1:
                    for text in counter.texts:
                        print(f"  {step}: {' '.join(text.split())[:2000]}")  # noqa: T201  it was asked for
    return Statements(**{step: total / COUNTED for step, total in totals.items()})


def measure_rush(place: Place, stock: Stock) -> Rush:
    """Have more people than there are units place at the same moment."""
    with (
        copy_of(stock) as url,
        open_shop(place, stock, database_url=url) as shop,
        shoppers(place, shop, stock.tokens[:RUSHING]) as load,
    ):
        done = load.ask(do="rush", product=stock.scarce)
        sold, left = _sold(url, stock.scarce)
        checked = shop.web.manage("verify_stock")
    if checked.returncode != 0:
        raise SystemExit(f"the ledger does not hold: {checked.stdout}{checked.stderr}")
    outcomes = dict(done["outcomes"])
    accepted, refused = outcomes.pop("accepted", 0), outcomes.pop("out of stock", 0)
    if outcomes:
        print(f"refused otherwise: {outcomes}", flush=True)  # noqa: T201  the figure alone says too little
    return Rush(
        accepted=accepted,
        out_of_stock=refused,
        otherwise=sum(outcomes.values()),
        sold=sold,
        left=left,
        most=max(done["took"]),
    )


def measure_lists(place: Place, stock: Stock, path: str, *, seconds: float) -> Lists:
    """Have everybody read a list, again and again."""
    with (
        copy_of(stock, meanwhile=_settle) as url,
        open_shop(place, stock, database_url=url) as shop,
        shoppers(place, shop, stock.tokens[:SHOPPERS]) as load,
    ):
        load.ask(do="look", path=path, seconds=WARM_UP_SECONDS / 2)
        before = _Used.by(shop, load)
        done = load.ask(do="look", path=path, seconds=seconds)
        used = _Used.by(shop, load).since(before)
    if done["refused"] or done["counts"] != [20]:
        raise SystemExit(f"{path}: {done['refused']} refused, lists of {done['counts']}")
    took = done["took"]
    return Lists(
        per_second=len(took) / done["seconds"],
        p50=percentile(took, 0.5),
        p99=percentile(took, 0.99),
        server_ms=used.server * 1000 / len(took),
    )


@dataclass(frozen=True)
class _Used:
    """Processor time so far, and the time of day."""

    server: float
    load: float
    database: float
    took: float

    @classmethod
    def by(cls, shop: Shop, load: Child) -> "_Used":
        return cls(shop.seconds_used(), load.seconds_used(), shop.database_seconds_used(), time.monotonic())

    def since(self, before: "_Used") -> "_Used":
        return _Used(
            self.server - before.server,
            self.load - before.load,
            self.database - before.database,
            self.took - before.took,
        )


def _settle(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _sold(database_url: str, product: str) -> tuple[int, int]:
    """How many units of the size that everybody wanted the ledger has sold, and how many are left."""
    query = """
        SELECT coalesce(sum(-delta) FILTER (WHERE kind = 'sale'), 0), coalesce(sum(delta), 0)
        FROM inventory_stockmovement JOIN catalog_variant ON catalog_variant.id = variant_id
        WHERE inventory_stockmovement.product_id = %s AND attributes ->> 'size' = '42'
    """
    with psycopg.connect(database_url) as connection:
        sold, left = connection.execute(query, [product]).fetchone() or (0, SCARCE)
    return int(sold), int(left)
