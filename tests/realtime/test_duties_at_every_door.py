"""What each duty may do, at every page of the admin and at every endpoint of staff.

Both tables have to have all that there is: a page or an endpoint that is new fails here until somebody has
said whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from catalog.models import Review
from catalog.services import create_flash_sale
from config.identity.duties import Duty
from config.identity.models import Role, User
from config.identity.services import create_user, issue_api_key
from config.kernel.clock import now
from inventory.models import StockLevel
from realtime.models import CannedAnswer
from realtime.webhooks.models import WebhookDelivery, WebhookSubscription
from tests.catalog.goods import ACTOR
from tests.catalog.sales import sale_draft
from tests.fingerprint import nothing_changes
from tests.orders.conftest import Person, bank, customer, no_money_call_inside_a_transaction
from tests.orders.paying import pay
from tests.orders.shop import mug, place
from tests.realtime.support.talk import opened
from tests.realtime.test_who_may_do_what import undone

__all__ = ["bank", "customer", "no_money_call_inside_a_transaction"]

pytestmark = pytest.mark.django_db

STOCK, CATALOG, SUPPORT, FINANCE, OWNER = (
    Duty.STOCK, Duty.CATALOG, Duty.SUPPORT, Duty.FINANCE, Duty.OWNER,
)  # fmt: skip
ALL = frozenset({STOCK, CATALOG, SUPPORT, FINANCE})
NOBODY_ELSE: frozenset[Duty] = frozenset()

#: Which duties each permission goes with. Owners have them all.
GRANTED: Mapping[str, frozenset[Duty]] = {
    "catalog.view_product": ALL,
    "catalog.change_product": frozenset({CATALOG}),
    "catalog.view_flashsale": ALL,
    "catalog.change_flashsale": frozenset({CATALOG}),
    "catalog.view_review": frozenset({CATALOG, SUPPORT}),
    "catalog.judge_review": frozenset({CATALOG, SUPPORT}),
    "catalog.view_wishlist": frozenset({CATALOG, SUPPORT}),
    "inventory.view_stocklevel": ALL,
    "inventory.change_stocklevel": frozenset({STOCK}),
    "inventory.view_stockmovement": ALL,
    "inventory.change_location": frozenset({STOCK}),
    "orders.view_order": frozenset({STOCK, SUPPORT, FINANCE}),
    "orders.step_order": frozenset({STOCK, SUPPORT}),
    "orders.cancel_order": frozenset({SUPPORT}),
    "orders.return_order": frozenset({SUPPORT}),
    "orders.assign_order": frozenset({SUPPORT}),
    "orders.tailor_order": frozenset({SUPPORT}),
    "orders.view_payment": frozenset({SUPPORT, FINANCE}),
    "orders.refund_payment": frozenset({FINANCE}),
    "orders.complete_payment": frozenset({FINANCE}),
    "orders.view_providerevent": frozenset({FINANCE}),
    "realtime.view_supportchat": frozenset({SUPPORT}),
    "realtime.answer_supportchat": frozenset({SUPPORT}),
    "realtime.change_cannedanswer": frozenset({SUPPORT}),
    "realtime.view_analytics": frozenset({FINANCE}),
    "realtime.announce_stock": frozenset({STOCK}),
    "realtime.view_event": NOBODY_ELSE,
    "realtime.change_webhooksubscription": NOBODY_ELSE,
    "realtime.view_webhookdelivery": NOBODY_ELSE,
    "identity.view_user": frozenset({SUPPORT}),
    "identity.change_user": NOBODY_ELSE,
    "identity.change_apikey": NOBODY_ELSE,
    "audit.view_auditentry": NOBODY_ELSE,
    "procrastinate.view_procrastinatejob": NOBODY_ELSE,
    "jobs.view_timer": NOBODY_ELSE,
}


def look(model: str, view: str, *more: tuple[str, str]) -> dict[str, str]:
    """A table's pages that only show; ``more`` are pages of its own, each with its permission."""
    shown = {f"{model}_{page}": view for page in ("changelist", "change", "history")}
    closed = {f"{model}_{page}": "" for page in ("add", "delete")}
    return {**shown, **closed, **{f"{model}_{page}": wanted for page, wanted in more}}


