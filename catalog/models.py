"""Products, what describes them, flash sales of them, and what customers say of them and wish for.

Stock is not here: ``catalog.stock_port`` says what is asked of it.
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import MD5, Cast, Now

from config.kernel.ids import MAX_ID_LENGTH, new_id

LIVE = models.Q(archived_at__isnull=True)

#: All words of a product, as the full-text index has them. ``simple``: no language is assumed.
FULL_TEXT = SearchVector("title", "description", "category", "subcategory", "sku", config="simple")


class ProductQuerySet(models.QuerySet["Product"]):
    def live(self) -> ProductQuerySet:
        """Those that have not been archived: all that any reader sees."""
        return self.filter(LIVE)


class Product(models.Model):
    """One product. Archived, it is gone from every read; its ledger and its orders stay.

    ``options`` are named choices that multiply the price:
    ``[{"name": "flavors", "choices": [{"name": "Vanilla", "price_multiplier": 1.0, …}]}]``.
    ``search_name`` is the title without case and accents, ``search_terms`` its pieces and its words
    with letters left out, for searches with typing errors (``catalog.search`` makes both). ``rating_sum`` and
    ``review_count`` are of its approved reviews, and change in the transaction that approves one.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "prod"), editable=False
    )
    sku = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=100, blank=True)
    subcategory = models.CharField(max_length=100, blank=True)
    image = models.CharField(max_length=1000, blank=True)
    options = models.JSONField(default=list, blank=True)
    available = models.BooleanField(default=True)
    featured = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_name = models.CharField(max_length=300, default="", editable=False)
    search_terms = ArrayField(models.TextField(), default=list, editable=False)
    rating_sum = models.PositiveBigIntegerField(default=0, editable=False)
    review_count = models.PositiveIntegerField(default=0, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("sku",), condition=LIVE, name="product_sku_once"),
            models.CheckConstraint(condition=~models.Q(sku=""), name="product_has_sku"),
        )
        indexes = (
            models.Index(fields=("created_at", "id"), condition=LIVE, name="product_newest"),
            models.Index(fields=("search_name", "id"), condition=LIVE, name="product_by_name"),
            models.Index(fields=("category", "subcategory"), condition=LIVE, name="product_by_category"),
            models.Index(fields=("updated_at",), condition=LIVE, name="product_by_update"),
            GinIndex(fields=("search_terms",), name="product_search_terms"),
            GinIndex(FULL_TEXT, name="product_full_text"),
        )

    def __str__(self) -> str:
        return self.title


