"""What staff do in the admin and with commands, done in a server's own database by its own services.

`python -m tests.clients.backstage` is a process with the server's environment that takes commands a line;
`Backstage` is how a test gives them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.clients.lines import LineProcess
from tests.clients.shop import Shop
from tests.server_process import ROOT, ServerProcess


@dataclass(frozen=True, slots=True)
class Person:
    """A user who can come in."""

    id: str
    role: str
    token: str

    @property
    def bearer(self) -> str:
        """The whole header."""
        return f"Bearer {self.token}"


class Backstage:
    """A process beside the server."""

    def __init__(self, server: ServerProcess) -> None:
        self._process = LineProcess(
            [sys.executable, "-m", "tests.clients.backstage"], cwd=ROOT, env=server.env
        )

    async def person(self, role: str = "customer") -> Person:
        """A new user of that role."""
        return Person(**await self._process.ask("person", role=role))

    async def token(self, person: Person, *, lives: float) -> str:
        """A token that ends after so many seconds, or has ended so long ago."""
        token: str = await self._process.ask("token", user=person.id, lives=lives)
        return token

    async def deactivate(self, person: Person) -> None:
        """They may not sign in any more."""
        await self._process.ask("deactivate", user=person.id)

    async def change_role(self, person: Person, role: str) -> None:
        """They get another role."""
        await self._process.ask("change_role", user=person.id, role=role)

    async def key(self, *scopes: str) -> tuple[str, str]:
        """An API key: its name, and itself."""
        name = f"key-{secrets.token_hex(4)}"
        secret: str = await self._process.ask("key", name=name, scopes=scopes)
        return name, secret

    async def revoke_key(self, name: str) -> None:
        """Take a key back."""
        await self._process.ask("revoke_key", name=name)

    def close(self) -> None:
        """End it."""
        self._process.close()


@asynccontextmanager
async def shop_of(server: ServerProcess) -> AsyncIterator[Shop]:
    """Whoever writes, as staff, to a server of a test's own."""
    backstage = Backstage(server)
    try:
        staff = await backstage.person("admin")
        yield Shop(lambda: server.base_url, staff.bearer)
    finally:
        await asyncio.to_thread(backstage.close)


# ---------------------------------------------------------------------------------------------- the process


def main() -> None:
    """Do what is asked, line by line, until there are no more lines."""
    import django

    django.setup()
    commands = _commands()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        number, do = asked.pop("id"), asked.pop("do")
        try:
            answer = {"id": number, "value": commands[do](**asked)}
        except Exception as error:  # noqa: BLE001  the test is told, whatever it is
            answer = {"id": number, "error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _commands() -> Mapping[str, Callable[..., object]]:
    """Imported here: the models need Django set up."""
    from rest_framework_simplejwt.tokens import AccessToken

    from config.identity import services
    from config.identity.models import Role, User
    from config.identity.tokens import issue_token
    from config.kernel.actors import SYSTEM

    def person(*, role: str) -> Mapping[str, str]:
        email = f"{role}-{secrets.token_hex(4)}@example.com"
        user = services.create_user(email=email, password=None, role=Role(role))
        return {"id": user.pk, "role": role, "token": issue_token(user=user)}

    def token(*, user: str, lives: float) -> str:
        made = AccessToken(issue_token(user=User.objects.get(pk=user)))  # type: ignore[arg-type]
        made.set_exp(lifetime=dt.timedelta(seconds=lives))
        return str(made)

    def deactivate(*, user: str) -> None:
        services.update_user(user=User.objects.get(pk=user), is_active=False)

    def change_role(*, user: str, role: str) -> None:
        services.change_role(user=User.objects.get(pk=user), role=Role(role))

    def key(*, name: str, scopes: list[str]) -> str:
        return services.issue_api_key(name=name, scopes=scopes, created_by=SYSTEM).secret

    def revoke_key(*, name: str) -> None:
        services.revoke_api_key(name=name)

    return {
        "person": person,
        "token": token,
        "deactivate": deactivate,
        "change_role": change_role,
        "key": key,
        "revoke_key": revoke_key,
    }


if __name__ == "__main__":
    main()
