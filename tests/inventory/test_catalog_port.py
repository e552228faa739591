"""What the catalog asks of stock, as the ledger answers it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from catalog.stock_port import LocationFigures, StockCount, StockStamp, VariantFigures, stock
from config.kernel.errors import ConflictingItems
from config.kernel.events import publish_all
from inventory import services
from inventory.catalog_port import LedgerStock
from inventory.models import Location, Reservation
from tests.hearing import Heard
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods

pytestmark = pytest.mark.django_db


def count(goods: Goods, quantity: int, at: str = "main") -> StockCount:
    return StockCount(goods.id, goods.variants[0].id, at, quantity)


def record(*counts: StockCount) -> int:
    recorded = stock().record_counts(counts, actor=ACTOR, kind="recount", reason="catalog")
    publish_all(recorded.events)
    return recorded.changed


def test_the_ledger_is_what_counts_stock_here() -> None:
    assert isinstance(stock(), LedgerStock)


def test_figures_are_on_hand_and_what_can_be_sold_of_every_variant_asked_for() -> None:
    goods, never = make_goods(stock={"a": 5, "b": 1}), make_goods()
    services.reserve_stock(lines=[goods.line(2, "a")], ttl_seconds=60, actor=ACTOR)
    asked = [goods.variants[0].id, never.variants[0].id, "unknown"]
    assert stock().figures(asked) == {
        asked[0]: VariantFigures(4, (LocationFigures("a", 5, 3), LocationFigures("b", 1, 1))),
        asked[1]: VariantFigures(),
        "unknown": VariantFigures(),
    }


def test_figures_and_stamps_take_one_query_each_for_any_number(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    many = [make_goods(stock=1) for _ in range(20)]
    with django_assert_num_queries(1):
        stock().figures([goods.variants[0].id for goods in many])
    with django_assert_num_queries(1):
        stamps = stock().stamps([goods.id for goods in many] + ["unknown"])
    assert [stamps[goods.id].version for goods in many] == [2] * 20
    assert (stamps["unknown"].version, stamps["unknown"].changed_at) == (0, None)


def test_counts_become_movements_of_the_difference_and_make_their_locations(heard: Heard) -> None:
    old, new = make_goods(stock=5), make_goods()
    heard.events.clear()
    assert record(count(old, 7), count(new, 3, "attic")) == 2
    assert deltas(old)[-1] == ("main", 2, 7, "recount")
    assert deltas(new) == [("attic", 3, 3, "recount")]
    assert Location.objects.filter(code="attic").exists()
    assert heard.names == ["stock.updated", "stock.updated", "stock.back"]
    assert record(count(old, 7), count(new, 3, "attic")) == 0


def test_what_is_recorded_is_announced_by_whoever_had_it_recorded(heard: Heard) -> None:
    goods = make_goods()
    recorded = stock().record_counts([count(goods, 5)], actor=ACTOR, kind="recount", reason="")
    assert heard.names == []
    assert [(event.name, event.version_number) for event in recorded.events] == [
        ("stock.updated", 1), ("stock.back", 2)
    ]  # fmt: skip


def test_what_a_product_is_made_with_is_not_back() -> None:
    goods, known = make_goods(), make_goods()
    recorded = stock().record_counts(
        [count(goods, 5), count(known, 5)],
        actor=ACTOR,
        kind="recount",
        reason="",
        new_products={goods.id},
    )
    found = [(event.name, event.subject) for event in recorded.events]
    assert sorted(found) == sorted(
        [("stock.updated", goods.id), ("stock.updated", known.id), ("stock.back", known.id)]
    )


def test_advancing_counts_one_change_of_each_product_and_none_of_its_stock() -> None:
    known, new = make_goods(stock=1), make_goods()
    before = stock().stamps([known.id])[known.id]
    assert stock().advance([new.id, known.id, known.id, "unknown"]) == {known.id: 3, new.id: 1}
    assert stock().advance([new.id]) == {new.id: 2}
    assert stock().stamps([known.id])[known.id] == StockStamp(3, before.changed_at)
    assert stock().stamps([new.id])[new.id] == StockStamp(2, new.product.created_at)
    services.restock(lines=[new.line(1)], actor=ACTOR)
    assert stock().stamps([new.id])[new.id].version == 4


def test_a_count_of_all_places_goes_to_the_first_and_is_drawn_from_one_after_the_other() -> None:
    goods = make_goods(stock={"a": 5, "b": 3})
    everywhere = StockCount(goods.id, goods.variants[0].id, None, 10)
    assert record(everywhere) == 1
    assert (goods.level("a").on_hand, goods.level("b").on_hand) == (7, 3)
    record(dataclasses.replace(everywhere, quantity=2))
    assert (goods.level("a").on_hand, goods.level("b").on_hand) == (0, 2)


def test_a_first_count_of_nothing_is_a_level_and_no_movement(heard: Heard) -> None:
    goods = make_goods()
    assert record(count(goods, 0)) == 1
    assert stock().figures([goods.variants[0].id])[goods.variants[0].id].locations == (
        LocationFigures("main", 0, 0),
    )
    assert (deltas(goods), heard.names) == ([], ["stock.updated"])
    assert heard.events[0].data()["change"] == 0
    assert heard.events[0].data()["locations"] == [{"location_id": "main", "quantity": 0}]
    assert record(count(goods, 0)) == 0
    assert heard.names == ["stock.updated"]


def test_what_is_held_cannot_be_counted_away_and_then_nothing_is() -> None:
    held, other = make_goods(stock=5), make_goods(stock=5)
    services.reserve_stock(lines=[held.line(3)], ttl_seconds=60, actor=ACTOR)
    with pytest.raises(ConflictingItems) as refusal:
        record(count(other, 9), count(held, 2))
    assert (refusal.value.code, refusal.value.errors[0].extra) == ("held_stock", {"held": 3})
    assert other.level().on_hand == 5


def test_counts_of_many_products_take_a_fixed_number_of_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many = [make_goods() for _ in range(50)]
    with django_assert_max_num_queries(12):
        record(*[count(goods, 3, at) for goods in many for at in ("a", "b")])
    with django_assert_max_num_queries(8):
        record(*[count(goods, 4, at) for goods in many for at in ("a", "b")])


def test_products_in_stock_are_those_of_which_something_can_be_sold() -> None:
    full, empty, held, lapsed = (make_goods(stock=stock) for stock in (1, 1, 1, 1))
    services.reduce_stock(lines=[empty.line(1)], actor=ACTOR)
    services.reserve_stock(lines=[held.line(1)], ttl_seconds=60, actor=ACTOR)
    over = services.reserve_stock(lines=[lapsed.line(1)], ttl_seconds=60, actor=ACTOR)
    Reservation.objects.filter(id=over.id).update(expires_at=F("expires_at") - dt.timedelta(days=1))
    found = Product.objects.filter(id__in=stock().products_in_stock())
    assert {product.id for product in found} == {full.id, lapsed.id}
