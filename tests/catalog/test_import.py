"""``import_products``: exports with all that real ones have."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.dialects import catalog_product
from catalog.importing.markup import text_of
from catalog.models import Product
from catalog.selectors import product_shown
from catalog.services import CountDraft
from inventory.lines import StockLine
from inventory.models import StockLevel, StockMovement
from inventory.services import reduce_stock
from tests.catalog.goods import ACTOR, draft, made, version_of
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

REAL = Path(__file__).parents[3] / "shared" / "data" / "shopify"
COLUMNS = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Variant SKU",
    "Variant Inventory Qty",
    "Variant Price",
    "Image Src",
    "Image Position",
)
MUG = {
    "Handle": "mug",
    "Title": "Mug",
    "Body (HTML)": "<p>Holds &amp; keeps <b>tea</b>.</p><ul><li>Blue<li>Round</ul><style>x</style>",
    "Type": "Kitchen",
    "Published": "true",
    "Option1 Name": "Title",
    "Option1 Value": "Default Title",
    "Variant Inventory Qty": "4",
    "Variant Price": "9.50",
    "Image Src": "https://example.com/mug.jpg",
    "Image Position": "1",
}
TEE = {
    "Handle": "tee",
    "Title": "Tee",
    "Tags": "Summer, Cotton",
    "Option1 Name": "Size",
    "Option1 Value": "Small",
    "Option2 Name": "Colour",
    "Option2 Value": "Sea Blue",
    "Variant SKU": "'00123",
    "Variant Inventory Qty": "3",
    "Variant Price": "20",
}
TEE_LARGE = {
    "Handle": "tee",
    "Option1 Value": "Large",
    "Option2 Value": "Sea Blue",
    "Variant Inventory Qty": "-2",
    "Variant Price": "22.5",
}
PICTURE = {"Handle": "tee", "Image Src": "https://example.com/tee-back.jpg", "Image Position": "2"}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an export; rows leave out what they don't have."""

    def write_file(*rows: dict[str, str], name: str = "shop.csv", columns: tuple[str, ...] = COLUMNS) -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_file


def run(*files: Path, **options: Any) -> tuple[str, str]:
    """What the command says, and what it complains of."""
    out, complaints = io.StringIO(), io.StringIO()
    call_command("import_products", *map(str, files), stdout=out, stderr=complaints, no_color=True, **options)
    return out.getvalue(), complaints.getvalue()


def shown(sku: str) -> dict[str, Any]:
    found = product_shown(Product.objects.live().get(sku=sku).id)
    assert found is not None
    return catalog_product(found.record, found.figures, version=found.version)


def test_a_product_without_options_has_no_variants(write: Write) -> None:
    out, _ = run(write(MUG))
    assert "1 created, 0 updated, 0 unchanged, 0 refused" in out
    mug = shown("mug")
    assert mug["base_title"] == "Mug"
    assert mug["description"] == "Holds & keeps tea.\n\n• Blue\n• Round"
    assert mug["category"] == "Kitchen"
    assert mug["image"] == "https://example.com/mug.jpg"
    assert mug["prices"] == [{"currency": "EGP", "amount": 9.5}]
    assert mug["variants"] == []
    assert mug["stock"] == [{"location_id": "main", "quantity": 4}]


def test_rows_go_on_with_the_product_above_and_images_are_no_variants(write: Write) -> None:
    out, _ = run(write(TEE, PICTURE, TEE_LARGE, MUG))
    assert "4 rows in 1 files: 2 created" in out
    tee = shown("tee")
    assert tee["category"] == "Summer"
    assert tee["image"] == "https://example.com/tee-back.jpg"
    assert tee["prices"] == [{"currency": "EGP", "amount": 20}]
    small, large = tee["variants"]
    assert small["attributes"] == {"size": "Small", "color": "Sea Blue"}
    assert small["sku"] == "00123"
    assert "prices" not in small
    assert large["sku"] == "tee-large-sea-blue"
    assert large["prices"] == [{"currency": "EGP", "amount": 22.5}]
    assert large["stock"] == [{"location_id": "main", "quantity": 0}]


def test_a_negative_quantity_counts_as_none_and_is_reported(write: Write) -> None:
    path = write(TEE, TEE_LARGE)
    out, _ = run(path)
    assert f"{path}, row 3: Variant Inventory Qty -2 counted as 0" in out


def test_stock_comes_in_as_movements_of_its_own_kind_at_the_place_that_is_named(write: Write) -> None:
    run(write(MUG), location="STH1")
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.delta, movement.location_id) == ("import", 4, "STH1")
    assert (movement.source, movement.actor) == ("import", "command:import_products")


