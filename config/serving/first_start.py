"""What role `all` does before it serves: the tables, the demo shop, and the accounts to try it with.

The demo shop's own data belongs to `load_demo`.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.core.management import call_command, get_commands
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from config.identity.models import Role, User
from config.identity.services import create_user

# Any number that no other lock of ours has; two starting processes take turns.
MIGRATION_LOCK = 7_153_001
ACCOUNTS_FILE = "demo_accounts.json"
DEMO_NAMES = {
    Role.ADMIN: "staff",
    Role.CUSTOMER: "customer",
    Role.TAILOR: "tailor",
    Role.DELIVERY: "delivery",
}


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
            if _is_behind():
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _is_behind() -> bool:
    # The command takes a while also where there is nothing to do, and most starts are such.
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def load_demo_once(home: Path) -> bool:
    """Load the demo shop into a database that nobody has used yet; say whether it did.

    The accounts come last: a load that failed is then done again at the next start.
    """
    if User.objects.exists():
        return False
    if "load_demo" in get_commands():
        call_command("load_demo")
    with transaction.atomic():
        accounts = [
            DemoAccount(
                role=role.value, email=f"{name}@demo.stockwire.example", password=secrets.token_urlsafe(9)
            )
            for role, name in DEMO_NAMES.items()
        ]
        for account in accounts:
            create_user(
                email=account.email,
                password=account.password,
                role=Role(account.role),
                name=f"Demo {DEMO_NAMES[Role(account.role)]}",
            )
        _keep(home / ACCOUNTS_FILE, accounts)
    return True


def demo_accounts(home: Path) -> list[DemoAccount]:
    """Read the accounts that the first start made in this home, as far as this database has them."""
    path = home / ACCOUNTS_FILE
    if not path.exists():
        return []
    kept = [DemoAccount(**account) for account in json.loads(path.read_text())]
    users = User.objects.filter(email__in=[account.email for account in kept], is_active=True)
    there = set(users.values_list("email", flat=True))
    return [account for account in kept if account.email in there]


def _keep(path: Path, accounts: list[DemoAccount]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(account) for account in accounts], indent=2))
