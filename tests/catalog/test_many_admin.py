"""Changing many products at once in the console: one event for each that changed, and bounded queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.selectors import product_records
from catalog.services import (
    PriceDraft,
    ProductDraft,
    VariantDraft,
    bulk,
    change_product,
    reprice_all,
)
from config.identity.duties import Duty
from config.identity.models import Role
from config.identity.services import create_user
from config.kernel.errors import InvalidInput, PreconditionFailed
from tests.catalog.goods import ACTOR, draft, made
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/product/"


def client_of(duty: Duty) -> Client:
    client = Client()
    client.force_login(create_user(email="staff@example.com", password=None, role=Role.ADMIN, duties=[duty]))
    return client


@pytest.fixture
def staff() -> Client:
    return client_of(Duty.OWNER)


def chosen(action: str, *ids: str, **fields: object) -> dict[str, Any]:
    return {"action": action, "_selected_action": ids, **fields}


def prices(product_id: str) -> list[tuple[str, Decimal]]:
    (record,) = product_records(Product.objects.filter(id=product_id))
    own = [price for variant in record.variants for price in variant.prices]
    return [(price.currency, price.amount) for price in (*record.prices, *own)]


def test_prices_are_raised_by_percent_in_every_currency_and_variant(staff: Client, heard: Heard) -> None:
    variant = VariantDraft(sku="V", attributes={"size": "M"}, prices=(PriceDraft("EGP", Decimal("7.55")),))
    money = (PriceDraft("EGP", Decimal(100)), PriceDraft("JPY", Decimal(333)))
    one, other = made(draft(variants=(variant,), prices=money), draft())
    heard.events.clear()
    assert "1 product is chosen" in staff.post(LIST, chosen("reprice", one)).content.decode()
    answer = staff.post(LIST, chosen("reprice", one, percent="10"), follow=True)
    assert "1 products changed, 0 were so already" in answer.content.decode()
    assert prices(one) == [("EGP", Decimal(110)), ("JPY", Decimal(366)), ("EGP", Decimal("8.31"))]
    assert prices(other) == [("EGP", Decimal(100))]
    assert heard.names == ["product.updated"]


def test_a_lower_price_is_told_as_a_drop(staff: Client, heard: Heard) -> None:
    (one,) = made(draft())
    heard.events.clear()
    staff.post(LIST, chosen("reprice", one, percent="-25.5"))
    assert prices(one) == [("EGP", Decimal("74.5"))]
    assert heard.names == ["product.updated", "price.dropped"]


@pytest.mark.parametrize("percent", ["-101", "1001", "x", "", "NaN"])
def test_a_percentage_that_is_none_changes_nothing(staff: Client, heard: Heard, percent: str) -> None:
    (one,) = made(draft())
    heard.events.clear()
    assert staff.post(LIST, chosen("reprice", one, percent=percent)).status_code == 200
    assert prices(one) == [("EGP", Decimal(100))]
    assert heard.names == []
    with pytest.raises(InvalidInput):
        reprice_all(product_ids=[one], percent=Decimal(-101), actor=ACTOR)


def test_two_raises_at_once_do_not_add_up_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = made(draft())

    def read_and_lose_the_race(rows: Any) -> Any:
        found = product_records(rows)
        change_product(product_id=one, draft=ProductDraft(title="Meanwhile"), actor=ACTOR)
        return found

    monkeypatch.setattr("catalog.services.bulk.product_records", read_and_lose_the_race)
    (outcome,) = reprice_all(product_ids=[one], percent=Decimal(10), actor=ACTOR)
    assert isinstance(outcome.refusal, PreconditionFailed)
    assert prices(one) == [("EGP", Decimal(100))]


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("offer", "available", True),
        ("take_off", "available", False),
        ("feature", "featured", True),
        ("unfeature", "featured", False),
    ],
)
def test_availability_and_the_window_are_set_for_many(
    staff: Client, heard: Heard, action: str, field: str, value: bool
) -> None:
    other: Any = {field: not value}
    same: Any = {field: value}
    one, two = made(draft(**other), draft(**same))
    heard.events.clear()
    answer = staff.post(LIST, chosen(action, one, two), follow=True)
    assert "1 products changed, 1 were so already" in answer.content.decode()
    assert set(Product.objects.values_list(field, flat=True)) == {value}
    assert heard.names == ["product.updated"]


def test_many_are_moved_to_a_category(staff: Client, heard: Heard) -> None:
    ids = made(draft(), draft())
    heard.events.clear()
    staff.post(LIST, chosen("categorize", *ids, category="Cups", subcategory="Tea"))
    assert set(Product.objects.values_list("category", "subcategory")) == {("Cups", "Tea")}
    assert heard.names == ["product.updated"] * 2


def test_many_products_take_as_many_queries_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = made(*(draft(title=f"Mug {number}", sizes=("S", "M")) for number in range(20)))

    def queries(product_ids: list[str]) -> int:
        with CaptureQueriesContext(connection) as asked:
            outcomes = reprice_all(product_ids=product_ids, percent=Decimal(10), actor=ACTOR)
        assert all(outcome.changed for outcome in outcomes)
        return len(asked)

    few = queries(list(ids[:2]))
    assert queries(list(ids[2:])) == few
    monkeypatch.setattr(bulk, "BATCH", 10)
    assert queries(list(ids)) == 2 * few


def test_products_are_found_by_words_and_by_a_part_of_a_sku(staff: Client) -> None:
    red, blue = made(
        draft(title="Red mug", sku="MUG-RED", sizes=("S",)), draft(title="Blue mug", sku="CUP-BLUE")
    )

    def found(**asked: str) -> set[str]:
        answer: Any = staff.get(LIST, asked)
        return {product.pk for product in answer.context["cl"].result_list}

    assert found(q="red") == {red}
    assert found(q="up-bl") == {blue}
    assert found(q="MUG-RED-S") == {red}
    assert found(q="mug") == {red, blue}
    assert found(q=blue) == {blue}
    assert found(q="nothing like it at all") == set()
    assert found(stock="in") == set()
    assert found(stock="out") == {red, blue}


def test_a_picture_from_elsewhere_is_not_fetched(staff: Client) -> None:
    made(draft(image="/static/mug.svg"), draft(image="https://elsewhere.example/mug.svg"))
    made(draft(image="//elsewhere.example/cup.svg"))
    page = staff.get(LIST).content.decode()
    assert page.count('src="/static/mug.svg"') == 1
    assert "elsewhere.example" not in page


@pytest.mark.parametrize("action", ["reprice", "categorize", "offer", "take_off", "feature", "unfeature"])
def test_staff_without_the_duty_change_nothing(action: str) -> None:
    (one,) = made(draft(available=True, featured=True))
    client = client_of(Duty.FINANCE)
    client.post(LIST, chosen(action, one, percent="10", category="Cups", subcategory="Tea"))
    product = Product.objects.get()
    assert (product.available, product.featured, product.category) == (True, True, "")
    assert prices(one) == [("EGP", Decimal(100))]
