"""Every page of the console, as its owner: nobody is kept out of it, and nothing in it is broken.

The pages are found by their links, as somebody would go to them; that none is left out follows from the
console's own table of paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLResolver, resolve
from playwright.sync_api import Browser

from config.identity.models import User
from tests.browser.business import Day, do_business
from tests.browser.sweeping import Sweep
from tests.server_process import ServerProcess, end_all, fresh_database_url

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end, pytest.mark.timeout(400)]

#: Left out, by selector, each with the reason.
LEFT_OUT = {
    ".object-tools": "django-import-export lists unfold's buttons in it, which are no list items",
    ".select2-search__field": "select2 makes this field of Django's autocomplete, without a label",
}
#: Looked at once, on the start page, and like all the others elsewhere.
ALIKE = {
    "#nav-sidebar": "the same on every page",
    "#result_list > tbody:nth-of-type(n+7)": "rows like those before them",
    ".console-rows tbody tr:nth-child(n+7)": "rows like those before them",
}
#: What a page fetches, and what leads on to another page: no pages of their own.
NO_PAGES = {
    "catalog_flashsale_preview",
    "catalog_product_levels",
    "catalog_product_process_import",
    "realtime_supportchat_beside",
    "realtime_supportchat_typing",
}
APPS = (("catalog",), ("inventory", "orders"), ("realtime", "identity", "audit", "jobs", "procrastinate"))
#: What a day's business leaves empty.
MORE = """
import datetime as dt
from django.utils import timezone
from catalog.models import FlashSale, FlashSaleProduct, Product, Review, Wishlist, WishlistItem
from config.identity.models import User
from config.identity.services import issue_api_key
from config.kernel.actors import Actor
from inventory.models import Reservation
from orders.models import Order, Payment, ProviderEvent
from procrastinate.contrib.django import app
from realtime.models import CannedAnswer, Event, SupportChat
from realtime.webhooks.models import WebhookDelivery, WebhookSubscription
now, product = timezone.now(), Product.objects.first()
customer, tailor = User.objects.get(role="customer"), User.objects.get(role="tailor")
issue_api_key(name="till", scopes=["stock:write"], created_by=Actor(kind="command", id="x", source="command"))
Reservation.objects.create(holder="cart", expires_at=now + dt.timedelta(hours=1))
CannedAnswer.objects.create(title="Thanks", text="Thank you")
order = Order.objects.filter(status="pending").first()
Order.objects.filter(pk=order.pk).update(tailor=tailor, tailor_status="assigned")
payment = Payment.objects.create(order=order, provider="manual", amount=order.total, currency=order.currency,
    held_until=now, created_at=now, updated_at=now)
ProviderEvent.objects.create(provider="fake", event_id="e", kind="paid", body="{}", payment=payment)
Review.objects.create(product=product, user=customer, rating=4, title="Good", comment="Very",
    status="pending", verified_purchase=True, created_at=now, updated_at=now)
wishes = Wishlist.objects.create(id="wsh_1", user=customer, updated_at=now)
WishlistItem.objects.create(wishlist=wishes, product=product)
ends = now + dt.timedelta(days=1)
sale = FlashSale.objects.create(name="Sale", discount_percentage=10, starts_at=now, ends_at=ends)
FlashSaleProduct.objects.create(sale=sale, product=product, position=0)
app.configure_task("nothing", allow_unknown=True, schedule_in={"days": 1}).defer()
event = Event.objects.exclude(seq=None).last()
told = WebhookSubscription.objects.create(url="https://shop.example/told", topics=["order.*"], secret="s",
    state="paused", epoch="x", seq=event.seq)
WebhookDelivery.objects.create(subscription=told, seq=event.seq, event_id=event.public_id, type=event.type,
    subject=event.subject, status="failed", answer="No", problem="HTTP 500", status_code=500)
chat = SupportChat.objects.create(customer=User.objects.create(email="gone@example.com", role="customer"),
    issue="Done", priority="normal", status="closed", created_at=now - dt.timedelta(days=1), updated_at=now)
paid = Payment.objects.filter(status="completed").first()
print(paid.pk, chat.pk, order.pk)
"""
Seeds = tuple[list[str], list[str]]
STEPS = ("step", "cancel", "assign", "tailor", "slip")


def names_of(labels: tuple[str, ...]) -> set[str]:
    """The names of these apps' pages that the owner is let into."""
    request = RequestFactory().get("/")
    request.user = User(role="admin", duties=["owner"], is_active=True)
    refused = set()
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        refused |= set() if page.has_add_permission(request) else {f"{name}_add"}
        refused |= set() if page.has_delete_permission(request) else {f"{name}_delete"}
    resolvers = [one for one in admin.site.get_urls() if isinstance(one, URLResolver)]
    found = {getattr(one, "name", None) for resolver in resolvers for one in resolver.url_patterns}
    names = {str(name) for name in found if name}
    ours = {name for name in names if name.startswith(tuple(f"{label}_" for label in labels))}
    return {name for name in ours - refused - NO_PAGES if not name.endswith("_history")}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo shop keeps the passwords of its accounts."""
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def accounts(server: ServerProcess, home: Path) -> dict[str, dict[str, str]]:
    """Give the demo's people, by their roles."""
    return {one["role"]: one for one in json.loads((home / "demo_accounts.json").read_text())}


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