class Variant(models.Model):
    """What is counted and sold: one combination of attributes of a product.

    A product without variants has one *implicit* variant, with no attributes and the product's own
    sku, that bears its stock; readers never see it in a list of variants. A product has never both.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "var"), editable=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=100)
    attributes = models.JSONField(default=dict)
    implicit = models.BooleanField(default=False, editable=False)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("sku",), condition=LIVE, name="variant_sku_once"),
            # A digest, since an index entry has a size limit and attributes have none.
            models.UniqueConstraint(
                "product",
                MD5(Cast("attributes", models.TextField())),
                condition=LIVE,
                name="variant_attributes_once",
            ),
        )

    def __str__(self) -> str:
        return self.sku


class TakenSku(models.Model):
    """A sku that a live product bears, itself or in its live variants: one row, whichever of them it is.

    Its key is what makes a sku taken for every other product at once; the indexes of the two tables that
    bear skus each know only their own. Written with the product, gone when the last bearer is.
    """

    sku = models.CharField(primary_key=True, max_length=100)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return self.sku


class Price(models.Model):
    """One price of a product in one currency, or of one variant, then in place of the product's."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="prices")
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="prices", null=True, blank=True
    )
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("product", "currency"),
                condition=models.Q(variant__isnull=True),
                name="product_price_once",
            ),
            models.UniqueConstraint(
                fields=("variant", "currency"),
                condition=models.Q(variant__isnull=False),
                name="variant_price_once",
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="price_not_negative"),
        )
        indexes = (models.Index(fields=("currency", "amount"), name="price_by_amount"),)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class FlashSale(models.Model):
    """Percent off chosen products, from ``starts_at`` up to but not including ``ends_at``.

    Whether it runs is asked of the database's clock whenever a price is read: no job has to have run. What
    was *told* is kept besides (``start_told_at``, ``end_told_at``), so that each edge is announced once.
    ``units`` is how many may be sold in it in all, ``units_per_customer`` how many to one of them, null: any
    number. Of the first ``units_taken`` are gone. ``changed_at`` is when a reader's view of it last changed
    otherwise than by the clock, ``version`` grows with each change and each event.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "sale"), editable=False
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    discount_percentage = models.DecimalField(max_digits=5, decimal_places=2)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    units = models.PositiveBigIntegerField(null=True, blank=True)
    units_per_customer = models.PositiveBigIntegerField(null=True, blank=True)
    units_taken = models.PositiveBigIntegerField(default=0, editable=False)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    start_told_at = models.DateTimeField(null=True, editable=False)
    end_told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(discount_percentage__gt=0, discount_percentage__lte=100),
                name="flash_sale_takes_something_off",
            ),
            # Equal: ended by hand in the moment in which it began.
            models.CheckConstraint(
                condition=models.Q(ends_at__gte=models.F("starts_at")), name="flash_sale_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(units__isnull=True) | models.Q(units_taken__lte=models.F("units")),
                name="flash_sale_not_oversold",
            ),
        )
        indexes = (
            models.Index(fields=("starts_at", "id"), name="flash_sale_by_start"),
            models.Index(
                fields=("ends_at",),
                condition=models.Q(end_told_at__isnull=True),
                name="flash_sale_not_over",
            ),
        )

    def __str__(self) -> str:
        return self.name


class FlashSaleProduct(models.Model):
    """A product that a sale is for; ``removed_at``: it was, and its readers have to learn that it is not."""

    sale = models.ForeignKey(FlashSale, on_delete=models.CASCADE, related_name="goods")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sale", "product"), name="flash_sale_product_once"),)

    def __str__(self) -> str:
        return f"{self.product_id} in {self.sale_id}"


class FlashSaleShare(models.Model):
    """How many units of a sale one customer has (``customer``: whoever orders says who that is)."""

    sale = models.ForeignKey(FlashSale, on_delete=models.CASCADE, related_name="+")
    customer = models.CharField(max_length=MAX_ID_LENGTH)
    taken = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sale", "customer"), name="flash_sale_share_once"),)

    def __str__(self) -> str:
        return f"{self.taken} of {self.sale_id} for {self.customer}"


class FlashSaleTake(models.Model):
    """Units that one reference (an order's id) has of a sale; given back once, or never."""

    sale = models.ForeignKey(FlashSale, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=MAX_ID_LENGTH)
    customer = models.CharField(max_length=MAX_ID_LENGTH)
    units = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField(db_default=Now())
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("reference", "sale"), name="flash_sale_take_once"),
            models.CheckConstraint(condition=models.Q(units__gte=1), name="flash_sale_take_has_units"),
        )

    def __str__(self) -> str:
        return f"{self.units} of {self.sale_id} for {self.reference}"


class MarketText(models.Model):
    """How a product is presented in one market (``metadata`` on the wire)."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="markets")
    market = models.CharField(max_length=20)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    keywords = models.CharField(max_length=1000, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("product", "market"), name="market_text_once"),)
        indexes = (models.Index(fields=("market",), name="market_text_by_market"),)

    def __str__(self) -> str:
        return f"{self.market}: {self.title}"


class ReviewStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


MIN_RATING, MAX_RATING = 1, 5


class Review(models.Model):
    """What a customer says of a product, once. The public reads it when staff have approved it.

    ``verified_purchase``: by the time of writing the customer had received one. Of a user who is gone the
    words stay, without a name.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "rev"), editable=False
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="reviews")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200, blank=True)
    comment = models.TextField(blank=True)
    status = models.CharField(
        max_length=20, choices=ReviewStatus.choices, default=ReviewStatus.PENDING, editable=False
    )
    verified_purchase = models.BooleanField(editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("product", "user"), name="review_once"),
            models.CheckConstraint(
                condition=models.Q(rating__gte=MIN_RATING, rating__lte=MAX_RATING), name="review_rating"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ReviewStatus.values), name="review_status_known"
            ),
        )
        indexes = (
            models.Index(fields=("product", "-created_at", "-id"), name="review_newest"),
            models.Index(fields=("status", "-created_at", "-id"), name="review_by_status"),
        )

    def __str__(self) -> str:
        return f"{self.rating} for {self.product_id}"


class Wishlist(models.Model):
    """What a customer wishes for. Its id follows from the user's, so that it needs no row to be read;
    ``version`` grows with each change of it."""

    id = models.CharField(primary_key=True, max_length=MAX_ID_LENGTH, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class WishlistItem(models.Model):
    """One product that somebody wishes for, since ``added_at``."""

    wishlist = models.ForeignKey(Wishlist, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_index=False)
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            # In this order, so that its index also finds whoever wishes for a product, one after the other.
            models.UniqueConstraint(fields=("product", "wishlist"), name="wish_once"),
        )

    def __str__(self) -> str:
        return f"{self.product_id} in {self.wishlist_id}"
