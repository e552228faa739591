"""Tables of carts, orders and payments.

A cart is a wish: it holds no stock and no price, both are asked for at each read. What an order froze (names,
prices, options) it keeps for ever.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from django.conf import settings
from django.db import models
from django.db.models.functions import MD5, Cast, Now

from catalog.models import Product, Variant
from config.api.fields import MAX_QUANTITY
from config.kernel.ids import MAX_ID_LENGTH, new_id
from orders.flow import FIRST, Status, TailorStatus
from orders.payment_records import OPEN, RECEIVED, PaymentStatus, RefundStatus


def _choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.capitalize().replace("_", " ")) for word in words]


class Cart(models.Model):
    """What one customer, or the holder of one token, means to buy. Its id follows from whose it is.

    ``version`` grows with each change: the row is locked for it, so two devices lose nothing of each other.
    """

    id = models.CharField(primary_key=True, max_length=MAX_ID_LENGTH, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    token_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  null: a customer's
    version = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, token_digest__isnull=True)
                | models.Q(user__isnull=True, token_digest__isnull=False),
                name="cart_is_a_customers_or_a_guests",
            ),
        )
        indexes = (
            # Each cart is in one of the two.
            models.Index(
                fields=("updated_at",), condition=models.Q(user__isnull=True), name="cart_of_guest_by_age"
            ),
            models.Index(
                fields=("updated_at",), condition=models.Q(user__isnull=False), name="cart_of_user_by_age"
            ),
        )

    def __str__(self) -> str:
        return self.id


class CartItem(models.Model):
    """One line: so many units of a variant with these choices (``{"flavors": "Vanilla"}``)."""

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "item"), editable=False
    )
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    options = models.JSONField(default=dict)
    quantity = models.PositiveIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        constraints = (
            # A digest, since an index entry has a size limit; jsonb has one text for one meaning.
            models.UniqueConstraint(
                "cart", "variant", MD5(Cast("options", models.TextField())), name="cart_line_once"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="cart_line_has_units"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id}"


class Order(models.Model):
    """What somebody bought. Its lines, names and prices are frozen; what changes is how far it has come.

    ``version`` grows with each change that a reader of the order sees. ``number`` is for people, the id for
    programs, and for the ledger: every movement of the order bears it as reference.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "ord"), editable=False
    )
    number = models.CharField(max_length=30, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=_choices(Status), default=FIRST.value)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=20, decimal_places=4)
    item_count = models.PositiveBigIntegerField()
    shipping_address = models.TextField()
    phone = models.CharField(max_length=40)
    notes = models.TextField(blank=True)
    payment_method = models.CharField(max_length=40)
    payment_status = models.CharField(max_length=20, default="pending")
    tailor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tailor_status = models.CharField(max_length=20, choices=_choices(TailorStatus), blank=True)
    delivery_partner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    estimated_delivery = models.DateTimeField(null=True, blank=True)
    carrier = models.CharField(max_length=100, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(condition=models.Q(item_count__gte=1), name="order_has_units"),
            models.CheckConstraint(
                condition=models.Q(status__in=[status.value for status in Status]), name="order_status_known"
            ),
        )
        indexes = (
            models.Index(fields=("-created_at", "-id"), name="order_newest"),
            models.Index(fields=("user", "-created_at", "-id"), name="order_by_user"),
            models.Index(fields=("status", "-created_at", "-id"), name="order_by_status"),
            models.Index(
                fields=("tailor", "-created_at"),
                condition=models.Q(tailor__isnull=False),
                name="order_by_tailor",
            ),
            models.Index(
                fields=("delivery_partner", "-created_at"),
                condition=models.Q(delivery_partner__isnull=False),
                name="order_by_delivery",
            ),
        )

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """So many units at the price that they had then. ``returned`` of them have come back, in whatever state.

    Product and variant bear no foreign keys of their own: each line has a movement in the ledger, whose key
    holds its variant for ever, and here they would have every sale share a lock on the same few rows.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "line"), editable=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    name = models.CharField(max_length=300)
    sku = models.CharField(max_length=100)
    attributes = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    price = models.DecimalField(max_digits=20, decimal_places=4)
    quantity = models.PositiveBigIntegerField()
    returned = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("order", "position"), name="order_line_place_once"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="order_line_price_not_negative"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="order_line_has_units"),
            models.CheckConstraint(
                condition=models.Q(returned__lte=models.F("quantity")),
                name="order_line_returned_at_most_sold",
            ),
        )
        indexes = (models.Index(fields=("variant",), name="order_line_by_variant"),)

    def __str__(self) -> str:
        return f"{self.quantity} of {self.sku}"


class OrderStatusChange(models.Model):
    """One entry of an order's history: since when it has had a status, and who gave it."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="history")
    status = models.CharField(max_length=20, choices=_choices(Status))
    note = models.CharField(max_length=1000, blank=True)
    actor = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("order", "id"), name="order_history"),)

    def __str__(self) -> str:
        return f"{self.status} at {self.at}"


