"""What the doors of carts, orders and payments answer, for the REST document; an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from config.api.openapi.shapes import Amount, Count, Moment
from orders.flow import Status, TailorStatus
from orders.payment_records import PaymentStatus, RefundStatus


class CartItem(TypedDict):
    """A line. `available`: there is enough of it now; `saleLimit`: how many more a running sale leaves."""

    _id: str
    id: str
    productId: str
    name: str
    image: str
    variant: Mapping[str, str]
    options: Mapping[str, str]
    quantity: int
    price: Amount
    subtotal: Amount
    available: bool
    saleLimit: NotRequired[int]


class Cart(TypedDict):
    """The whole cart, at the prices of this moment. `itemCount` is units."""

    _id: str
    id: str
    items: list[CartItem]
    totalPrice: Amount
    currency: str
    itemCount: Count
    updatedAt: Moment


class Person(TypedDict):
    _id: str
    name: str
    email: str
    phone: str


class OrderItem(TypedDict):
    """A line. `price` and `name` are what they were when the order was placed, for ever."""

    _id: str
    id: str
    productId: str
    variantId: str
    name: str
    quantity: int
    price: Amount
    variant: Mapping[str, str]
    options: Mapping[str, str]
    flavor: str | None
    size: str | None
    eggOption: str | None
    subtotal: Amount


class StatusEntry(TypedDict):
    status: Status
    timestamp: Moment
    note: str
    by: str


class Tracking(TypedDict):
    carrier: str | None
    trackingNumber: str | None


class Order(TypedDict):
    """An order. `userId` is the customer's id; in staff's lists the customer. `tailor` and `deliveryPartner`
    are ids."""

    _id: str
    id: str
    orderNumber: str
    userId: str | Person
    items: list[OrderItem]
    totalPrice: Amount
    totalAmount: Amount
    currency: str
    itemCount: Count
    shippingAddress: str
    phone: str
    status: Status
    statusHistory: list[StatusEntry]
    paymentMethod: str
    paymentStatus: str
    tailor: str | None
    tailorStatus: TailorStatus | None
    deliveryPartner: str | None
    estimatedDelivery: Moment | None
    tracking: Tracking
    notes: str
    createdAt: Moment
    updatedAt: Moment


class Payment(TypedDict):
    """What is said of a payment wherever one is named."""

    paymentId: str
    orderId: str
    status: PaymentStatus
    amount: Amount
    currency: str


class PaymentToMake(Payment):
    """A payment for whoever is going to pay it; `checkout` is what the provider's own form needs."""

    _id: str
    id: str
    provider: str
    checkout: Mapping[str, Any]
    createdAt: Moment


class PaymentSettled(TypedDict):
    status: Literal["success"]
    payment: Payment


class RefundedPayment(Payment):
    """`refunded` is what went back in all."""

    refunded: Amount


class Refund(TypedDict):
    _id: str
    id: str
    amount: Amount
    currency: str
    status: RefundStatus
    reason: str
    createdAt: Moment


class Refunded(TypedDict):
    """A payment and one refund of it."""

    status: Literal["success"]
    payment: RefundedPayment
    refund: Refund


class NoticeTaken(TypedDict):
    """`duplicate`: it came before, or told of nothing that is ours."""

    received: Literal[True]
    duplicate: bool


# ----------------------------------------------------------------------------------------- examples

_AT = "2026-11-21T10:00:00.000Z"
_PAYMENT = {
    "paymentId": "pay_0mi6v2k9qa",
    "orderId": "ord_0mi6v2k9q9",
    "status": "completed",
    "amount": 698,
    "currency": "EGP",
}

EXAMPLES: dict[Any, Any] = {
    Cart: {
        "_id": "cart_0mi6v2k9qb",
        "id": "cart_0mi6v2k9qb",
        "items": [
            {
                "_id": "line_0mi6v2k9qc",
                "id": "line_0mi6v2k9qc",
                "productId": "prod_0mi6v2k9q3",
                "name": "Harbour T-shirt",
                "image": "/static/stockwire/demo/tee-stripe.svg",
                "variant": {"size": "M", "color": "Navy"},
                "options": {},
                "quantity": 2,
                "price": 349,
                "subtotal": 698,
                "available": True,
            }
        ],
        "totalPrice": 698,
        "currency": "EGP",
        "itemCount": 2,
        "updatedAt": _AT,
    },
    Order: {
        "_id": "ord_0mi6v2k9q9",
        "id": "ord_0mi6v2k9q9",
        "orderNumber": "ORD-2026-000123",
        "userId": "usr_0mi6v2k9q3",
        "items": [
            {
                "_id": "line_0mi6v2k9qd",
                "id": "line_0mi6v2k9qd",
                "productId": "prod_0mi6v2k9q3",
                "variantId": "var_0mi6v2k9q4",
                "name": "Harbour T-shirt",
                "quantity": 2,
                "price": 349,
                "variant": {"size": "M", "color": "Navy"},
                "options": {},
                "flavor": None,
                "size": None,
                "eggOption": None,
                "subtotal": 698,
            }
        ],
        "totalPrice": 698,
        "totalAmount": 698,
        "currency": "EGP",
        "itemCount": 2,
        "shippingAddress": "12 Corniche Street, Alexandria",
        "phone": "+20 100 555 0142",
        "status": "pending",
        "statusHistory": [{"status": "pending", "timestamp": _AT, "note": "", "by": "usr_0mi6v2k9q3"}],
        "paymentMethod": "cod",
        "paymentStatus": "pending",
        "tailor": None,
        "tailorStatus": None,
        "deliveryPartner": None,
        "estimatedDelivery": None,
        "tracking": {"carrier": None, "trackingNumber": None},
        "notes": "Please ring twice",
        "createdAt": _AT,
        "updatedAt": _AT,
    },
    PaymentToMake: {
        **_PAYMENT,
        "status": "pending",
        "_id": "pay_0mi6v2k9qa",
        "id": "pay_0mi6v2k9qa",
        "provider": "cod",
        "checkout": {},
        "createdAt": _AT,
    },
    PaymentSettled: {"status": "success", "payment": _PAYMENT},
    Refunded: {
        "status": "success",
        "payment": {**_PAYMENT, "status": "partially_refunded", "refunded": 349},
        "refund": {
            "_id": "rfd_0mi6v2k9qe",
            "id": "rfd_0mi6v2k9qe",
            "amount": 349,
            "currency": "EGP",
            "status": "completed",
            "reason": "one came torn",
            "createdAt": _AT,
        },
    },
    NoticeTaken: {"received": True, "duplicate": False},
}