def write(model: str, view: str, change: str, *more: tuple[str, str], closed: str = "") -> dict[str, str]:
    """A table's pages, on which ``change`` writes; ``closed`` are nobody's."""
    pages = look(model, view, *more)
    pages.update({f"{model}_{page}": change for page in ("add", "delete")})
    pages.update({f"{model}_{page}": "" for page in closed.split()})
    return pages


#: Which permission each page of the admin asks for. Empty: it is open to nobody.
PAGES: Mapping[str, str] = {
    **write(
        "catalog_product",
        "catalog.view_product",
        "catalog.change_product",
        ("export", "catalog.view_product"),
        ("import", "catalog.change_product"),
        ("process_import", "catalog.change_product"),
        ("shopify", "catalog.change_product"),
        ("levels", "inventory.view_stocklevel"),
    ),
    **write(
        "catalog_flashsale",
        "catalog.view_flashsale",
        "catalog.change_flashsale",
        ("preview", "catalog.change_flashsale"),
    ),
    **look("catalog_review", "catalog.view_review"),
    **look("catalog_wishlist", "catalog.view_wishlist"),
    **write("inventory_location", "inventory.view_stocklevel", "inventory.change_location", closed="delete"),
    **look(
        "inventory_stocklevel",
        "inventory.view_stocklevel",
        ("explain", "inventory.view_stocklevel"),
        *(
            (step, "inventory.change_stocklevel")
            for step in ("receive", "adjust", "transfer", "take", "threshold")
        ),
    ),
    **look("inventory_stockmovement", "inventory.view_stockmovement"),
    **look("inventory_stockoperation", "inventory.view_stockmovement"),
    **look("inventory_reservation", "inventory.view_stocklevel"),
    **look(
        "orders_order",
        "orders.view_order",
        ("step", "orders.step_order"),
        ("cancel", "orders.cancel_order"),
        ("take_back", "orders.return_order"),
        ("assign", "orders.assign_order"),
        ("tailor_work", "orders.tailor_order"),
        ("slip", "orders.view_order"),
    ),
    **look(
        "orders_payment",
        "orders.view_payment",
        ("refund", "orders.refund_payment"),
        ("complete", "orders.complete_payment"),
    ),
    **look("orders_providerevent", "orders.view_providerevent"),
    **look(
        "realtime_supportchat",
        "realtime.view_supportchat",
        *((step, "realtime.answer_supportchat") for step in ("answer", "claim", "release", "close")),
        ("inbox", "realtime.view_supportchat"),
        ("typing", "realtime.answer_supportchat"),
        ("beside", "realtime.view_supportchat"),
    ),
    **write("realtime_cannedanswer", "realtime.change_cannedanswer", "realtime.change_cannedanswer"),
    **look("realtime_event", "realtime.view_event", ("follow", "realtime.view_event")),
    **write(
        "realtime_webhooksubscription",
        "realtime.change_webhooksubscription",
        "realtime.change_webhooksubscription",
        ("rotate", "realtime.change_webhooksubscription"),
        ("log", "realtime.view_webhookdelivery"),
    ),
    **look("realtime_webhookdelivery", "realtime.view_webhookdelivery"),
    **write("identity_user", "identity.view_user", "identity.change_user", closed="delete"),
    **write("identity_apikey", "identity.change_apikey", "identity.change_apikey", closed="delete"),
    **look("audit_auditentry", "audit.view_auditentry"),
    **look("procrastinate_procrastinatejob", "procrastinate.view_procrastinatejob"),
    **look("jobs_timer", "jobs.view_timer"),
    # Parts of the dashboard, fetched afresh.
    "console_orders": "orders.view_order",
    **{f"console_{part}": "realtime.view_analytics" for part in ("hours", "days")},
    "console_low": "inventory.view_stocklevel",
    "console_movements": "inventory.view_stockmovement",
}
#: Of the admin itself, and of no table; each of the staff sees there what is theirs.
COMMON = frozenset(
    {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n",
     "view_on_site", "app_list", "search", "console_machinery"}
)  # fmt: skip

