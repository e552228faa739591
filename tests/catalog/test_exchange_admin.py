"""Products as a file in the console: out, in again, and another shop system's export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.admin import exchange
from catalog.dialects import catalog_product
from catalog.models import Product, Variant
from catalog.selectors import product_shown
from catalog.services import (
    ChoiceDraft,
    CountDraft,
    MarketDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
    change_product,
)
from config.identity.models import Role
from config.identity.services import create_user
from realtime.models import Event
from tests.catalog.goods import ACTOR, draft, made

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/product/"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(create_user(email="staff@example.com", password=None, role=Role.ADMIN))
    return client


def exported(client: Client) -> list[dict[str, str]]:
    answer = client.post(f"{LIST}export/", {"format": "0"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def file_of(rows: Sequence[dict[str, str]]) -> SimpleUploadedFile:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile("products.csv", text.getvalue().encode(), content_type="text/csv")


def tried(client: Client, rows: Sequence[dict[str, str]]) -> Any:
    answer = client.post(f"{LIST}import/", {"format": "0", "import_file": file_of(rows)})
    assert answer.status_code == 200
    return answer


def imported(client: Client, rows: Sequence[dict[str, str]]) -> Any:
    """Tried first, as the page has it, then confirmed."""
    answer = tried(client, rows)
    form = answer.context["confirm_form"]
    data = {name: form.initial.get(name, "") for name in form.fields}
    return client.post(f"{LIST}process_import/", data, follow=True)


def errors(answer: Any) -> list[str]:
    return [str(error.error) for _, some in answer.context["result"].row_errors() for error in some]


def shown(product_id: str) -> dict[str, Any]:
    found = product_shown(product_id)
    assert found is not None
    return catalog_product(found.record, found.figures, version=found.version)


def announced(after: int = 0) -> list[str]:
    """What the log has: of what was only tried, nothing."""
    return list(Event.objects.filter(id__gt=after).order_by("id").values_list("type", flat=True))


def log_end() -> int:
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def whole() -> ProductDraft:
    return draft(
        title="Mug, “the” mug",
        description="One\n\nTwo; three",
        image="/static/mug.svg",
        featured=True,
        prices=(PriceDraft("EGP", Decimal("12.50")), PriceDraft("SEK", Decimal(3))),
        markets=(MarketDraft("SE", "Kopp", "För te", "kopp,te"),),
        options=(OptionDraft("flavors", (ChoiceDraft("Mint", Decimal("1.25")),)),),
        variants=(
            VariantDraft(
                sku="M-S",
                attributes={"size": "S"},
                prices=(PriceDraft("EGP", Decimal("7.5")),),
                stock=(CountDraft(4),),
            ),
            VariantDraft(sku="M-M", attributes={"size": "M"}),
        ),
    )


def test_an_export_imported_again_changes_nothing(staff: Client) -> None:
    ids = made(whole(), draft(stock=(CountDraft(5),)))
    before = [shown(product_id) for product_id in ids]
    end = log_end()
    rows = exported(staff)
    assert len(rows) == 2
    answer = imported(staff, rows)
    assert "0 new, 0 updated, 0 deleted and 2 skipped" in answer.content.decode()
    assert [shown(product_id) for product_id in ids] == before
    assert announced(end) == []


def test_a_file_is_tried_before_it_is_taken(staff: Client) -> None:
    one, same = made(whole(), draft())
    rows = sorted(exported(staff), key=lambda row: row["id"] != one)
    end = log_end()
    rows[0] |= {"base_title": "<b>Cup</b>", "prices": "EGP 15; SEK 4", "available": "false"}
    answer = tried(staff, rows)
    page = answer.content.decode()
    assert "base_title, available, prices" in page
    assert "&lt;b&gt;Cup&lt;/b&gt;" in page
    assert "<b>Cup</b>" not in page
    assert shown(one)["base_title"] == "Mug, “the” mug"
    assert announced(end) == []
    assert "1 updated, 0 deleted and 1 skipped" in imported(staff, rows).content.decode()
    product = shown(one)
    assert (product["base_title"], product["available"]) == ("<b>Cup</b>", False)
    assert product["prices"] == [{"currency": "EGP", "amount": 15}, {"currency": "SEK", "amount": 4}]
    assert product["variants"][0]["stock"][0]["quantity"] == 4, "stock is no business of the file's"
    assert announced(end) == ["product.updated"]
    assert shown(same)["version"] == 1


def test_of_a_long_file_what_changes_is_shown_and_the_rest_counted(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MOST_PREVIEWED", 3)
    made(*(draft() for _ in range(5)))
    rows = exported(staff)
    rows[4]["base_title"] = "The last of them"
    page = tried(staff, rows).content.decode()
    assert "0 new, 1 changed, 4 unchanged: 3 rows are shown" in page
    assert "The last of them" in page
    assert [row["sku"] for row in rows if f"\n                            {row['sku']}\n" in page] == [
        rows[place]["sku"] for place in (0, 1, 4)
    ]


def test_a_row_without_an_id_makes_a_product(staff: Client) -> None:
    rows = [{"id": "", "sku": "NEW", "base_title": "New", "prices": "egp 5"}]
    assert "1 new" in imported(staff, rows).content.decode()
    product = Product.objects.get(sku="NEW")
    assert shown(product.id)["prices"] == [{"currency": "EGP", "amount": 5}]
    assert announced() == ["product.created"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"base_title": ""}, "base_title"),
        ({"sku": "TAKEN"}, "is taken"),
        ({"prices": "EGP 1.005"}, "EGP has 2 decimals"),
        ({"prices": "EGP"}, "must be like"),
        ({"prices": "EGP NaN"}, "must be like"),
        ({"prices": "EGP -1"}, "must be at least 0"),
        ({"variants": "[{]"}, "variants: is not JSON"),
        ({"variants": '[{"sku": "X"}]'}, "attributes"),
        ({"available": "perhaps"}, "must be true or false"),
        ({"id": "prod_nobody"}, "Product not found"),
        ({"updated_at": "2020-01-01T00:00:00+00:00"}, "somebody has changed it"),
    ],
)
def test_a_row_that_is_wrong_is_said_and_nothing_of_the_file_is_taken(
    staff: Client, changes: dict[str, str], text: str
) -> None:
    one, other = made(draft(), draft(sku="TAKEN"))
    rows = sorted(exported(staff), key=lambda row: row["id"] != one)
    end = log_end()
    before = [shown(one), shown(other)]
    answer = tried(staff, [rows[0] | changes, rows[1] | {"base_title": "Good"}])
    (said,) = errors(answer)
    assert text in said
    assert "confirm_form" not in answer.context
    assert [shown(one), shown(other)] == before
    assert announced(end) == []


def test_what_was_changed_after_the_file_was_tried_is_not_overwritten(staff: Client) -> None:
    one, two = made(draft(), draft())
    rows = [row | {"description": "From the file"} for row in exported(staff)]
    answer = tried(staff, rows)
    form = answer.context["confirm_form"]
    change_product(product_id=one, draft=ProductDraft(title="Meanwhile"), actor=ACTOR)
    end = log_end()
    data = {name: form.initial.get(name, "") for name in form.fields}
    page = staff.post(f"{LIST}process_import/", data, follow=True).content.decode()
    assert "somebody has changed it since this file was written" in page
    assert (shown(one)["description"], shown(two)["description"]) == ("", "From the file")
    assert announced(end) == ["product.updated"]


def test_a_file_of_several_batches_is_told_row_by_row(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "BATCH", 2)
    made(*(draft(title=f"Mug {number}") for number in range(5)))
    rows = exported(staff)
    assert len(rows) == 5
    rows[3] |= {"prices": "x"}
    (said,) = errors(tried(staff, rows))
    assert said.startswith(rows[3]["sku"])


def shopify(*rows: str) -> SimpleUploadedFile:
    header = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty,Option1 Name,Option1 Value"
    return SimpleUploadedFile("from-shopify.csv", "\n".join([header, *rows]).encode())


def test_a_shopify_export_is_tried_then_taken_and_its_report_shown(staff: Client) -> None:
    def upload(**more: str) -> str:
        data = {"file": shopify("mug,Mug,MUG-1,10,4,Title,Default Title", "bad,,X,ten,,,"), "currency": "EGP"}
        return staff.post(f"{LIST}shopify/", {**data, **more}).content.decode()

    page = upload(dry_run="on")
    assert "1 created, 0 updated, 0 unchanged, 1 refused" in page
    assert "only tried" in page
    assert not Product.objects.exists()
    page = upload()
    assert "1 created" in page
    assert "only tried" not in page
    assert Variant.objects.get().sku == "MUG-1"
    assert "0 created, 0 updated, 1 unchanged" in upload()


@pytest.mark.parametrize(
    "changes", [{"currency": "XXX"}, {"location": "a\x07b"}, {"file": ""}, {"currency": ""}]
)
def test_an_upload_that_is_wrong_imports_nothing(staff: Client, changes: dict[str, str]) -> None:
    data = {"file": shopify("mug,Mug,MUG-1,10,4,Title,Default Title"), "currency": "EGP", **changes}
    assert staff.post(f"{LIST}shopify/", data).status_code == 200
    assert not Product.objects.exists()


def test_a_file_that_is_none_is_said(staff: Client) -> None:
    data = {"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00"), "currency": "EGP"}
    page = staff.post(f"{LIST}shopify/", data).content.decode()
    assert "x.csv" in page
    assert not Product.objects.exists()
    binary = SimpleUploadedFile("x.csv", b"\x00\xff\x00")
    answer = staff.post(f"{LIST}import/", {"format": "0", "import_file": binary})
    assert answer.status_code == 200
    assert not Product.objects.exists()


@pytest.mark.parametrize("path", ["export/", "import/", "process_import/", "shopify/"])
def test_staff_without_the_duty_get_no_file_in_or_out(path: str) -> None:
    client = Client()
    client.force_login(create_user(email="f@example.com", password=None, role=Role.ADMIN, duties=[]))
    assert client.get(f"{LIST}{path}").status_code in (403, 405)
    assert client.post(f"{LIST}{path}", {"format": "0"}).status_code == 403