@pytest.fixture(scope="module")
def seeds(server: ServerProcess, accounts: dict[str, dict[str, str]]) -> Seeds:
    """Let a day go by, so that every list has rows; give pages that few rows lead to: those to begin with, in
    place of others of their kind, and those to come to after all that is linked."""
    day: Day = do_business(server.base_url, customer=accounts["customer"], staff=accounts["admin"])
    made = server.manage("shell", "-c", MORE)
    assert made.returncode == 0, made.stderr
    paid, closed, order = made.stdout.split()[-3:]
    pending = f"/admin/orders/order/{order}"
    others = [f"/admin/orders/payment/{paid}/refund/", f"/admin/realtime/supportchat/{closed}/release/"]
    steps = [f"{pending}/{step}/" for step in STEPS]
    return [f"{pending}/change/", *steps, f"/admin/orders/order/{day.order}/return/"], others


@pytest.fixture
def enter(
    browser: Browser,
    server: ServerProcess,
    accounts: dict[str, dict[str, str]],
    seeds: Seeds,
) -> Callable[..., Sweep]:
    """Give a function that lets the owner in; what is named is not looked at."""

    def enter(left_out: dict[str, str]) -> Sweep:
        sweep = Sweep(browser, server.base_url, not_ours=left_out)
        sweep.go("/admin/")
        sweep.page.locator("[name=username]").fill(accounts["admin"]["email"])
        sweep.page.locator("[name=password]").fill(accounts["admin"]["password"])
        sweep.page.locator("#login-form button[type=submit]").click()
        sweep.page.locator("#nav-sidebar").wait_for(state="attached")
        return sweep

    return enter


def name_of(path: str) -> str:
    """What the console calls the page at this path; of all histories, which are one page, the same."""
    name = resolve(path).url_name
    return "history" if name is None and path.endswith("/history/") else str(name)


def paths_on(sweep: Sweep) -> list[str]:
    """Where the links of this page lead to in the console."""
    links: list[str] = sweep.page.eval_on_selector_all(
        "a[href*='/admin/']", "all => all.map((one) => one.pathname)"
    )
    return [path for path in dict.fromkeys(links) if path.startswith("/admin/")]


@pytest.mark.parametrize("labels", APPS, ids="-".join)
def test_no_page_of_the_console_keeps_anybody_out(
    enter: Callable[..., Sweep], seeds: Seeds, labels: tuple[str, ...]
) -> None:
    expected = names_of(labels) | {"history"}
    seen: set[str] = set()
    with enter(LEFT_OUT | ALIKE) as owner:
        first, last = seeds
        waiting = [*first, *paths_on(owner), *last]
        while waiting:
            path = waiting.pop(0)
            name = name_of(path)
            if name in seen or name not in expected or path.split("/")[2] not in labels:
                continue
            owner.look_once(path)
            seen.add(name)
            waiting += paths_on(owner)
    assert expected - seen == set()
    assert owner.faults == [], "\n".join(owner.faults)


def test_the_console_s_start_and_the_pages_around_it(enter: Callable[..., Sweep]) -> None:
    with enter(LEFT_OUT) as owner:
        for path in ("/admin/", "/admin/catalog/", "/admin/password_change/"):
            owner.look_over(path)
        owner.page.context.clear_cookies()
        owner.look_over("/admin/login/")
        # Refused, it says so.
        owner.page.locator("[name=username]").fill("nobody@example.com")
        owner.page.locator("[name=password]").fill("not-the-password")
        owner.page.locator("#login-form button[type=submit]").click()
        owner.page.get_by_text(re.compile("correct|wrong|not right|does not", re.IGNORECASE)).first.wait_for()
        owner.look_all_ways()
    assert owner.faults == [], "\n".join(owner.faults)


def test_what_staff_are_asked_and_told_keeps_nobody_out(enter: Callable[..., Sweep]) -> None:
    with enter(LEFT_OUT | ALIKE) as owner:
        for table, actions in (
            ("catalog/product", ("reprice", "delete_selected")),
            ("inventory/stocklevel", ("set_threshold",)),
        ):
            for action in actions:
                owner.go(f"/admin/{table}/")
                owner.page.locator("#result_list [name=_selected_action]").first.check()
                owner.page.locator("select[name=action]").select_option(action)
                owner.page.get_by_role("button", name="Run").click()
                owner.page.locator(f"[name=action][value={action}]").wait_for(state="attached")
                owner.look_all_ways()
        # Forms that were not filled in as they want it; what is wrong stands beside the fields.
        for path in (
            "/admin/catalog/product/add/",
            "/admin/catalog/flashsale/add/",
            "/admin/identity/user/add/",
        ):
            owner.go(path)
            owner.page.get_by_role("button", name="Save", exact=True).click()
            owner.page.locator(".errorlist, .text-red-600").first.wait_for()
            owner.look_all_ways()
    assert owner.faults == [], "\n".join(owner.faults)
