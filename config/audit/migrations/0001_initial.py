"""The trail, and the one function that all its triggers call.

Its arguments: kind, key column, kind of the subject, column of the subject, the watched columns, the secret
ones among them. An entry is never changed: the database refuses it. It may be deleted, when it is old.
"""

from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

_WATCH = """
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    has jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    one jsonb := coalesce(has, was);
    secret text[] := string_to_array(TG_ARGV[5], ',');
    gone jsonb; come jsonb;
BEGIN
    SELECT coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (secret) THEN '"(secret)"' ELSE was -> name END)
                    FILTER (WHERE was IS NOT NULL), '{}'),
           coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (secret) THEN '"(secret)"' ELSE has -> name END)
                    FILTER (WHERE has IS NOT NULL), '{}')
    INTO gone, come
    FROM unnest(string_to_array(TG_ARGV[4], ',')) AS name
    WHERE was -> name IS DISTINCT FROM has -> name;
    IF TG_OP = 'UPDATE' AND gone = '{}' THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit_auditentry (kind, object_id, subject, action, before, after, actor, source)
    VALUES (TG_ARGV[0], one ->> TG_ARGV[1], TG_ARGV[2] || ':' || (one ->> TG_ARGV[3]),
            CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END, gone, come,
            coalesce(nullif(current_setting('stockwire.actor', true), ''), 'database:' || session_user),
            coalesce(nullif(current_setting('stockwire.source', true), ''), 'database'));
    RETURN NULL;
END
$$;
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is not changed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

_FORGET = """
DROP TRIGGER audit_entries_stay ON audit_auditentry;
DROP FUNCTION audit_refuse_change();
DROP FUNCTION audit_change();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=60)),
                ("object_id", models.CharField(max_length=100)),
                ("subject", models.CharField(max_length=200)),
                (
                    "action",
                    models.CharField(
                        choices=[("added", "Added"), ("changed", "Changed"), ("removed", "Removed")],
                        max_length=10,
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("actor", models.CharField(max_length=100)),
                ("source", models.CharField(max_length=20)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit trail",
                "indexes": [
                    models.Index(fields=["subject", "-id"], name="audit_by_subject"),
                    models.Index(fields=["actor", "-id"], name="audit_by_actor"),
                    models.Index(fields=["kind", "-id"], name="audit_by_kind"),
                    models.Index(fields=["at"], name="audit_by_age"),
                ],
            },
        ),
        migrations.RunSQL(_WATCH, _FORGET),
    ]
