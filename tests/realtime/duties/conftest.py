"""Staff of each duty, and a house with something of everything."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test import Client

from catalog.models import Review
from catalog.services import create_flash_sale
from config.identity.duties import Duty
from config.identity.models import Role
from config.identity.services import create_user, issue_api_key
from config.kernel.clock import now
from inventory.models import StockLevel
from realtime.models import CannedAnswer
from realtime.webhooks.models import WebhookDelivery, WebhookSubscription
from tests.catalog.goods import ACTOR
from tests.catalog.sales import sale_draft
from tests.orders.conftest import Person, bank, customer, no_money_call_inside_a_transaction
from tests.orders.paying import pay
from tests.orders.shop import mug, place
from tests.realtime.duties.tables import DUTIES
from tests.realtime.support.talk import opened

__all__ = ["bank", "customer", "no_money_call_inside_a_transaction"]


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
