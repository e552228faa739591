"""The event log: a table partitioned by the day, which Django can describe but not make."""

import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models

# The id comes from a plain sequence: PostgreSQL knows identity columns of partitioned tables only since 17.
# CACHE 1 is the default, and it matters: with a larger cache each session hands out ids of its own block, and
# ids would no longer follow the order in which locks were held.
TABLE = """
CREATE SEQUENCE realtime_event_id_seq AS bigint CACHE 1;
CREATE TABLE realtime_event (
    id bigint NOT NULL DEFAULT nextval('realtime_event_id_seq'),
    public_id varchar(64) NOT NULL,
    seq bigint,
    type varchar(64) NOT NULL,
    subject varchar(200) NOT NULL,
    version bigint,
    data text NOT NULL,
    extra text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (id, recorded_at),
    CONSTRAINT event_public_id UNIQUE (public_id, recorded_at)
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE realtime_event_id_seq OWNED BY realtime_event.id;
CREATE INDEX event_by_seq ON realtime_event (seq);
CREATE INDEX event_unsequenced ON realtime_event (id) WHERE seq IS NULL;
CREATE INDEX event_by_time ON realtime_event USING brin (recorded_at);
-- Takes what no day's partition takes, so that a clock that is off loses nothing.
CREATE TABLE realtime_event_default PARTITION OF realtime_event DEFAULT;
DO $$
DECLARE day date;
BEGIN
    FOR day IN SELECT (now() AT TIME ZONE 'UTC')::date + n FROM generate_series(0, 14) AS n LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF realtime_event FOR VALUES FROM (%L) TO (%L)',
            'realtime_event_' || to_char(day, 'YYYYMMDD'), day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00'
        );
    END LOOP;
END $$;
"""

HEAD = """
INSERT INTO realtime_eventhead (id, epoch, top, floor)
VALUES (1, substr(md5(gen_random_uuid()::text), 1, 8), 0, 0)
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql=TABLE, reverse_sql="DROP TABLE realtime_event CASCADE"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("public_id", models.CharField(max_length=64)),
                        ("seq", models.BigIntegerField(editable=False, null=True)),
                        ("type", models.CharField(max_length=64)),
                        ("subject", models.CharField(max_length=200)),
                        ("version", models.BigIntegerField(null=True)),
                        ("data", models.TextField()),
                        ("extra", models.TextField(blank=True)),
                        (
                            "recorded_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("public_id", "recorded_at"), name="event_public_id"
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["seq"], name="event_by_seq"),
                            models.Index(
                                condition=models.Q(("seq__isnull", True)),
                                fields=["id"],
                                name="event_unsequenced",
                            ),
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["recorded_at"], name="event_by_time"
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="EventHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("epoch", models.CharField(max_length=16)),
                ("top", models.BigIntegerField(default=0)),
                ("floor", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="event_head_once"),
                ],
            },
        ),
        migrations.RunSQL(sql=HEAD, reverse_sql=migrations.RunSQL.noop),
    ]
