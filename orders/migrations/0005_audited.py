"""The audit trail's triggers on these tables."""

from __future__ import annotations

from django.db import migrations

from config.audit.watching import triggers
from orders.audited import WATCHED


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_carts_by_age"), ("audit", "0001_initial")]

    operations = [migrations.RunSQL(sql, undo) for sql, undo in triggers(*WATCHED)]
