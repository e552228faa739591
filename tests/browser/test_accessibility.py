"""Every page of the shop, as everybody who may see it: nobody is kept out of it, and nothing in it is broken.

The console's are in `test_console_accessibility`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve
from playwright.sync_api import Browser, expect

from realtime.pages.urls import urlpatterns
from tests.browser.business import Caller
from tests.browser.sweeping import Sweep
from tests.server_process import ServerProcess, end_all, fresh_database_url

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(300)]

#: The shop's pages by their names, and who looks at them here.
GUESTS = {"shop", "product-page", "cart", "sign-in", "register-page", "support"}
CUSTOMERS = {
    "shop",
    "product-page",
    "cart",
    "checkout",
    "pay",
    "orders",
    "order",
    "wishlist",
    "notifications",
}
CUSTOMERS |= {"support", "account"}
WORKERS = {"work", "account", "order"}
#: What a form sends to, or a page fetches: shown with the page that it belongs to.
PARTS = {
    *("product-buy", "product-reviews", "language", "own", "sign-out", "change-password"),
    *("sign-out-everywhere", "cart-lines", "cart-add", "cart-quantity", "cart-remove", "checkout-summary"),
    *("order-state", "order-cancel", "wish-add", "wish-remove", "notifications-read", "notification-read"),
    *("toast", "support-bubble", "support-open", "support-chat", "support-messages", "support-write"),
    *("support-close", "work-step"),
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


def order(sweep: Sweep, *, way: str = "Cash on delivery") -> str:
    """Order what is in the cart; the order's id."""
    sweep.go("/checkout")
    sweep.page.get_by_label(way).check()
    sweep.page.get_by_label("Delivery address").fill("12 Nile St, Cairo")
    sweep.page.get_by_label("Phone").fill("0701234567")
    sweep.page.get_by_role("button", name="Place the order").click()
    expect(sweep.page.get_by_role("heading", name=re.compile("ORD-"))).to_be_visible(timeout=10_000)
    return sweep.page.url.split("/orders/")[1].split("/")[0]


def names_of(sweep: Sweep) -> set[str]:
    """The names of the pages that were looked at."""
    return {str(resolve(path.partition("?")[0]).url_name) for path in sweep.looked_at}


def test_no_page_of_the_shop_is_left_out() -> None:
    assert {str(one.name) for one in urlpatterns} == GUESTS | CUSTOMERS | WORKERS | PARTS


def test_a_guest_is_kept_out_of_no_page(sweep: Callable[..., Sweep]) -> None:
    with sweep() as guest:
        for path in ("/", "/?category=Bakery", "/?search=mug", "/?search=nothing-of-that-name", "/sign-in"):
            guest.look_over(path)
        for path in ("/register", "/cart", "/support", "/api/docs/events"):
            guest.look_over(path)
        # What Swagger UI draws, its title with it, comes after the page.
        guest.go("/api/docs")
        guest.page.wait_for_selector(".opblock-tag")
        guest.look_all_ways()
        guest.look_over("/p/nothing-of-that-name", status=404)
        product = put_in_cart(guest)
        for path in (f"/p/{product}", "/cart"):
            guest.look_over(path)
        # What was refused stands beside the field that it is about.
        guest.go("/register")
        for label, text in (
            ("Name", "Dora"),
            ("E-mail", "dora@example.com"),
            ("Phone", "1"),
            ("Password", "x"),
        ):
            guest.page.get_by_label(label).fill(text)
        guest.expect(400)
        guest.page.locator("main button.main").click()
        expect(guest.page.locator("main [role=alert]").first).to_be_visible(timeout=10_000)
        guest.look_all_ways()
    assert names_of(guest) >= GUESTS
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
        # The chat beside a page.
        customer.go("/orders")
        customer.page.get_by_role("button", name="Help").click()
        expect(customer.page.locator("#chat-panel .messages li")).to_have_count(1, timeout=10_000)
        customer.look_all_ways()
        put_in_cart(customer)
        unpaid = order(customer, way="Pretend payment (demo)")
        customer.look_over(f"/orders/{unpaid}/pay")
        customer.page.get_by_role("button", name="Pretend that it fails").click()
        expect(customer.page.locator(".said")).to_contain_text("did not go through", timeout=10_000)
        customer.look_all_ways()
        customer.go(f"/orders/{unpaid}")
        customer.page.get_by_text("Cancel the order").click()
        customer.page.get_by_role("button", name="Yes, cancel it").click()
        expect(customer.page.locator(".stages.cancelled")).to_be_visible(timeout=10_000)
        customer.look_all_ways()
    assert names_of(customer) >= CUSTOMERS
    assert customer.faults == [], "\n".join(customer.faults)


@pytest.fixture
def assigned(server: ServerProcess, home: Path) -> str:
    """Give an order that is on its way, with a tailor and somebody who brings it."""
    accounts = {one["role"]: one for one in json.loads((home / "demo_accounts.json").read_text())}
    buyer, staff = (Caller(server.base_url, accounts[role]) for role in ("customer", "admin"))
    product = buyer.ask("GET", "/api/products?limit=1&inStock=true")[0]["id"]
    variants = buyer.ask("GET", f"/api/products/{product}/stock")["variants"]
    item = {"productId": product, "variantId": max(variants, key=lambda one: int(one["stock"]))["variantId"]}
    said = {"items": [{**item, "quantity": 1}], "shippingAddress": "12 Nile St", "phone": "0701234567"}
    order_id = str(buyer.ask("POST", "/api/orders", said)["id"])
    for role, field in (("tailor", "tailor"), ("delivery", "deliveryPartner")):
        who = Caller(server.base_url, accounts[role]).ask("GET", "/api/auth/me")["_id"]
        staff.ask("PUT", f"/api/orders/{order_id}/assign", {field: who})
    for status in ("processing", "shipped"):
        staff.ask("PUT", f"/api/orders/{order_id}/status", {"status": status})
    return order_id


@pytest.mark.parametrize("role", ["tailor", "delivery"])
def test_whoever_works_on_orders_is_kept_out_of_no_page(
    sweep: Callable[..., Sweep], assigned: str, role: str
) -> None:
    with sweep(role) as worker:
        for path in ("/work", f"/orders/{assigned}", "/account"):
            worker.look_over(path)
    assert names_of(worker) == WORKERS
    assert worker.faults == [], "\n".join(worker.faults)


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
