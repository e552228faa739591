"""What role `all` does before it serves: the tables, the demo shop, and the accounts to try it with.

The demo shop's own data belongs to `load_demo`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.db import connection

# Any number that no other lock of ours has; two starting processes take turns.
MIGRATION_LOCK = 7_153_001
ACCOUNTS_FILE = "demo_accounts.json"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Someone to sign in as."""

    role: str
    email: str
    password: str


def migrate() -> None:
    """Bring the tables up to date; a second process that starts at the same time waits for the first."""
    with connection.cursor() as cursor:
        # The other one's migration may well take longer than the connection waits for any other lock.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        cursor.execute("RESET lock_timeout")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def load_demo_once() -> bool:
    """Load the demo shop into a database that nobody has used yet; say whether it did."""
    if get_user_model().objects.exists() or "load_demo" not in get_commands():
        return False
    call_command("load_demo")
    return True


def demo_accounts(home: Path) -> list[DemoAccount]:
    """Read the accounts that `load_demo` made in this home."""
    path = home / ACCOUNTS_FILE
    if not path.exists():
        return []
    return [DemoAccount(**account) for account in json.loads(path.read_text())]