def test_run_again_it_changes_nothing(write: Write, heard: Heard) -> None:
    path = write(TEE, TEE_LARGE, MUG)
    run(path)
    before = {product.sku: (version_of(product.id), product.updated_at) for product in Product.objects.all()}
    heard.events.clear()
    out, _ = run(path)
    assert "0 created, 0 updated, 2 unchanged, 0 refused" in out
    assert heard.names == []
    assert {p.sku: (version_of(p.id), p.updated_at) for p in Product.objects.all()} == before


def test_a_file_that_has_changed_changes_its_products_and_no_others(write: Write, heard: Heard) -> None:
    run(write(TEE, TEE_LARGE, MUG))
    heard.events.clear()
    out, _ = run(write(TEE, {**TEE_LARGE, "Variant Price": "20"}, MUG))
    assert "0 created, 1 updated, 1 unchanged" in out
    assert heard.names == ["product.updated"]
    assert "prices" not in shown("tee")["variants"][1]


def test_stock_that_was_sold_since_is_not_brought_back_unless_it_is_asked_for(write: Write) -> None:
    path = write(MUG)
    run(path)
    level = StockLevel.objects.get()
    line = StockLine(product_id=level.product_id, variant_id=level.variant_id, quantity=3, item={})
    reduce_stock(lines=[line], actor=ACTOR)
    run(path)
    assert shown("mug")["stock"][0]["quantity"] == 1
    run(path, update_stock=True)
    assert shown("mug")["stock"][0]["quantity"] == 4


def test_a_new_variant_of_a_known_product_brings_its_stock(write: Write) -> None:
    run(write(TEE))
    run(write(TEE, {**TEE_LARGE, "Variant Inventory Qty": "6"}))
    assert [variant["stock"][0]["quantity"] for variant in shown("tee")["variants"]] == [3, 6]


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(write: Write) -> None:
    out, _ = run(write(TEE, TEE_LARGE, MUG), dry_run=True)
    assert "2 created" in out
    assert "nothing was written" in out
    assert not Product.objects.exists()
    assert not StockMovement.objects.exists()


def test_each_mistake_is_reported_with_file_row_and_reason_and_the_others_go_in(write: Write) -> None:
    made(draft(sku="OTHER", sizes=("M",)))
    path = write(
        {**TEE, "Variant Price": "cheap"},  # row 2
        {**TEE_LARGE, "Variant Inventory Qty": "many"},
        {**MUG, "Handle": "nameless", "Title": ""},
        {**MUG, "Handle": ""},
        {**MUG, "Handle": "priceless", "Variant Price": ""},  # row 6
        {**MUG, "Handle": "twice", "Variant SKU": "OTHER-M"},
        {**TEE, "Handle": "odd", "Option2 Name": "Size"},
        {**TEE, "Handle": "gap", "Variant SKU": "", "Option2 Value": ""},
        {**MUG, "Handle": "long", "Title": "x" * 301},  # row 10
        {**MUG, "Handle": "exact", "Variant Price": "1.005"},
        {**TEE, "Handle": "doubled", "Variant SKU": "D1"},
        {**TEE, "Handle": "doubled", "Title": "", "Variant SKU": "D2"},
        MUG,
    )
    out, complaints = run(path)
    reasons = [line.removeprefix(f"refused: {path}, row ") for line in complaints.splitlines()]
    assert reasons == [
        "2: Variant Price 'cheap' is no amount",
        "3: Variant Inventory Qty 'many' is no whole number",
        "4: Title is empty, and no row above has the Handle 'nameless'",
        "5: Handle is empty",
        "6: Variant Price is empty",
        "7: Variant SKU: 'OTHER-M' is taken",
        "8: two options are called 'size'",
        "9: Option2 Value is empty",
        "10: Title: at most 300 characters",
        "11: Variant Price: EGP has 2 decimals",
        "13: Option values: is there twice",
    ]
    assert set(Product.objects.values_list("sku", flat=True)) == {"OTHER", "mug"}
    assert "1 created, 0 updated, 0 unchanged, 11 refused" in out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no column 'Handle', 'Title'"),
        (b"Handle,Name\nx,y\n", "no column 'Title'"),
        (b"Handle;Title\nx;y\n", "no column 'Handle', 'Title'"),
        ("Handle,Title\ncafé,Café\n".encode("latin-1"), "line 2: not UTF-8"),
        ("Handle,Title\nx,y\n".encode("utf-16"), "line 1: not UTF-8"),
        (b'Handle,Title\nx,"y"z\n', "row 2: not CSV"),
        (b'Handle,Title\nx,"never closed\n', "row 2: not CSV"),
        (b"Handle,Title\nx,y,z,\n", "row 2: more fields than there are columns"),
    ],
)
def test_a_file_that_can_not_be_read_is_a_clear_error(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=reason):
        run(path)
    assert not Product.objects.exists()


