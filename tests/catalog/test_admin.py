"""Products in the admin: every save goes through the services, and is heard like any other."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.admin.options import as_text, read_text
from catalog.dialects import catalog_product
from catalog.models import Product
from catalog.selectors import product_shown
from catalog.services import CountDraft, MarketDraft, PriceDraft, ProductDraft, VariantDraft, change_product
from config.audit.models import AuditEntry
from config.identity.models import Role
from config.identity.services import create_user
from tests.catalog.goods import ACTOR, draft, made
from tests.fingerprint import nothing_changes
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/product/"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(create_user(email="staff@example.com", password=None, role=Role.ADMIN))
    return client


def page(product_id: str) -> str:
    return f"{LIST}{product_id}/change/"


def filled_in(client: Client, path: str) -> dict[str, Any]:
    """The form as it comes, ready to be sent back."""
    context = client.get(path).context
    data: dict[str, Any] = {}
    forms = [context["adminform"].form]
    for formset in (inline.formset for inline in context["inline_admin_formsets"]):
        forms += [formset.management_form, *formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is True:
                data[bound.html_name] = "on"
            elif value is not None and value is not False:
                data[bound.html_name] = bound.field.prepare_value(value)
    return data


def shown(product_id: str) -> dict[str, Any]:
    found = product_shown(product_id)
    assert found is not None
    return catalog_product(found.record, found.figures, version=found.version)


def errors(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.content.decode()))


def test_a_save_without_a_change_is_none(staff: Client, heard: Heard) -> None:
    variant = VariantDraft(
        sku="V",
        attributes={"size": "M", "fit": "a: b"},
        prices=(PriceDraft("EGP", Decimal("7.5")), PriceDraft("SEK", Decimal(3))),
        stock=(CountDraft(4),),
    )
    (product_id,) = made(draft(variants=(variant,), description="One\n\nTwo"))
    before = shown(product_id)
    heard.events.clear()
    answer = staff.post(page(product_id), filled_in(staff, page(product_id)))
    assert answer.status_code == 302, errors(answer)
    assert shown(product_id) == before
    assert heard.names == []


@pytest.mark.parametrize("text", ["One\n\nTwo", "One\r\n\r\nTwo", "One\nTwo\n", " One\rTwo"])
def test_a_text_that_nobody_touched_is_what_it_was_whatever_a_browser_makes_of_its_lines(
    staff: Client, heard: Heard, text: str
) -> None:
    (product_id,) = made(draft(description=text, markets=(MarketDraft("SE", "Kopp", text),)))
    heard.events.clear()
    entries = AuditEntry.objects.count()
    assert entries > 0
    data = as_a_browser_sends_it(filled_in(staff, page(product_id)))
    with nothing_changes():
        assert staff.post(page(product_id), data).status_code == 302
    assert AuditEntry.objects.count() == entries
    assert heard.names == []
    assert shown(product_id)["description"] == text


def test_a_text_that_is_changed_has_single_line_ends(staff: Client) -> None:
    (product_id,) = made(draft(description="One\r\nTwo"))
    data = filled_in(staff, page(product_id)) | {"description": "One\r\nTwo\r\nThree"}
    assert staff.post(page(product_id), data).status_code == 302
    assert shown(product_id)["description"] == "One\nTwo\nThree"


def as_a_browser_sends_it(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: re.sub(r"\r\n|\r|\n", "\r\n", value) if isinstance(value, str) else value
        for name, value in data.items()
    }


def test_a_change_is_announced_like_any_other(staff: Client, heard: Heard) -> None:
    (product_id,) = made(draft(sizes=("S", "M")))
    heard.events.clear()
    data = filled_in(staff, page(product_id))
    data |= {"title": "Better mug", "variants-0-own_price": "12.50", "variants-1-DELETE": "on"}
    data |= {"prices-0-amount": "99"}
    assert staff.post(page(product_id), data).status_code == 302
    assert heard.names == ["product.updated", "price.dropped"]
    product = shown(product_id)
    assert product["base_title"] == "Better mug"
    assert product["prices"] == [{"currency": "EGP", "amount": 99}]
    assert [variant["prices"] for variant in product["variants"]] == [[{"currency": "EGP", "amount": 12.5}]]
    assert product["version"] == 3


def test_a_product_is_made_on_one_page(staff: Client, heard: Heard) -> None:
    path = f"{LIST}add/"
    data = filled_in(staff, path)
    data |= {"title": "Cup", "sku": "CUP", "prices-0-currency": "egp", "prices-0-amount": "45"}
    data |= {
        "variants-TOTAL_FORMS": "1",
        "variants-0-attributes": "size: XL\ncolor: Red",
    }
    data |= {"named_options": '[{"name": "flavors", "choices": [{"name": "Mint", "price_multiplier": 1.5}]}]'}
    data |= {"markets-TOTAL_FORMS": "1", "markets-0-market": "SE", "markets-0-title": "Kopp"}
    answer = staff.post(path, data)
    assert answer.status_code == 302, errors(answer)
    product = Product.objects.get(sku="CUP")
    assert heard.names == ["product.created"]
    made_product = shown(product.id)
    assert made_product["variants"][0]["sku"] == "CUP-XL-RED"
    assert made_product["variants"][0]["attributes"] == {"size": "XL", "color": "Red"}
    assert made_product["options"][0]["choices"] == [{"name": "Mint", "price_multiplier": 1.5}]
    assert made_product["metadata"][0]["title"] == "Kopp"
    assert staff.get(page(product.id)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"sku": "TAKEN"}, "sku: &#x27;TAKEN&#x27; is taken"),
        ({"prices-0-amount": "1.005"}, "EGP has 2 decimals"),
        ({"prices-0-DELETE": "on"}, "at least one price is required"),
        ({"known_update": ""}, "Somebody has changed this product meanwhile"),
        ({"named_options": "[{}]"}, "[0].name: required"),
        ({"named_options": "- Mint"}, "the option&#x27;s name above its choices"),
        ({"named_options": "flavors\n- Mint * x"}, "is no number to multiply a price by"),
        ({"named_options": "flavors\n- Mint | big"}, "as a name and a text"),
        ({"variants-0-other_prices": "SEK x"}, "Write them as"),
        ({"variants-0-other_prices": "SEK 1; SEK 2"}, "variants[0].prices[1].currency"),
        ({"variants-0-attributes": "size"}, "Write a line for each"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_what_is_refused_is_said_on_the_page_and_nothing_is_saved(
    staff: Client, heard: Heard, changes: dict[str, str], text: str
) -> None:
    product_id, _ = made(draft(sizes=("S",)), draft(sku="TAKEN"))
    before = shown(product_id)
    heard.events.clear()
    answer = staff.post(page(product_id), filled_in(staff, page(product_id)) | {"title": "New"} | changes)
    assert text in errors(answer)
    assert shown(product_id) == before
    assert heard.names == []


def test_what_was_sold_meanwhile_is_no_reason_to_load_the_page_again_but_another_change_is(
    staff: Client, heard: Heard
) -> None:
    (product_id,) = made(draft(stock=(CountDraft(5),)))
    data = filled_in(staff, page(product_id)) | {"title": "New"}
    change_product(product_id=product_id, draft=ProductDraft(stock=(CountDraft(4),)), actor=ACTOR)
    assert staff.post(page(product_id), data).status_code == 302
    heard.events.clear()
    assert "Somebody has changed" in errors(staff.post(page(product_id), data | {"title": "Newer"}))
    assert heard.names == []


def test_two_variants_exchange_their_skus_on_the_page(staff: Client) -> None:
    (product_id,) = made(draft(sku="MUG", sizes=("S", "M")))
    data = filled_in(staff, page(product_id)) | {"variants-0-sku": "MUG-M", "variants-1-sku": "MUG-S"}
    answer = staff.post(page(product_id), data)
    assert answer.status_code == 302, errors(answer)
    assert [variant["sku"] for variant in shown(product_id)["variants"]] == ["MUG-M", "MUG-S"]


def test_deleting_archives(staff: Client, heard: Heard) -> None:
    one, two, three = made(draft(stock=(CountDraft(2),)), draft(), draft())
    heard.events.clear()
    assert staff.post(f"{LIST}{one}/delete/", {"post": "yes"}).status_code == 302
    selected = {"action": "delete_selected", "_selected_action": [two, three], "post": "yes"}
    assert staff.post(LIST, selected).status_code == 302
    assert heard.names == ["product.deleted"] * 3
    assert Product.objects.count() == 3
    assert not Product.objects.live().exists()


def test_the_list_takes_a_fixed_number_of_queries(staff: Client) -> None:
    made(*(draft(title=f"Mug {number}", stock=(CountDraft(number),)) for number in range(31)))
    staff.get(LIST)
    with CaptureQueriesContext(connection) as few:
        assert "100 L.E." in staff.get(LIST).content.decode()
    made(*(draft(title=f"Cup {number}", sizes=("S", "M")) for number in range(30)))
    with CaptureQueriesContext(connection) as many:
        assert "Cup 29" in staff.get(LIST).content.decode()
    assert len(many) == len(few)


def test_only_staff_come_in() -> None:
    client = Client()
    client.force_login(create_user(email="someone@example.com", password=None, role=Role.CUSTOMER))
    assert client.get(LIST).status_code == 302


LINES = "flavors\n- Vanilla\n- Chocolate * 1.2 | note: dark: very | servings: 10\nsizes\n- Large * 2"


def test_options_are_written_a_line_each_and_read_as_they_are_shown(staff: Client, heard: Heard) -> None:
    (product_id,) = made(draft())
    path = page(product_id)
    assert staff.post(path, filled_in(staff, path) | {"named_options": LINES}).status_code == 302
    assert shown(product_id)["options"] == [
        {
            "name": "flavors",
            "choices": [
                {"name": "Vanilla", "price_multiplier": 1},
                {"name": "Chocolate", "price_multiplier": 1.2, "servings": "10", "note": "dark: very"},
            ],
        },
        {"name": "sizes", "choices": [{"name": "Large", "price_multiplier": 2}]},
    ]
    again = filled_in(staff, path)
    assert again["named_options"].splitlines() == LINES.splitlines()
    heard.events.clear()
    assert staff.post(path, again).status_code == 302
    assert heard.names == []


@pytest.mark.parametrize("name", ["a | b", "- a", "a * 2", "[a", " a", "a\nb", "10 * 10 cm"])
def test_options_that_no_line_can_say_are_shown_so_that_they_are_read_again(name: str) -> None:
    options = [{"name": "shape", "choices": [{"name": name, "price_multiplier": 1.5}]}]
    assert read_text(as_text(options)) == options


def test_a_variants_prices_in_other_currencies_stand_beside_its_own(staff: Client, heard: Heard) -> None:
    (product_id,) = made(draft(sizes=("S",)))
    path = page(product_id)
    prices = {"variants-0-own_price": "12", "variants-0-other_prices": "sek 15.50;EUR 3"}
    data = filled_in(staff, path) | prices
    assert staff.post(path, data).status_code == 302
    (variant,) = shown(product_id)["variants"]
    assert variant["prices"] == [
        {"currency": "EGP", "amount": 12},
        {"currency": "SEK", "amount": 15.5},
        {"currency": "EUR", "amount": 3},
    ]
    again = filled_in(staff, path)
    assert again["variants-0-other_prices"] == "SEK 15.50; EUR 3.00"
    heard.events.clear()
    assert staff.post(path, again).status_code == 302
    assert heard.names == []
