"""What of orders is in the audit trail: the steps that are taken with one, and how
its payments went. Its being placed is not."""

from __future__ import annotations

from config.audit.watching import Watched

WATCHED = (
    Watched(
        table="orders_order",
        kind="orders.order",
        subject=("orders.order", "id"),
        columns=(
            "status", "tailor_id", "tailor_status", "delivery_partner_id", "estimated_delivery", "carrier",
            "tracking_number",
        ),
        rows=False,
    ),
    Watched(
        table="orders_payment",
        kind="orders.payment",
        subject=("orders.order", "order_id"),
        columns=("status",),
        rows=False,
    ),
)  # fmt: skip
