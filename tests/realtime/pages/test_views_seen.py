"""Which openings of a product's page are views, and that staff hear of them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client

from realtime import services
from realtime.models import ProductView
from tests.orders.shop import mug
from tests.realtime.pages.readers import BROWSER, a_user, signed_in
from tests.realtime.telling import Told

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> list[tuple[str, str, str | None, int]]:
    rows = ProductView.objects.order_by("id")
    return list(rows.values_list("product_id", "category", "user_id", "duration_ms"))


def test_each_opening_by_a_reader_is_one_view_and_staff_hear_of_it(told: Told) -> None:
    thing = mug(category="Mugs")
    carla = a_user()
    told.whispered.clear()
    guest = Client(headers={"User-Agent": BROWSER})
    assert guest.get(f"/p/{thing.id}").status_code == 200
    assert signed_in(carla).get(f"/p/{thing.id}").status_code == 200
    assert stored() == [(thing.id, "Mugs", None, 0), (thing.id, "Mugs", carla.pk, 0)]
    assert [record.type for record in told.whispered] == ["view", "view"]
    assert told.whispered[1].parsed()["user_id"] == carla.pk


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"User-Agent": "curl/8.5.0"},
        {"User-Agent": ""},
        {"User-Agent": BROWSER, "Sec-Purpose": "prefetch;prerender"},
        {"User-Agent": BROWSER, "HX-Request": "true"},
    ],
)
def test_machines_and_parts_are_no_readers(told: Told, headers: dict[str, str]) -> None:
    thing = mug()
    client = Client(headers=headers)
    assert client.get(f"/p/{thing.id}").status_code == 200
    assert client.get(f"/p/{thing.id}/buy").status_code == 200
    assert stored() == []


def test_what_shows_nothing_is_no_view(told: Told) -> None:
    thing = mug()
    client = Client(headers={"User-Agent": BROWSER})
    assert client.head(f"/p/{thing.id}").status_code == 200
    assert client.get("/p/prod_nothing").status_code == 404
    assert client.get(f"/p/{thing.id}/reviews").status_code == 200
    assert stored() == []


def test_a_database_that_can_t_count_keeps_no_page_back(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    thing = mug()

    def fail(**_: object) -> set[str]:
        raise DatabaseError("read-only")

    monkeypatch.setattr(services, "count_views", fail)
    told.whispered.clear()
    assert Client(headers={"User-Agent": BROWSER}).get(f"/p/{thing.id}").status_code == 200
    assert (stored(), told.whispered) == ([], [])
