"""Levels, and the ledger that explains them.

A level is what a ledger adds up to; both are written by the same service in the same transaction,
and the database itself refuses a level that would sell what is not there, and a ledger entry that
would be changed afterwards (a trigger, in the migration).
"""

from __future__ import annotations

from functools import partial

from django.db import models
from django.db.models.functions import Now

from catalog.models import Product, Variant
from config.kernel.ids import MAX_ID_LENGTH, new_id


class Location(models.Model):
    """A place where stock is: a warehouse, a shop. ``code`` is its id on the wire (``STH1``).

    A sale that may draw on several takes from the lowest ``priority`` first.
    """

    code = models.CharField(primary_key=True, max_length=MAX_ID_LENGTH)
    name = models.CharField(max_length=200, blank=True)
    priority = models.IntegerField(default=100)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("priority", "code")

    def __str__(self) -> str:
        return self.code


class ProductStock(models.Model):
    """The stock head of a product: the one row that every change of its stock locks first.

    ``version`` counts every change of the product, of its stock or not: each of its events bears the next
    number. ``changed_at`` is when its stock last changed.
    """

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "product stock heads"

    def __str__(self) -> str:
        return f"{self.product_id} v{self.version}"


class StockLevel(models.Model):
    """How much of one variant is at one location.

    ``on_hand`` is on the shelf; ``reserved`` of it is held; ``safety`` of it is never sold. What can
    be sold is ``on_hand - reserved - safety``, plus holds that have expired by the clock.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    safety = models.BigIntegerField(default=0)
    allow_backorder = models.BooleanField(default=False)
    low_stock_threshold = models.PositiveIntegerField()
    version = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("variant", "location"), name="level_once"),
            models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="level_on_hand_not_negative"),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="level_reserved_not_negative"),
            models.CheckConstraint(condition=models.Q(safety__gte=0), name="level_safety_not_negative"),
            models.CheckConstraint(
                condition=models.Q(allow_backorder=True)
                | models.Q(reserved__lte=models.F("on_hand") - models.F("safety")),
                name="level_never_oversold",
            ),
        )
        indexes = (models.Index(fields=("product",), name="level_by_product"),)

    def __str__(self) -> str:
        return f"{self.variant.sku} at {self.location_id}"


class StockOperation(models.Model):
    """One thing that was done to stock, of which the movements are the parts.

    ``kind`` and ``reference`` (an order's id) are unique together for ever: the natural key that
    makes a doubled effect impossible, long after an idempotency key has been forgotten. ``answer``
    is what the first caller was told, as JSON text, so that the same request reads the same answer.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "op"), editable=False
    )
    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=200, null=True)  # noqa: DJ001  null takes no part in the unique key
    fingerprint = models.CharField(max_length=64, blank=True)
    answer = models.TextField(blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "reference"), name="operation_once"),)
        indexes = (models.Index(fields=("reference",), name="operation_by_reference"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.reference or self.id}"


class MovementKind(models.TextChoices):
    SALE = "sale", "Sale"
    RETURN = "return", "Return"
    RESTOCK = "restock", "Restock"
    ADJUSTMENT = "adjustment", "Adjustment"
    RECOUNT = "recount", "Recount"
    TRANSFER = "transfer", "Transfer"
    IMPORT = "import", "Import"


class StockMovement(models.Model):
    """One entry of the ledger: one level changed by ``delta`` and stood at ``balance_after``.

    Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE. ``occurred_at`` is when it happened
    in the shop's life, ``recorded_at`` when it was written here; they differ for what is imported.

    Product, variant and location bear no foreign keys of their own: one over (variant, location) to the
    level, in the migration, stands for all three. It is the stronger rule, and each of theirs would have
    every sale of the shop share a lock on the same few rows.
    """

    id = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(StockOperation, on_delete=models.PROTECT, related_name="movements")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    delta = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=MovementKind.choices)
    reason = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=100)
    source = models.CharField(max_length=20)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~models.Q(delta=0), name="movement_moves"),
            models.CheckConstraint(
                condition=models.Q(balance_after__gte=0), name="movement_balance_not_negative"
            ),
        )
        indexes = (
            models.Index(fields=("variant", "location", "id"), name="movement_by_level"),
            models.Index(fields=("product", "id"), name="movement_by_product"),
            models.Index(
                fields=("reference",), condition=~models.Q(reference=""), name="movement_by_reference"
            ),
            models.Index(fields=("occurred_at",), name="movement_by_occurrence"),
        )

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.variant_id} at {self.location_id} ({self.kind})"


class ReservationState(models.TextChoices):
    ACTIVE = "active", "Active"
    COMMITTED = "committed", "Sold"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class Reservation(models.Model):
    """Units held for somebody until ``expires_at``. It ends by that clock, whether or not a job has run."""

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "rsv"), editable=False
    )
    holder = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=ReservationState.choices, default=ReservationState.ACTIVE)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("expires_at",),
                condition=models.Q(state=ReservationState.ACTIVE),
                name="reservation_expiry",
            ),
        )

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"


class ReservationLine(models.Model):
    """What a reservation holds at one location.

    An *open* line (``ended_at`` is empty) is counted in its level's ``reserved``. Lines end one by
    one: whoever next changes a product's stock ends those of its lines whose reservation has expired,
    without having to lock the reservation's other products.
    """

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("reservation", "variant", "location"), name="reservation_line_once"
            ),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="reservation_line_holds"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id} at {self.location_id}"
