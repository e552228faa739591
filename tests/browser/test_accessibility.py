"""Every page, as everybody who may see it: nobody is kept out of it, and nothing in it is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.sweeping import Sweep
from tests.server_process import ServerProcess, end_all, fresh_database_url

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(300)]

#: Markup of others that no template of ours makes, by its selector; each with what is wrong in it.
NOT_OURS = {
    ".object-tools": "django-import-export lists unfold's buttons in it, which are no list items",
    ".select2-search__field": "select2 makes this field of Django's autocomplete, without a label",
}
PUT_IN = """async () => {
  const get = async (path) => (await fetch(path)).json();
  const [product] = await get("/api/products?limit=1&inStock=true");
  const { variants } = await get(`/api/products/${product.id}/stock`);
  const said = new FormData(document.querySelector("form.languages"));
  said.set("productId", product.id);
  said.set("variantId", variants.find((one) => one.stock > 9).variantId);
  const { status } = await fetch("/cart/items", { method: "POST", body: said });
  return { status, product: product.id };
}"""
WISH = """async (product) => {
  const said = new FormData(document.querySelector("form.languages"));
  said.set("productId", product);
  return (await fetch("/wishlist/items", { method: "POST", body: said })).status;
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo shop keeps the passwords of its accounts."""
    return tmp_path_factory.mktemp("accessible")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[ServerProcess]:
    """Give one server with the demo shop to all tests."""
    with fresh_database_url() as make:
        started = ServerProcess(database_url=make(), env={"DEMO": "1", "STOCKWIRE_HOME": str(home)})
        try:
            started.start()
            yield started
        finally:
            end_all([started])


@pytest.fixture(autouse=True)
def nothing_unforeseen(server: ServerProcess) -> Iterator[None]:
    """After a test the server has printed of no error."""
    before = len(server.output())
    yield
    printed = server.output()[before:]
    assert "Traceback" not in printed, printed


@pytest.fixture
def sweep(browser: Browser, server: ServerProcess, home: Path) -> Callable[..., Sweep]:
    """Give a function that lets one of the demo's people in: `sweep("customer")`, `sweep()` for a guest."""

    def enter(role: str = "", **options: Any) -> Sweep:
        sweep = Sweep(browser, server.base_url, **options)
        if role:
            accounts = {one["role"]: one for one in json.loads((home / "demo_accounts.json").read_text())}
            sweep.go("/sign-in")
            sweep.page.locator("[name=email]").fill(accounts[role]["email"])
            sweep.page.locator("[name=password]").fill(accounts[role]["password"])
            sweep.page.locator("main button.main").click()
            sweep.page.wait_for_url(lambda address: "/sign-in" not in address)
        return sweep

    return enter


def put_in_cart(sweep: Sweep) -> str:
    """Put something into the cart; the product's id."""
    sweep.go("/cart")
    done: dict[str, Any] = sweep.page.evaluate(PUT_IN)
    assert done["status"] == 200
    return str(done["product"])


def order(sweep: Sweep) -> str:
    """Order what is in the cart; the order's id."""
    sweep.go("/checkout")
    sweep.page.get_by_label("Delivery address").fill("12 Nile St, Cairo")
    sweep.page.get_by_label("Phone").fill("0701234567")
    sweep.page.get_by_role("button", name="Place the order").click()
    expect(sweep.page.get_by_role("heading", name=re.compile("ORD-"))).to_be_visible(timeout=10_000)
    return sweep.page.url.split("/orders/")[1].split("/")[0]


def test_a_guest_is_kept_out_of_no_page(sweep: Callable[..., Sweep]) -> None:
    with sweep() as guest:
        for path in ("/", "/?category=Bakery", "/?search=mug", "/?search=nothing-of-that-name", "/sign-in"):
            guest.look_over(path)
        for path in ("/register", "/cart", "/support", "/api/docs/events"):
            guest.look_over(path)
        guest.look_over("/p/nothing-of-that-name", status=404)
        product = put_in_cart(guest)
        for path in (f"/p/{product}", "/cart"):
            guest.look_over(path)
    assert guest.faults == [], "\n".join(guest.faults)


def test_a_customer_is_kept_out_of_no_page(sweep: Callable[..., Sweep]) -> None:
    with sweep("customer") as customer:
        for path in ("/wishlist", "/orders", "/notifications", "/support"):
            customer.look_over(path)
        product = put_in_cart(customer)
        for path in ("/", f"/p/{product}", "/cart", "/checkout"):
            customer.look_over(path)
        order_id = order(customer)
        assert customer.page.evaluate(WISH, product) == 200
        customer.go("/support")
        customer.page.get_by_label("What is it about?").fill("My parcel")
        customer.page.get_by_role("button", name="Open a chat").click()
        customer.page.get_by_role("textbox", name="Message").fill("Where is it?")
        customer.page.get_by_role("textbox", name="Message").press("Enter")
        expect(customer.page.locator(".messages li")).to_have_count(1)
        for path in (f"/orders/{order_id}", "/orders", "/wishlist", "/notifications", "/support", "/account"):
            customer.look_over(path)
    assert customer.faults == [], "\n".join(customer.faults)


@pytest.mark.parametrize("role", ["tailor", "delivery"])
def test_whoever_works_on_orders_is_kept_out_of_no_page(sweep: Callable[..., Sweep], role: str) -> None:
    with sweep(role) as worker:
        worker.look_over("/work")
        worker.look_over("/account")
    assert worker.faults == [], "\n".join(worker.faults)


def change_page(sweep: Sweep, table: str) -> str:
    """The page of the first row of one of the console's lists."""
    sweep.go(f"/admin/{table}/")
    found = sweep.page.locator("#result_list a[href*='/change/']").first.get_attribute("href")
    assert found is not None
    return found.split("?")[0]


def test_staff_are_kept_out_of_no_page_of_the_console(sweep: Callable[..., Sweep]) -> None:
    with sweep(not_ours=NOT_OURS) as guest:
        guest.look_over("/admin/login/")
    assert guest.faults == [], "\n".join(guest.faults)
    with sweep("customer") as customer:
        put_in_cart(customer)
        order(customer)
    with sweep("admin", not_ours=NOT_OURS) as staff:
        placed = change_page(staff, "orders/order")
        pages = (
            "/admin/",
            "/admin/catalog/product/",
            change_page(staff, "catalog/product"),
            "/admin/catalog/flashsale/add/",
            "/admin/inventory/stocklevel/",
            "/admin/inventory/stocklevel/take/",
            "/admin/orders/order/",
            placed,
            placed.replace("/change/", "/history/"),
            placed.replace("/change/", "/step/"),
            "/admin/realtime/supportchat/inbox/",
            "/admin/realtime/event/follow/",
            "/admin/audit/auditentry/",
            "/admin/identity/user/",
        )
        for path in pages:
            staff.look_over(path)
    assert staff.faults == [], "\n".join(staff.faults)


def test_the_shop_is_whole_from_right_to_left(sweep: Callable[..., Sweep]) -> None:
    with sweep(locale="ar", direction=("rtl",)) as reader:
        product = put_in_cart(reader)
        for path in ("/", f"/p/{product}", "/cart"):
            reader.look_over(path)
    assert reader.faults == [], "\n".join(reader.faults)


SPOIL = """() => {
  document.body.insertAdjacentHTML("beforeend", `<h1>Two</h1><img src="https://elsewhere.example/a.png">
    <p id="grey">Grey</p><p id="wide">Wide</p>`);
  Object.assign(document.getElementById("grey").style, { color: "#ddd", background: "#fff" });
  document.getElementById("wide").style.width = "3000px";
  setTimeout(() => { throw new Error("spoilt"); });
}"""


def test_the_sweep_sees_what_it_looks_for(sweep: Callable[..., Sweep]) -> None:
    with sweep() as guest:
        guest.look_over("/sign-in")
        assert guest.faults == []
        guest.page.evaluate(SPOIL)
        guest.page.wait_for_timeout(0)
        guest.look()
        said = "\n".join(guest.faults)
    for fault in ("image-alt", "color-contrast", "px wider", "its titles are", "spoilt", "elsewhere.example"):
        assert fault in said, said
