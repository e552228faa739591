"""The audit trail's triggers on these tables."""

from __future__ import annotations

from django.db import migrations

from catalog.audited import WATCHED
from config.audit.watching import triggers


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_reviews_and_wishlists"), ("audit", "0001_initial")]

    operations = [migrations.RunSQL(sql, undo) for sql, undo in triggers(*WATCHED)]
