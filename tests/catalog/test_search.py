"""Finding products by name, by any of their words, and in spite of typing errors."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import fold, shortened, terms
from tests.catalog.conftest import Call
from tests.catalog.goods import draft, made
from tests.catalog.test_lists import names, pages

TITLES = ("Trail Shoe", "Linen Shirt", "Skirt", "Crème brûlée", "Chocolate Cake 70 %", "Köksö-lampa")


@pytest.fixture
def shelf(call: Call) -> Call:
    made(
        *(draft(title=title) for title in TITLES),
        draft(title="Umbrella", description="Keeps a shirt dry.", category="Rain"),
    )
    return call


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("shirt", ["Linen Shirt", "Umbrella"]),  # the name first, then the description
        ("SHIRT", ["Linen Shirt", "Umbrella"]),
        ("hir", ["Linen Shirt"]),
        ("n sh", ["Linen Shirt"]),
        ("creme", ["Crème brûlée"]),
        ("BRÛLÉE", ["Crème brûlée"]),
        ("kökso", ["Köksö-lampa"]),
        ("70 %", ["Chocolate Cake 70 %"]),
        ("rain", ["Umbrella"]),
        ("dry keeps", ["Umbrella"]),
        ("keep dr", ["Umbrella"]),
        ("shrit", ["Linen Shirt"]),  # two letters changed places
        ("choclate", ["Chocolate Cake 70 %"]),  # one is missing
        ("chocollate", ["Chocolate Cake 70 %"]),  # one too many
        ("chokolate cake", ["Chocolate Cake 70 %"]),  # a wrong one
        ("umbrela", ["Umbrella"]),
        ("cake shoe", []),
        ("xyz", []),
        ("%", ["Chocolate Cake 70 %"]),
        ("_", []),
        ("'", []),
        ("& | ! :*", []),
        ("\\", []),
        ("  ", [*TITLES, "Umbrella"]),
    ],
)
def test_a_search_finds(shelf: Call, search: str, found: list[str]) -> None:
    answer = shelf("GET", "/api/products?search=" + quote(search))
    assert [product["name"] for product in answer.data] == found


@pytest.mark.django_db
def test_what_is_nearly_so_spelled_is_shown_only_where_nothing_else_is_found(shelf: Call) -> None:
    assert "Skirt" not in names(shelf, "search=shirt")
    assert names(shelf, "search=skirtt") == ["Skirt"]


@pytest.mark.django_db
def test_a_search_goes_with_filters_and_orders_and_pages(shelf: Call) -> None:
    assert names(shelf, "search=shirt&category=Rain") == ["Umbrella"]
    assert names(shelf, "search=shirt&sort=newest") == ["Umbrella", "Linen Shirt"]
    for query in ("search=e", "search=shrit"):
        whole = shelf("GET", f"/api/products?{query}").data
        assert pages(shelf, f"/api/products?{query}", 2) == whole


@pytest.mark.django_db
def test_a_new_title_is_found_and_the_old_one_is_not(call: Call) -> None:
    (product_id,) = made(draft(title="Kettle"))
    call("PATCH", f"/products/{product_id}", {"base_title": "Teapot"})
    assert names(call, "search=kettle") == []
    assert names(call, "search=teapto") == ["Teapot"]


@given(st.text(alphabet="abcdefghij", min_size=4, max_size=12), st.data())
def test_any_one_typing_error_leaves_a_shortened_form_in_common(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijz"))
    errors = {
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    }
    indexed = set(terms(word))
    for wrong in errors:
        if len(wrong) >= 4:
            assert shortened(wrong) & indexed


@given(st.text(max_size=400))
def test_folding_is_stable_and_fits_its_column(text: str) -> None:
    folded = fold(text)
    assert len(folded) <= 300
    assert fold(text.upper()) == fold(text.upper().swapcase().upper())
    assert isinstance(terms(text), list)
