"""Tables of carts and orders.

A cart is a wish: it holds no stock and no price, both are asked for at each read. What an order froze (names,
prices, options) it keeps for ever.
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import models
from django.db.models.functions import MD5, Cast, Now

from catalog.models import Product, Variant
from config.api.fields import MAX_QUANTITY
from config.kernel.ids import MAX_ID_LENGTH, new_id


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
            models.Index(
                fields=("updated_at",), condition=models.Q(user__isnull=True), name="cart_of_guest_by_age"
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
