"""The ledger is append-only by the database's own refusal, whoever asks and by whatever tool.

Two triggers, since they refuse two kinds of statement: one that would change or take out entries, and
one that would empty the table. They are for statements, not rows: an UPDATE that would meet no row is
refused as well. A test database switches the second one off, since emptying tables is how it starts afresh.
"""

from __future__ import annotations

from django.db import migrations

_REFUSE = """
CREATE FUNCTION inventory_refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stock ledger is append-only: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Write a compensating movement.';
END
$$;
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE OR DELETE ON inventory_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_refuse_change_of_ledger();
CREATE TRIGGER ledger_stays BEFORE TRUNCATE ON inventory_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_refuse_change_of_ledger();
-- An entry belongs to a level, which therefore stays as long as the ledger does.
ALTER TABLE inventory_stockmovement ADD CONSTRAINT movement_has_level
    FOREIGN KEY (variant_id, location_id) REFERENCES inventory_stocklevel (variant_id, location_id);
"""

_ALLOW = """
ALTER TABLE inventory_stockmovement DROP CONSTRAINT movement_has_level;
DROP TRIGGER ledger_stays ON inventory_stockmovement;
DROP TRIGGER ledger_entries_stay ON inventory_stockmovement;
DROP FUNCTION inventory_refuse_change_of_ledger();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunSQL(_REFUSE, _ALLOW)]