def test_a_file_that_is_not_there_does_not_keep_the_others_out(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: No such file"):
        run(tmp_path / "none.csv", write(MUG))
    assert Product.objects.count() == 1


def test_what_was_whole_before_a_file_breaks_off_is_imported(write: Write) -> None:
    path = write(MUG, TEE, TEE_LARGE)
    path.write_bytes(path.read_bytes() + b'next,"oops"x\n')
    with pytest.raises(CommandError, match="row 5: not CSV"):
        run(path)
    assert set(Product.objects.values_list("sku", flat=True)) <= {"mug", "tee"}
    assert Product.objects.filter(sku="mug").exists()


def test_where_nothing_is_a_product_the_command_fails(write: Write) -> None:
    with pytest.raises(CommandError, match="No product could be imported"):
        run(write({**MUG, "Variant Price": ""}))


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"currency": "QQQ"}, "QQQ is no currency"), ({"location": "a\nb"}, "--location")],
)
def test_options_that_make_no_sense_are_refused(write: Write, options: dict[str, str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run(write(MUG), **options)


def test_an_unknown_format_is_refused(write: Write) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_products", str(write(MUG)), "--format=magento")


def test_line_breaks_in_quotes_and_a_mark_at_the_beginning_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "bom.csv"
    text = 'Handle,Title,Body (HTML),Variant Price\r\nmug,"A ""fine"" mug","one\r\ntwo",5\r\ncup,Cup,,6\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    run(path)
    assert shown("mug")["base_title"] == 'A "fine" mug'
    assert shown("mug")["description"] == "one two"
    assert shown("cup")["prices"] == [{"currency": "EGP", "amount": 6}]


def test_the_same_product_in_two_files_is_refused_the_second_time(write: Write) -> None:
    one, two = write(MUG, name="one.csv"), write({**MUG, "Title": "Other"}, name="two.csv")
    out, complaints = run(one, two)
    assert f"{two}, row 2: the Handle 'mug' was there already ({one}, row 2)" in complaints
    assert "1 created, 0 updated, 0 unchanged, 1 refused" in out


def test_a_product_that_gets_its_sku_later_stays_the_same_product(write: Write) -> None:
    run(write(MUG))
    product_id = Product.objects.get().id
    out, _ = run(write({**MUG, "Variant SKU": "MUG-1"}))
    assert "0 created, 1 updated" in out
    assert (Product.objects.get().id, Product.objects.get().sku) == (product_id, "MUG-1")


def test_what_is_not_published_is_not_for_sale(write: Write) -> None:
    run(write({**MUG, "Published": "false"}))
    assert shown("mug")["available"] is False


def test_more_products_than_one_batch_are_all_imported(write: Write) -> None:
    path = write(*({**MUG, "Handle": f"mug-{number}"} for number in range(601)))
    out, _ = run(path)
    assert "601 created" in out
    assert Product.objects.count() == 601


def test_the_real_shops_come_in_whole_and_again_change_nothing(heard: Heard) -> None:
    files = sorted(REAL.glob("*.csv"))
    if not files:
        pytest.skip(
            f"this test reads sample shops that are no part of the project, and there are none in {REAL}"
        )
    out, complaints = run(*files)
    assert complaints == ""
    assert "84 rows in 3 files: 60 created, 0 updated, 0 unchanged, 0 refused" in out
    heard.events.clear()
    assert "60 unchanged" in run(*files)[0]
    assert heard.names == []
    bracelet = shown("chain-bracelet")
    assert [variant["attributes"] for variant in bracelet["variants"]] == [
        {"color": "Blue"},
        {"color": "Black"},
    ]
    assert [variant["stock"][0]["quantity"] for variant in bracelet["variants"]] == [1, 0]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br/>two<br>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>after", "• a\n• b\n\nafter"),
        ("a &lt;b&gt; &amp; c&nbsp;d", "a <b> & c d"),
        ("<style>p{}</style>x<script>alert(1)</script>y", "xy"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("bell\x07 <!-- hidden -->rings", "bell rings"),
        ("<table><tr><td>a</td></tr></table>", "a"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_amounts_stay_exact(write: Write) -> None:
    run(write({**MUG, "Variant Price": "0.10"}))
    assert Product.objects.get().prices.get().amount == Decimal("0.10")


def test_a_demo_product_is_left_alone(write: Write) -> None:
    (product_id,) = made(draft(stock=(CountDraft(1),)))
    version = version_of(product_id)
    run(write(MUG))
    assert version_of(product_id) == version