class Disposition(models.TextChoices):
    """What became of units that came back. Only the first goes on the shelf again."""

    SELLABLE = "sellable", "Sellable"
    DAMAGED = "damaged", "Damaged"
    LOST = "lost", "Lost"


class OrderReturn(models.Model):
    """Units of a line that came back, or never will. ``reference`` names the return in the ledger."""

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=MAX_ID_LENGTH)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returns")
    quantity = models.PositiveBigIntegerField()
    disposition = models.CharField(max_length=10, choices=Disposition.choices)
    actor = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("reference", "line", "disposition"), name="order_return_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="order_return_has_units"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.disposition}"


class OrderYear(models.Model):
    """Where a year's order numbers begin in the one sequence that numbers all orders (in the migration)."""

    year = models.PositiveIntegerField(primary_key=True)
    starts_after = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return str(self.year)


class Payment(models.Model):
    """Money for an order, by one provider. An order may have several, and is paid by one at most.

    ``reference`` is what the provider calls the charge, ``receipt`` what it calls the money that came by it.
    ``refunding`` is claimed by refunds that are on their way, ``refunded`` has gone back. ``surplus`` money
    came for an order that needed it no more. Until ``held_until`` somebody is speaking with the provider; one
    that has ``begun`` and not ended is asked after then.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "pay"), editable=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=20)
    status = models.CharField(
        max_length=20, choices=_choices(PaymentStatus), default=PaymentStatus.PENDING.value
    )
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    currency = models.CharField(max_length=3)
    refunded = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    refunding = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    surplus = models.BooleanField(default=False)
    reference = models.CharField(max_length=200, blank=True)
    receipt = models.CharField(max_length=200, blank=True)
    checkout = models.JSONField(default=dict)
    begun = models.BooleanField(default=False)
    held_until = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_of_something"),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0, refunding__gte=0), name="payment_refunds_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(refunded__lte=models.F("amount") - models.F("refunding")),
                name="payment_refunded_at_most_paid",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=sorted(status.value for status in RECEIVED))
                | models.Q(refunded=0, refunding=0),
                name="payment_refunds_what_came",
            ),
            models.UniqueConstraint(
                fields=("order",),
                condition=models.Q(surplus=False, status__in=sorted(status.value for status in RECEIVED)),
                name="order_paid_once",
            ),
            models.UniqueConstraint(
                fields=("order", "provider"),
                condition=models.Q(status=PaymentStatus.PENDING.value),
                name="payment_pending_once",
            ),
            models.UniqueConstraint(
                fields=("provider", "reference"),
                condition=~models.Q(reference=""),
                name="payment_reference_once",
            ),
        )
        indexes = (
            models.Index(fields=("-created_at", "-id"), name="payment_newest"),
            models.Index(
                fields=("held_until",),
                condition=models.Q(begun=True, status__in=sorted(status.value for status in OPEN)),
                name="payment_not_ended",
            ),
        )

    def __str__(self) -> str:
        return self.id


class Refund(models.Model):
    """Money that goes back. Its amount is claimed from its payment before anybody is told to move it.

    ``request_key`` is the idempotency key that asked for it, with its scope. Until ``due_at`` somebody is at
    it, or it is not to be tried again yet; a refund that is pending after that, whoever was at it has died.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "rfd"), editable=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    status = models.CharField(
        max_length=20, choices=_choices(RefundStatus), default=RefundStatus.PENDING.value
    )
    reason = models.CharField(max_length=1000, blank=True)
    actor = models.CharField(max_length=100)
    request_key = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  null: without a key
    reference = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=1000, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_of_something"),)
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=models.Q(status=RefundStatus.PENDING.value),
                name="refund_pending",
            ),
        )

    def __str__(self) -> str:
        return self.id


class ProviderEvent(models.Model):
    """A provider's call back, once, as it came. ``payment`` is the one that it is about, where it is ours."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=100)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="+")
    body = models.TextField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("provider", "event_id"), name="provider_event_once"),)

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