#: Pages that only a form or a script leads to.
POSTED = frozenset({"catalog_product_process_import", "realtime_supportchat_typing"})

#: What each endpoint asks of staff. Empty: staff are not asked for a duty, or it is not for them at all.
ENDPOINTS: Mapping[tuple[str, str], str] = {
    **dict.fromkeys(
        (
            ("post", "products"), ("post", "products/batch"), ("put", "products/batch"),
            ("delete", "products/batch"), ("put", "products/<str:product_id>"),
            ("patch", "products/<str:product_id>"), ("delete", "products/<str:product_id>"),
            ("post", "api/products"), ("put", "api/products/<str:product_id>"),
            ("patch", "api/products/<str:product_id>"), ("delete", "api/products/<str:product_id>"),
        ),
        "catalog.change_product",
    ),
    **dict.fromkeys(
        (
            ("post", "api/flash-sales"), ("put", "api/flash-sales/<str:sale_id>"),
            ("delete", "api/flash-sales/<str:sale_id>"),
        ),
        "catalog.change_flashsale",
    ),
    ("put", "api/reviews/<str:review_id>/status"): "catalog.judge_review",
    ("patch", "api/reviews/<str:review_id>/status"): "catalog.judge_review",
    **dict.fromkeys(
        (
            ("post", "api/stock/reduce"), ("post", "api/stock/restock"), ("post", "api/stock/transfer"),
            ("post", "api/stock/reserve"), ("delete", "api/stock/reservations/<str:reservation_id>"),
            ("post", "api/stock/reservations/<str:reservation_id>/commit"),
            ("post", "api/stock/reservations/<str:reservation_id>/extend"),
            ("post", "api/stock/adjust"), ("patch", "api/stock/levels"), ("post", "api/stock/sync"),
        ),
        "inventory.change_stocklevel",
    ),
    ("get", "api/stock/movements"): "inventory.view_stockmovement",
    ("get", "api/stock/at"): "inventory.view_stockmovement",
    ("get", "api/orders"): "orders.view_order",
    ("get", "api/orders/<str:order_id>"): "orders.view_order",
    ("put", "api/orders/<str:order_id>/status"): "orders.step_order",
    ("patch", "api/orders/<str:order_id>/status"): "orders.step_order",
    ("post", "api/orders/<str:order_id>/cancel"): "orders.cancel_order",
    ("post", "api/orders/<str:order_id>/return"): "orders.return_order",
    ("put", "api/orders/<str:order_id>/assign"): "orders.assign_order",
    ("patch", "api/orders/<str:order_id>/assign"): "orders.assign_order",
    ("put", "api/orders/<str:order_id>/tailor-status"): "orders.tailor_order",
    ("patch", "api/orders/<str:order_id>/tailor-status"): "orders.tailor_order",
    ("post", "api/payments/<str:payment_id>/refund"): "orders.refund_payment",
    ("post", "api/payments/<str:payment_id>/complete"): "orders.complete_payment",
    ("post", "api/socket"): "realtime.announce_stock",
    ("get", "api/events"): "realtime.view_event",
    ("get", "api/analytics/summary"): "realtime.view_analytics",
    ("get", "api/support/chats"): "realtime.view_supportchat",
    ("get", "api/support/chats/<str:chat_id>/messages"): "realtime.view_supportchat",
    ("post", "api/support/chats/<str:chat_id>/messages"): "realtime.answer_supportchat",
    ("post", "api/support/chats"): "realtime.answer_supportchat",
    ("put", "api/support/chats/<str:chat_id>/status"): "realtime.answer_supportchat",
    ("put", "api/support/chats/<str:chat_id>/read"): "realtime.answer_supportchat",
    **dict.fromkeys(
        (
            ("get", "products"), ("get", "products/<str:product_id>"), ("get", "api/products"),
            ("get", "api/products/featured"), ("get", "api/products/<str:product_id>"),
            ("get", "api/products/<str:product_id>/stock"), ("post", "api/stock/validate"),
            ("get", "api/stock/sync"), ("get", "api/flash-sales"),
            ("get", "api/flash-sales/<str:sale_id>"), ("get", "api/products/<str:product_id>/reviews"),
            ("post", "api/products/<str:product_id>/reviews"), ("get", "api/socket"),
            ("get", "api/wishlist"), ("post", "api/wishlist/items"),
            ("delete", "api/wishlist/items/<str:product_id>"),
            ("post", "api/auth/register"), ("post", "api/auth/login"), ("post", "api/auth/refresh"),
            ("post", "api/auth/logout"), ("get", "api/auth/me"), ("patch", "api/auth/me"),
            ("post", "api/auth/ticket"), ("get", "api/cart"), ("post", "api/cart"), ("delete", "api/cart"),
            ("post", "api/cart/items"), ("patch", "api/cart/items/<str:item_id>"),
            ("delete", "api/cart/items/<str:item_id>"), ("post", "api/orders"), ("post", "api/payments"),
            ("post", "api/payments/verify"), ("post", "api/payments/webhooks/<str:provider>"),
            ("post", "api/payments/<str:payment_id>/confirm"), ("get", "api/notifications"),
            ("put", "api/notifications/read-all"), ("put", "api/notifications/<str:notification_id>/read"),
        ),
        "",
    ),
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")
DUTIES: tuple[Duty | None, ...] = (*Duty, None)


@pytest.fixture
def staff() -> Mapping[Duty | None, Client]:
    """One of each duty, and one who has none."""
    clients: dict[Duty | None, Client] = {}
    for duty in DUTIES:
        user = create_user(
            email=f"{duty}@example.com", password=None, role=Role.ADMIN, duties=[duty] if duty else []
        )
        clients[duty] = Client()
        clients[duty].force_login(user)
    return clients


@pytest.fixture
def house(customer: Person) -> Mapping[str, str]:
    """A row of each table that there are actions for, or pages of one row: its key by the table's name."""
    goods = mug(stock=9)
    order = place(customer, goods.item(2))
    paid = pay(customer, order, "manual")
    chat = opened(customer)
    key = issue_api_key(name="erp", scopes=["stock:write"], created_by=ACTOR).record
    webhook = WebhookSubscription.objects.create(
        url="https://example.com", topics=["*"], secret="s", epoch="e", seq=0
    )
    delivery = WebhookDelivery.objects.create(
        subscription=webhook, seq=1, event_id="evt_1", type="order.placed", subject="x", status="waiting"
    )
    sale = create_flash_sale(draft=sale_draft(goods.id)).id
    moment = now()
    review = Review.objects.create(
        product_id=goods.id, rating=4, verified_purchase=False, created_at=moment, updated_at=moment
    )
    return {
        "catalog_product": goods.id,
        "catalog_flashsale": sale,
        "catalog_review": review.pk,
        "inventory_location": StockLevel.objects.get().location_id,
        "inventory_stocklevel": str(StockLevel.objects.get().pk),
        "orders_order": order["_id"],
        "orders_payment": paid["_id"],
        "realtime_supportchat": chat["id"],
        "realtime_cannedanswer": str(CannedAnswer.objects.create(title="t", text="t").pk),
        "realtime_webhooksubscription": webhook.pk,
        "realtime_webhookdelivery": str(delivery.pk),
        "identity_user": customer.id,
        "identity_apikey": key.pk,
        "procrastinate_procrastinatejob": "1",
    }


def may(duty: Duty | None, permission: str) -> bool:
    return permission != "" and (duty == OWNER or duty in GRANTED[permission])


def admin_pages() -> dict[str, str]:
    """Each page of the admin by its name, with a path that leads to it."""
    found: dict[str, str] = {}

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif pattern.name:
                found[pattern.name] = "/admin/" + route.replace("<path:object_id>", "999").replace(
                    "<str:object_id>", "999"
                ).replace("<str:chat_id>", "999")
            elif "<path:object_id>" not in route and "content_type_id" not in route:
                assert "(?P" in route, f"{route} has no name"

    walk(admin.site.get_urls()[0:], "")
    return found


def endpoints() -> set[tuple[str, str]]:
    """All that the URLconf has besides pages, with the methods that each takes."""
    found: set[tuple[str, str]] = set()

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif route.startswith(("api/", "products")) and route not in {"api/health", "api/ready"}:
                view = pattern.callback
                whole = getattr(view, "view_class", None) or getattr(view, "cls", None)
                taken = getattr(view, "actions", None) or dir(whole)
                found.update((method, route) for method in METHODS if method in taken)

    walk(get_resolver("config.urls").url_patterns, "")
    return found


def test_the_tables_have_every_page_and_every_endpoint_and_no_other() -> None:
    pages = {name for name in admin_pages() if name not in COMMON}
    assert (sorted(pages - set(PAGES)), sorted(set(PAGES) - pages)) == ([], [])
    known = endpoints()
    documents = {"api/schema", "api/docs", "api/docs/events", "api/asyncapi"}
    assert {one for one in known if one[1] not in documents} == set(ENDPOINTS)


def test_each_duty_has_its_permissions_and_no_other(staff: Mapping[Duty | None, Client]) -> None:
    for duty in DUTIES:
        user = User.objects.get(email=f"{duty}@example.com")
        had = {permission for permission in GRANTED if user.has_perm(permission)}
        assert had == {permission for permission in GRANTED if may(duty, permission)}, duty


def test_each_page_of_the_admin_opens_for_its_duties_and_for_nobody_else(
    staff: Mapping[Duty | None, Client],
) -> None:
    paths = admin_pages()
    for name, permission in PAGES.items():
        # What is looked for is not there: whoever may look is sent back or told so, others are refused.
        ask = "post" if name in POSTED else "get"
        answers = {duty: getattr(client, ask)(paths[name]).status_code for duty, client in staff.items()}
        refused = {duty for duty, status in answers.items() if status == 403}
        assert refused == {duty for duty in DUTIES if not may(duty, permission)}, (name, answers)
        assert set(answers.values()) <= {200, 302, 403, 404}, (name, answers)


#: What a form has to bring so that its page would act for whoever may: refused is refused whatever is sent.
FIELDS: Mapping[str, str] = {
    "_save": "Save", "post": "yes", "version": "1", "status": "processing", "note": "n", "quantity": "1",
    "expected": "5", "reason": "r", "target": "aa", "threshold": "3", "amount": "1", "message": "m",
    "shown": "0",
    "name": "n", "title": "t", "text": "t", "email": "n@example.com", "role": "admin", "duties": "owner",
    "scopes": "stock:write", "url": "https://example.com", "topics": "*", "code": "nn", "priority": "1",
    "percent": "5", "disposition": "sellable", "line": "1", "is_typing": "true",
}  # fmt: skip


def test_what_is_posted_by_hand_to_a_page_of_others_is_refused_and_changes_nothing(
    house: Mapping[str, str], staff: Mapping[Duty | None, Client]
) -> None:
    paths = admin_pages()
    for name, permission in PAGES.items():
        model = name.rsplit("_", 1)[0]
        pk = next((house[table] for table in house if name.startswith(f"{table}_")), "999")
        path = paths[name].replace("999", quote(pk))
        for duty in DUTIES:
            if may(duty, permission):
                continue
            with nothing_changes():
                answer = staff[duty].post(path, FIELDS)
            assert answer.status_code in {403, 405}, (name, model, duty)


def test_an_action_that_is_posted_by_hand_does_nothing_for_whoever_is_not_offered_it(
    house: Mapping[str, str], staff: Mapping[Duty | None, Client]
) -> None:
    tried: set[str] = set()
    there_are: set[str] = set()
    for model, page in admin.site._registry.items():
        table = model._meta.label_lower.replace(".", "_")
        path = f"/admin/{table.replace('_', '/', 1)}/"
        all_of_them = page.get_actions(_request("owner@example.com"))
        there_are.update(f"{table}.{name}" for name in all_of_them)
        for name in all_of_them:
            for duty in DUTIES:
                if name in page.get_actions(_request(f"{duty}@example.com")):
                    continue
                form = {**FIELDS, "action": name, "_selected_action": house[table], "to_status": "processing"}
                with nothing_changes():
                    answer = staff[duty].post(path, form)
                assert answer.status_code in {200, 302, 403}, (table, name, duty)
                tried.add(f"{table}.{name}")
    assert tried == there_are, "none is everybody's"
    assert len(tried) == 23


def test_each_endpoint_of_staff_answers_its_duties_and_nobody_else(
    staff: Mapping[Duty | None, Client],
) -> None:
    for (method, route), permission in ENDPOINTS.items():
        if not permission:
            continue
        path = "/" + re.sub(r"<str:\w+>", "none_1", route)
        for duty, client in staff.items():
            with undone():
                answer = getattr(client, method)(path, data={}, content_type="application/json")
            if may(duty, permission):
                assert answer.status_code in {200, 201, 400, 404, 405}, (method, route, duty)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), (route, duty)


