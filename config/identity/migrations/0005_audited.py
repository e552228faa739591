"""The audit trail's triggers on these tables."""

from __future__ import annotations

from django.db import migrations

from config.audit.watching import triggers
from config.identity.audited import WATCHED


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_duties"), ("audit", "0001_initial")]

    operations = [migrations.RunSQL(sql, undo) for sql, undo in triggers(*WATCHED)]
