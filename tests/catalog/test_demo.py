"""The demo shop: what it holds, and that it is loaded once."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from catalog.demo.loading import PRODUCTS
from catalog.models import Product
from tests.catalog.conftest import Call
from tests.catalog.goods import draft, made
from tests.hearing import Heard

pytestmark = pytest.mark.django_db


def load(**options: Any) -> str:
    out = io.StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


def test_the_demo_shop_is_loaded_once(heard: Heard) -> None:
    assert "40 new products" in load()
    assert heard.names.count("product.created") == 40
    heard.events.clear()
    assert "Nothing to do" in load()
    assert "Nothing to do" in load(force=True)
    assert heard.names == []


def test_it_does_not_move_into_a_shop_that_is_there_unless_it_is_told_to() -> None:
    made(draft())
    assert "Nothing to do" in load()
    assert Product.objects.count() == 1
    assert "40 new products" in load(force=True)


def test_it_shows_what_a_shop_can_be(call: Call) -> None:
    load()
    products = call("GET", "/api/products").data
    assert {product["category"] for product in products} == {"Shoes", "Clothes", "Bakery"}
    assert {product["currency"] for product in products} == {"EGP"}
    assert any(product["stock"] == 0 for product in products)
    assert any(0 < product["stock"] <= 5 for product in products)
    assert any(product["eggOptions"] for product in products)
    assert any(len(product["variants"]) > 6 for product in products)
    assert len(call("GET", "/api/products/featured").data) == 8
    assert all(len(product["description"]) > 10 for product in products)


def test_every_product_has_a_picture_of_its_own() -> None:
    images = [str(draft.image) for draft in PRODUCTS]
    assert len(set(images)) == len(images)
    for image in images:
        found = finders.find(image.removeprefix("/static/"))
        assert isinstance(found, str)
        assert "<svg" in Path(found).read_text(encoding="utf-8")