def test_whoever_steps_orders_does_not_cancel_them_by_a_step(staff: Mapping[Duty | None, Client]) -> None:
    for duty in DUTIES:
        with nothing_changes():
            answer = staff[duty].put(
                "/api/orders/none_1/status", data={"status": "cancelled"}, content_type="application/json"
            )
        assert answer.status_code == (404 if may(duty, "orders.cancel_order") else 403), duty


def test_support_sees_customers_and_no_colleague(staff: Mapping[Duty | None, Client]) -> None:
    create_user(email="carla@example.com", password=None)
    for duty, seen in ((SUPPORT, 1), (OWNER, 7)):
        page = staff[duty].get("/admin/identity/user/")
        assert page.context["cl"].result_count == seen
    colleague = User.objects.get(email="owner@example.com")
    assert staff[SUPPORT].get(f"/admin/identity/user/{colleague.pk}/change/").status_code == 302


def test_an_action_on_many_is_offered_to_its_duties_alone(staff: Mapping[Duty | None, Client]) -> None:
    """Those that Django itself offers are left out: they ask for the permission to delete."""
    offered = {
        duty: {
            f"{model._meta.label_lower}.{name}"
            for model, page in admin.site._registry.items()
            for name in page.get_actions(_request(f"{duty}@example.com"))
            if name != "delete_selected"
        }
        for duty in DUTIES
    }
    orders = {"orders.order.change_status"}
    judged = {"catalog.review.approve", "catalog.review.reject"}
    chats = {"realtime.supportchat.claim_all", "realtime.supportchat.close_all"}
    ours = orders | judged | chats
    assert {duty: actions & ours for duty, actions in offered.items()} == {
        OWNER: ours,
        STOCK: orders,
        CATALOG: judged,
        SUPPORT: ours,
        FINANCE: set(),
        None: set(),
    }
    owners = {
        "identity.user.sign_out_everywhere",
        "identity.apikey.revoke",
        "procrastinate.procrastinatejob.try_again",
        "realtime.webhooksubscription.pause",
        "realtime.webhooksubscription.resume",
        "realtime.webhookdelivery.send_again",
        "realtime.webhookdelivery.discard",
    }
    for duty in DUTIES:
        assert offered[duty] & owners == (owners if duty == OWNER else set()), duty


def _request(email: str) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(email=email)
    return request
