"""What each duty may do with orders and their money, in the admin and over REST.

``step_order`` is the way from shelf to door; ``cancel_order``, which ends that way, is not part of it.
"""

from __future__ import annotations

from config.identity.duties import Duty, grant


def grant_duties() -> None:
    """Say so, when the app starts."""
    everybody_at_work = (Duty.STOCK, Duty.SUPPORT, Duty.FINANCE)
    grant(*everybody_at_work, permissions=["orders.view_order"])
    grant(Duty.SUPPORT, Duty.FINANCE, permissions=["orders.view_payment", "orders.view_refund"])
    grant(Duty.STOCK, Duty.SUPPORT, permissions=["orders.step_order"])
    grant(
        Duty.SUPPORT,
        permissions=[
            "orders.cancel_order",
            "orders.return_order",
            "orders.assign_order",
            "orders.tailor_order",
        ],
    )
    grant(
        Duty.FINANCE,
        permissions=["orders.view_providerevent", "orders.refund_payment", "orders.complete_payment"],
    )
