"""What of users and keys is in the audit trail. That a customer registers is not: nobody did it to them."""

from __future__ import annotations

from config.audit.watching import Watched

WATCHED = (
    Watched(
        table="identity_user",
        kind="identity.user",
        subject=("identity.user", "id"),
        columns=("email", "name", "phone", "role", "duties", "is_active", "is_superuser", "password"),
        secret=("password",),
        when="row.role <> 'customer'",
    ),
    Watched(
        table="identity_apikey",
        kind="identity.apikey",
        subject=("identity.apikey", "id"),
        columns=("name", "prefix", "scopes", "created_by", "revoked_at"),
    ),
)
