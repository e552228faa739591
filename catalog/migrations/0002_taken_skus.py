"""Skus of products and variants get one namespace; of two that share one by now, the older product keeps it."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

_FILL = """
INSERT INTO catalog_takensku (sku, product_id)
SELECT DISTINCT ON (bearer.sku) bearer.sku, product.id
FROM catalog_product AS product
JOIN (
    SELECT sku, id AS product_id FROM catalog_product
    UNION SELECT sku, product_id FROM catalog_variant WHERE archived_at IS NULL
) AS bearer ON bearer.product_id = product.id
WHERE product.archived_at IS NULL
ORDER BY bearer.sku, product.created_at, product.id
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="TakenSku",
            fields=[
                ("sku", models.CharField(max_length=100, primary_key=True, serialize=False)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
