"""The user, the sign-in, the API key and the ticket. Tokens are signed, not stored; the sign-in is what ends
them."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.db.models.lookups import Exact

from config.identity import duties
from config.kernel.ids import MAX_ID_LENGTH, new_id


class Role(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    ADMIN = "admin", "Staff"
    TAILOR = "tailor", "Tailor"
    DELIVERY = "delivery", "Delivery partner"


class Scope(models.TextChoices):
    """What an API key may do."""

    STOCK_WRITE = "stock:write", "Reduce, restock, reserve, sync stock"
    CATALOG_WRITE = "catalog:write", "Write products"
    ORDERS_READ = "orders:read", "Read orders"
    EVENTS_READ = "events:read", "Read the event log"


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its case."""

    def with_email(self, email: str) -> models.QuerySet[User]:
        """Who has this address; spelled so that the unique index over the lower case is used."""
        return self.filter(Exact(Lower("email"), Lower(models.Value(email))))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.with_email(username or "").get()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a hashed password; ``password=None`` makes one that nobody can sign in with."""
        fields.setdefault("role", Role.CUSTOMER)
        if fields["role"] == Role.ADMIN:
            fields.setdefault("duties", [duties.Duty.OWNER])
        user = self.model(email=self.normalize_email(email), is_staff=fields["role"] == Role.ADMIN, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{**fields, "role": Role.ADMIN, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """One person. ``is_staff`` opens the admin and is, by constraint, exactly the role ``admin``."""

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "usr"), editable=False
    )
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.CUSTOMER)
    is_staff = models.BooleanField(default=False)
    duties = ArrayField(
        models.CharField(max_length=20, choices=duties.Duty.choices),
        default=list,
        blank=True,
        help_text="What they may do in the admin and over REST. Without any, nothing.",
    )
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message="Another user has this e-mail address.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_staff=True, role=Role.ADMIN)
                | (models.Q(is_staff=False) & ~models.Q(role=Role.ADMIN)),
                name="user_staff_is_the_admin_role",
            ),
        )

    def __str__(self) -> str:
        return self.email

    # What staff may do follows from their duties. Django's own rows of permissions are not used.

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        return self.is_active and self.is_staff and duties.allow(self.duties, perm)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff and duties.allow_app(self.duties, app_label)


class SignInQuerySet(models.QuerySet["SignIn"]):
    """Sign-ins."""

    def living(self) -> SignInQuerySet:
        """Those that nobody has ended. Their tokens end by themselves."""
        return self.filter(ended_at=None)


class SignIn(models.Model):
    """One sign-in: from the password to the sign-out, through any number of refreshed tokens.

    Every token that came of it names it and holds no longer than it. ``address`` is where it was made
    from, as ``config.api.addresses`` writes it; ``expires_at`` when the newest refresh token ends.
    """

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "sgn"), editable=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    address = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-in"
        indexes = (models.Index(fields=("expires_at",), name="sign_in_expires"),)

    def __str__(self) -> str:
        return self.pk


class AttemptCount(models.Model):
    """How many attempts to sign in were made under one key (``services.attempts``) lately.

    ``key`` is a keyed digest: whoever reads the table learns no address that somebody has tried.
    """

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("until",), name="attempt_count_until"),)

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.count}"


class ApiKey(models.Model):
    """A key for a shop's own server. Only a SHA-256 of it is stored; ``prefix`` is what lists show."""

    id = models.CharField(
        primary_key=True, max_length=MAX_ID_LENGTH, default=partial(new_id, "key"), editable=False
    )
    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices))
    created_by = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A credential for one connection, good once and for moments. Only a SHA-256 of it is stored.

    ``credentials_expire_at`` is when the credentials end that asked for it, and with them the connection;
    ``sign_in`` the sign-in that they came of, with which it ends too.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    credentials_expire_at = models.DateTimeField()
    sign_in = models.CharField(max_length=MAX_ID_LENGTH, blank=True)

    def __str__(self) -> str:
        return f"a ticket of {self.user_id}"
