"""Product files as people's programs write them, and what is said of those that can't be read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.importing.rows import LONGEST_FIELD
from catalog.models import Product
from config.identity.models import Role
from config.identity.services import create_user
from tests.catalog.goods import draft, made
from tests.catalog.test_exchange_admin import exported
from tests.fingerprint import nothing_changes

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/product/"
TOO_LONG = "B" * (LONGEST_FIELD + 1)
HEAD = "id,sku,base_title,description,prices"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(create_user(email="staff@example.com", password=None, role=Role.ADMIN))
    return client


def tried(client: Client, data: bytes) -> Any:
    file = SimpleUploadedFile("products.csv", data, content_type="text/csv")
    answer = client.post(f"{LIST}import/", {"format": "0", "import_file": file})
    assert answer.status_code == 200
    return answer


def confirmed(client: Client, answer: Any) -> Any:
    form = answer.context["confirm_form"]
    data = {name: form.initial.get(name, "") for name in form.fields}
    return client.post(f"{LIST}process_import/", data, follow=True)


@pytest.mark.parametrize(
    ("separator", "encoding", "line_end"),
    [(",", "utf-8", "\n"), (";", "utf-8-sig", "\r\n"), ("\t", "utf-16", "\r\n"), (";", "utf-8", "\r")],
)
def test_a_file_is_read_as_a_spreadsheet_writes_it(
    staff: Client, separator: str, encoding: str, line_end: str
) -> None:
    rows = [
        [*HEAD.split(","), "updated_at"],
        ["", "A-1", "Blåbär, torkade", '"One; two"' if separator != "," else "One; two", "SEK 12.50", ""],
        ["", "A-2", "Lingon", "", "SEK 9"],  # which leaves an empty cell out
        [""] * 6,
    ]
    rows[1][2] = f'"{rows[1][2]}"'
    text = line_end.join(separator.join(row) for row in rows)
    confirmed(staff, tried(staff, text.encode(encoding)))
    found = {product.sku: product for product in Product.objects.all()}
    assert found.keys() == {"A-1", "A-2"}
    assert (found["A-1"].title, found["A-1"].description) == ("Blåbär, torkade", "One; two")
    assert found["A-1"].prices.get().amount == Decimal("12.50")


def test_what_was_exported_comes_back_with_semicolons(staff: Client) -> None:
    made(draft(description="Two\nlines"))
    row = exported(staff)[0]
    cells = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row.values()]
    data = f"{';'.join(row)}\r\n{';'.join(cells)}\r\n".encode()
    with nothing_changes():
        assert (
            "0 new, 0 updated, 0 deleted and 1 skipped"
            in confirmed(staff, tried(staff, data)).content.decode()
        )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\n\n", "It has no column “id”."),
        (b"sku,base_title\nA,B\n", "It has no column “id”."),
        (b"sku;base_title\nA;B\n", "It has no column “id”."),
        (f"{HEAD},colour,size\n".encode(), "It has columns that products have not: “colour”, “size”."),
        (f"{HEAD},\n".encode(), "It has columns that products have not: “(without a name)”."),
        (f"{HEAD},sku\n".encode(), "It has more than one column “sku”."),
        (f"{HEAD}\n,A,Bl\u00e5b\u00e4r,,\n".encode("latin-1"), "Line 2 holds a character that is not UTF-8"),
        (f"{HEAD}\n,A,B,,\n".encode("utf-16")[:-1], "It ends within a character"),
        (b"PK\x03\x04rest", "This is a workbook, not a CSV file"),
        (f"{HEAD}\n,A,B,,\n,A\0,B,,\n".encode(), "Line 3 holds the character NUL"),
        (f"{HEAD}\n,A,B,,\n,A,B,,,x\n".encode(), "Line 3 has 6 cells, and there are 5 columns."),
        (f"{HEAD}\n,A,B\n".encode(), "Line 2 has 3 cells, and there are 5 columns."),
        (f'{HEAD}\n,A,"B\nC",,\n,A,"B,,\n,A,B,,\n'.encode(), "The row that begins in line 4 can't be read"),
        (
            f"{HEAD}\n,A,{'B' * (LONGEST_FIELD + 1)},,\n".encode(),
            "The row that begins in line 2 can't be read",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(staff: Client, data: bytes, said: str) -> None:
    with nothing_changes():
        answer = tried(staff, data)
    (text,) = answer.context["form"].errors["import_file"]
    assert said in text
    assert "confirm_form" not in answer.context


def test_a_file_is_taken_once(staff: Client) -> None:
    answer = tried(staff, f"{HEAD}\n,A-1,Mug,,SEK 1\n".encode())
    confirmed(staff, answer)
    with nothing_changes():
        again = confirmed(staff, answer)
    assert "That file has been taken" in again.content.decode()
    assert Product.objects.count() == 1


@pytest.mark.parametrize("name", ["no-such-file", "../../etc/passwd", "/etc/"])
def test_only_a_file_that_was_tried_is_taken(staff: Client, name: str) -> None:
    form = {"import_file_name": name, "original_file_name": "a.csv", "format": "x"}
    with nothing_changes():
        answer = staff.post(f"{LIST}process_import/", form, follow=True)
    assert "That file has been taken, or is no longer here" in answer.content.decode()
