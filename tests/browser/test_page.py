"""What the server sends for `/`, before any browser."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from catalog.models import Product

pytestmark = pytest.mark.django_db


def test_it_allows_its_own_scripts_and_nothing_else(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
        in policy
    )
    assert "unsafe" not in policy
    page = answer.content.decode()
    # Data are not code: they need no leave of the policy.
    page = re.sub(r'<script id="\w+" type="application/json">', "", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\son\w+=|<style", page)


def test_every_file_that_it_names_is_there(client: Client) -> None:
    page = client.get("/").content.decode()
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page))
    assert len(named) == 19
    assert [path for path in named if finders.find(path) is None] == []


def test_the_largest_categories_stand_first(client: Client) -> None:
    for number, category in enumerate(("Hats", "Shoes & <boots>", "Shoes & <boots>", "", "", "")):
        Product.objects.create(sku=f"sku-{number}", title="Thing", category=category)
    page = client.get("/").content.decode()
    offered = re.findall(r'data-category="([^"]*)"', page)
    assert offered == ["", "Shoes &amp; &lt;boots&gt;", "Hats"]
    assert '<a href="?category=Shoes%20%26%20%3Cboots%3E"' in page


def test_it_is_read_only(client: Client) -> None:
    assert client.post("/").status_code == 405
