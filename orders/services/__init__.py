"""The only writers of carts, orders and payments, and the only announcers. One module for each use case."""

from orders.services.assigning import UNCHANGED, Unchanged, assign_order, change_tailor_status
from orders.services.carts import (
    add_item,
    batch_update,
    clear,
    remove_item,
    set_quantity,
    take_out,
)
from orders.services.following import follow_payments
from orders.services.merging import merge_guest_cart
from orders.services.paying import (
    ask_provider,
    claim_payment,
    complete_manually,
    confirm_fake,
    note_charge,
    verify_razorpay,
)
from orders.services.placing import Placing, Terms, place_one, place_order, place_orders
from orders.services.refunding import (
    begin_refund,
    call_provider,
    give_back_what_is_due,
    refund_payment,
    settle_refund,
)
from orders.services.returns import Returned, return_items
from orders.services.settling import require_caller_back, settle_payment, take_notice
from orders.services.status import Shipment, cancel_order, change_status
from orders.services.sweeping import forget_old_provider_events, forget_stale_guest_carts

__all__ = [
    "UNCHANGED",
    "Placing",
    "Returned",
    "Shipment",
    "Terms",
    "Unchanged",
    "add_item",
    "ask_provider",
    "assign_order",
    "batch_update",
    "begin_refund",
    "call_provider",
    "cancel_order",
    "change_status",
    "change_tailor_status",
    "claim_payment",
    "clear",
    "complete_manually",
    "confirm_fake",
    "follow_payments",
    "forget_old_provider_events",
    "forget_stale_guest_carts",
    "give_back_what_is_due",
    "merge_guest_cart",
    "note_charge",
    "place_one",
    "place_order",
    "place_orders",
    "refund_payment",
    "remove_item",
    "require_caller_back",
    "return_items",
    "set_quantity",
    "settle_payment",
    "settle_refund",
    "take_notice",
    "take_out",
    "verify_razorpay",
]
