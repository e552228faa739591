"""Lets a test database be emptied between tests, which the ledger's trigger rightly refuses everywhere else.

Only the trigger on TRUNCATE is switched off, only in the database that the test run has made; the one
that refuses UPDATE and DELETE stays. The test of the refusal switches it on again inside its own transaction.
"""

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

SWITCH_OFF = "ALTER TABLE inventory_stockmovement DISABLE TRIGGER ledger_stays"
SWITCH_ON = "ALTER TABLE inventory_stockmovement ENABLE TRIGGER ledger_stays"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """pytest-django's own, and then the switch."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(SWITCH_OFF)
