"""The audit trail's triggers on these tables."""

from __future__ import annotations

from django.db import migrations

from config.audit.watching import triggers
from inventory.audited import WATCHED


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_append_only_ledger"), ("audit", "0001_initial")]

    operations = [migrations.RunSQL(sql, undo) for sql, undo in triggers(*WATCHED)]
