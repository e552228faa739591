"""The audit trail's triggers on these tables."""

from __future__ import annotations

from django.db import migrations

from config.audit.watching import triggers
from realtime.audited import WATCHED


class Migration(migrations.Migration):
    dependencies = [("realtime", "0008_canned_answers"), ("audit", "0001_initial")]

    operations = [migrations.RunSQL(sql, undo) for sql, undo in triggers(*WATCHED)]
